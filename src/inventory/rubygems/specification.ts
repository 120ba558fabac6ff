import { posix } from 'node:path'
import type { FileBytes, ReadResult } from '../../reading/index.ts'
import { decodeText, linesOf } from '../documents/text.ts'
import { licencesOf } from '../licences.ts'
import { RecordProblems } from '../record-problems.ts'
import { quoted, refuseIdentity, shownText } from '../recorded-text.ts'
import type { GemSpecification, VersionFile } from './assemble.ts'

/** A text of Ruby: quoted, or in `%q<>`. */
const TEXT = /^(?:"([^"\\]{0,1024})"|'([^'\\]{0,1024})'|%q<([^<>]{0,1024})>)/
const MAX_NEEDS = 5000

/**
 * The gem that a `.gemspec` describes (https://guides.rubygems.org/specification-reference/). It is a program; what RubyGems writes
 * itself for installed gems, and what projects write in the usual way, is read line by line.
 */
export function readSpecification(file: FileBytes): ReadResult<GemSpecification> {
  const lines = linesOf(decodeText(file.bytes))
  const values = new Map<string, { readonly value: string; readonly line: number }>()
  const licences: string[] = []
  const needs = new Set<string>()
  const required: string[] = []
  lines.forEach((line, index) => {
    const assignment = /^\s{0,40}\w{1,40}\.(name|version|platform|license|licenses)\s{0,20}=\s{0,20}(.{1,2000})$/.exec(
      line,
    )
    if (assignment !== null) {
      const [, key, value] = assignment
      if (key.startsWith('license')) licences.push(...textsIn(value))
      else if (!values.has(key)) values.set(key, { value, line: index + 1 })
    }
    const need = /^\s{0,40}\w{1,40}\.add(?:_runtime)?_dependency[\s(]{1,20}(.{1,2000})$/.exec(line)
    const name = need && textOf(need[1])
    if (name && needs.size < MAX_NEEDS) needs.add(name)
    const path = requiredPath(line)
    if (path !== undefined && required.length < 100) required.push(path)
  })
  return specification(file.path, values, { licences, needs: [...needs], required })
}

function specification(
  path: string,
  values: ReadonlyMap<string, { readonly value: string; readonly line: number }>,
  rest: {
    readonly licences: readonly string[]
    readonly needs: readonly string[]
    readonly required: readonly string[]
  },
): ReadResult<GemSpecification> {
  const stated = values.get('version')
  const name = textOf(values.get('name')?.value ?? '')
  const version = textOf(stated?.value.replace(/^Gem::Version\.new[\s(]{1,4}/, '') ?? '')
  const platform = textOf(values.get('platform')?.value ?? '')
  // A version that a constant holds stands in a file that is required.
  const versionFiles = version === undefined && stated !== undefined ? versionPaths(path, rest.required) : []
  const problems = new RecordProblems('gemspec-unreadable', path)
  const refusal = refuseIdentity(name ?? '', versionFiles.length > 0 ? '0' : (version ?? ''))
  if (refusal !== undefined) {
    // Whoever keeps a template or a program that computes its name has no gem there that could be named.
    problems.add(`the gem that it describes ${refusal}${name === undefined ? '' : `: ${quoted(name)}`}`)
    return { facts: [], diagnostics: problems.diagnostics() }
  }
  const fact: GemSpecification = {
    kind: 'specification',
    name: name ?? '',
    ...(version !== undefined && { version }),
    versionFiles,
    ...(platform !== undefined && platform !== 'ruby' && { platform }),
    licences: [...new Set(rest.licences.slice(0, 100).flatMap((text) => licencesOf(shownText(text))))],
    needs: rest.needs,
    line: values.get('name')?.line ?? 1,
  }
  return { facts: [fact], diagnostics: [] }
}

/** The version that a `version.rb` sets: `VERSION = '1.2.3'`. */
export function readVersionFile(file: FileBytes): ReadResult<VersionFile> {
  for (const line of linesOf(decodeText(file.bytes))) {
    const value = /^\s{0,80}(?:VERSION|Version)\s{0,20}=\s{0,20}(.{1,2000})$/.exec(line)?.[1]
    const version = value === undefined ? undefined : textOf(value)
    if (version !== undefined && refuseIdentity('gem', version) === undefined)
      return { facts: [{ kind: 'version', version }], diagnostics: [] }
  }
  return { facts: [], diagnostics: [] }
}

function textOf(value: string): string | undefined {
  const found = TEXT.exec(value)
  return found === null ? undefined : (found[1] ?? found[2] ?? found[3])
}

function textsIn(value: string): string[] {
  const found = value.matchAll(/"([^"\\]{0,1024})"|'([^'\\]{0,1024})'|%q<([^<>]{0,1024})>/g)
  return [...found].map((match) => match[1] ?? match[2] ?? match[3])
}

/** What `require_relative 'lib/x/version'` names, also when it is joined of parts. */
function requiredPath(line: string): string | undefined {
  const rest = /^\s{0,40}require(?:_relative)?[\s(]{1,20}(.{1,1000})$/.exec(line)?.[1]
  return rest === undefined ? undefined : textsIn(rest).join('/')
}

function versionPaths(path: string, required: readonly string[]): string[] {
  const folder = posix.dirname(path)
  return required.flatMap((one) => {
    const file = one.endsWith('.rb') ? one : `${one}.rb`
    const from = folder === '.' ? '' : folder
    return [posix.join(from, file), posix.join(from, 'lib', file)].filter((candidate) => !candidate.startsWith('..'))
  })
}
