import type { FileBytes, ReadResult } from '../../reading/index.ts'
import { decodeText, linesOf } from '../documents/text.ts'
import { parseYamlDocument } from '../documents/yaml.ts'
import { asObject, member, textMember } from '../json-document.ts'
import { packageUrl } from '../package-url.ts'
import { type StatedPackage, StatedPackages } from '../stated-packages.ts'

/** The packages of a `stack.yaml.lock` or a `cabal.project.freeze`, which the file's name tells apart. */
export function readHaskellLock(file: FileBytes): ReadResult<StatedPackage> {
  return file.path.endsWith('.freeze') ? readFreeze(file) : readStackLock(file)
}

/** `any.name ==version` of constraints (https://cabal.readthedocs.io/en/stable/cabal-commands.html#cabal-freeze). */
function readFreeze(file: FileBytes): ReadResult<StatedPackage> {
  const stated = new StatedPackages('cabal-freeze-unreadable', file.path)
  linesOf(decodeText(file.bytes)).forEach((line, index) => {
    if (line.trimStart().startsWith('--')) return
    for (const part of line.slice(0, 100_000).split(',')) {
      const match =
        /^\s{0,100}(?:constraints:\s{0,100})?(?:any\.)?([A-Za-z0-9-]{1,512})\s{1,20}==\s{0,20}([0-9.]{1,200})\s{0,20}$/.exec(
          part,
        )
      if (match !== null) addPackage(stated, match[1] ?? '', match[2] ?? '', [index + 1, index + 1])
    }
  })
  return stated.result()
}

/** Completed packages (https://docs.haskellstack.org/en/stable/topics/lock_files/): from Hackage, or by name and version from elsewhere. */
function readStackLock(file: FileBytes): ReadResult<StatedPackage> {
  const stated = new StatedPackages('stack-lock-unreadable', file.path)
  const document = parseYamlDocument(file.bytes, { asText: true })
  if ('problem' in document) return stated.problem(`stack.yaml.lock could not be read: ${document.problem}`).result()
  const packages = member(asObject(document.value) ?? {}, 'packages')
  if (!Array.isArray(packages)) return stated.problem('stack.yaml.lock has no list of packages').result()
  packages.forEach((entry: unknown, index) => {
    const completed = asObject(member(asObject(entry) ?? {}, 'completed')) ?? {}
    const hackage = /^([A-Za-z0-9-]{1,512})-([0-9.]{1,200})(?:@|$)/.exec(textMember(completed, 'hackage') ?? '')
    const name = hackage?.[1] ?? textMember(completed, 'name') ?? ''
    const version = hackage?.[2] ?? textMember(completed, 'version') ?? ''
    addPackage(stated, name, version, document.lines(['packages', index]))
  })
  return stated.result()
}

function addPackage(stated: StatedPackages, name: string, version: string, lines?: readonly [number, number]): void {
  const purl = packageUrl({ type: 'hackage', name, version })
  stated.add({ purl, name, version, ecosystem: 'Hackage', presence: 'declared', ...(lines && { lines }) })
}
