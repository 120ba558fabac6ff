import type { Digest } from '../../model/digest.ts'
import type { FileBytes, ReadResult } from '../../reading/index.ts'
import { parseToml, tableLines } from '../documents/toml.ts'
import { asObject, type JsonObject, member, textMember } from '../json-document.ts'
import { RecordProblems } from '../record-problems.ts'
import { refuseIdentity } from '../recorded-text.ts'
import type { Crate, CratesFact } from './crates.ts'

interface Entry {
  readonly name: string
  readonly version: string
  readonly source: string
  readonly needs: readonly string[]
  readonly hash?: Digest
  readonly lines?: readonly [number, number]
}

const MAX_EDGES = 2_000_000

/** Reads Cargo.lock, versions 1 to 4 (github.com/rust-lang/cargo, src/cargo/core/resolver/encode.rs). */
export function readCargoLock(file: FileBytes): ReadResult<CratesFact> {
  const problems = new RecordProblems('cargo-lock-broken', file.path)
  const parsed = parseToml(file.bytes)
  if ('problem' in parsed) {
    problems.add(`the lockfile of Cargo could not be read: ${parsed.problem}`)
    return { facts: [], diagnostics: problems.diagnostics() }
  }
  const list = member(parsed.object, 'package')
  const metadata = asObject(member(parsed.object, 'metadata')) ?? {}
  const lines = tableLines(file.bytes, 'package')
  const entries: Entry[] = []
  const root = asObject(member(parsed.object, 'root'))
  if (root) addEntry(root, metadata, undefined, entries, problems)
  for (const [index, item] of (Array.isArray(list) ? list : []).entries())
    addEntry(asObject(item) ?? {}, metadata, lines[index], entries, problems)
  return { facts: [{ kind: 'lock', crates: cratesOf(entries) }], diagnostics: problems.diagnostics() }
}

function addEntry(
  table: JsonObject,
  metadata: JsonObject,
  lines: readonly [number, number] | undefined,
  entries: Entry[],
  problems: RecordProblems,
): void {
  const [name = '', version = '', source = ''] = ['name', 'version', 'source'].map((key) => textMember(table, key))
  const refused = refuseIdentity(name, version)
  if (refused !== undefined) {
    problems.add(`a package ${refused}`)
    return
  }
  // Version 1 keeps all checksums at the end of the file.
  const hash = textMember(table, 'checksum') ?? textMember(metadata, `checksum ${name} ${version} (${source})`) ?? ''
  const needs = member(table, 'dependencies')
  entries.push({
    name,
    version,
    source,
    needs: Array.isArray(needs) ? needs.filter((need) => typeof need === 'string') : [],
    ...(/^[0-9a-f]{64}$/.test(hash) && { hash: `sha256:${hash}` as const }),
    ...(lines && { lines }),
  })
}

/** `name`, `name version` and `name version (source)` lead to entries; what has no source is the project's own, and what that needs is direct. */
function cratesOf(entries: readonly Entry[]): Crate[] {
  const positions = new Map<string, number>()
  for (const [index, { name, version, source }] of entries.entries())
    for (const key of [name, `${name} ${version}`, `${name} ${version} (${source})`])
      if (!positions.has(key)) positions.set(key, index)
  let edges = 0
  const needed = entries.map(({ needs }, index) => {
    const found = new Set(needs.map((need) => positions.get(need)).filter((at) => at !== undefined && at !== index))
    edges += found.size
    return edges > MAX_EDGES ? [] : ([...found] as number[])
  })
  const direct = new Set(entries.flatMap(({ source }, index) => (source === '' ? (needed[index] ?? []) : [])))
  return entries.map(({ name, version, hash, lines, source }, index) => ({
    name,
    version,
    ...(hash && { hash }),
    ...(lines && { lines }),
    ...(source !== '' && direct.size > 0 && { direct: direct.has(index) }),
    dependsOn: needed[index] ?? [],
  }))
}
