import type { FileBytes, ReadResult } from '../../reading/index.ts'
import { decodeText, linesOf } from '../documents/text.ts'
import { RANGE_CONFIDENCE } from '../range-confidence.ts'
import { type StatedPackage, StatedPackages } from '../stated-packages.ts'
import { lowestVersion, nugetPackage } from './nuget-package.ts'

const DEVELOPMENT = /^(?:build|test|tests|dev|development|docs|documentation|fake|tools?|analyzers?)$/i

/**
 * The packages of NuGet in a `paket.lock` (https://fsprojects.github.io/Paket/lock-file.html): four blanks before a package, six before what
 * it needs; groups have packages of their own.
 */
export function readPaketLock(file: FileBytes): ReadResult<StatedPackage> {
  const stated = new StatedPackages('paket-lock-unreadable', file.path)
  const found: (StatedPackage & { readonly needs: string[] })[] = []
  let group = ''
  let section = ''
  linesOf(decodeText(file.bytes)).forEach((line, index) => {
    const heading = /^([A-Z]+)(?: (.{1,200}))?$/.exec(line)
    if (heading !== null) {
      if (heading[1] === 'GROUP') group = heading[2] ?? ''
      section = heading[1]
      return
    }
    if (section !== 'NUGET') return
    const pkg = /^ {4}([^\s()]{1,512}) \(([^()]{1,1024})\)/.exec(line)
    const need = /^ {6}([^\s()]{1,512})/.exec(line)
    if (pkg !== null)
      found.push({
        ...nugetPackage(pkg[1], pkg[2], 'declared'),
        key: keyOf(group, pkg[1]),
        needs: [],
        lines: [index + 1, index + 1],
        scope: DEVELOPMENT.test(group) ? 'development' : 'runtime',
      })
    else if (need !== null) found.at(-1)?.needs.push(keyOf(group, need[1]))
  })
  if (section === '' && file.sizeBytes > 0) stated.problem('it is no lockfile of Paket: it has no section')
  for (const one of found) stated.add(one)
  return stated.result()
}

/** What a `paket.dependencies` asks for (https://fsprojects.github.io/Paket/dependencies-file.html): the lowest version that it allows, if it names one. */
export function readPaketDependencies(file: FileBytes): ReadResult<StatedPackage> {
  const stated = new StatedPackages('paket-dependencies-unreadable', file.path)
  let group = ''
  linesOf(decodeText(file.bytes)).forEach((line, index) => {
    const name = /^\s{0,40}group\s{1,9}(\S{1,200})/i.exec(line)?.[1]
    if (name !== undefined) group = name
    const asked = /^\s{0,40}nuget\s{1,9}(\S{1,512})\s{1,9}(?:(~>|==|=|>=|>)\s{0,9})?(\d\S{0,200})/i.exec(line)
    const lowest = asked && lowestVersion(asked[3])
    if (!asked || !lowest) return
    stated.add({
      ...nugetPackage(asked[1], lowest.version, 'declared'),
      direct: true,
      scope: DEVELOPMENT.test(group) ? 'development' : 'runtime',
      lines: [index + 1, index + 1],
      confidence: asked[2] === undefined || asked[2].startsWith('=') || asked[2] === '==' ? 1 : RANGE_CONFIDENCE,
    })
  })
  return stated.result()
}

function keyOf(group: string, name: string): string {
  return `${group}\0${name}`.toLowerCase()
}
