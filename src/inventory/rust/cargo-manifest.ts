import type { FileBytes, ReadResult } from '../../reading/index.ts'
import { parseToml } from '../documents/toml.ts'
import { asObject, type JsonObject, member, textMember } from '../json-document.ts'
import { RecordProblems } from '../record-problems.ts'
import { quoted, refuseIdentity } from '../recorded-text.ts'
import type { Crate, CratesFact } from './crates.ts'

/** Tables of requirements, and whether they are for development only. */
const TABLES = [
  ['dependencies', 'runtime'],
  ['build-dependencies', 'development'],
  ['dev-dependencies', 'development'],
] as const

/** Reads Cargo.toml (doc.rust-lang.org/cargo/reference/manifest.html): the crate itself and what it asks for from a registry. */
export function readCargoManifest(file: FileBytes): ReadResult<CratesFact> {
  const problems = new RecordProblems('cargo-manifest-broken', file.path)
  const parsed = parseToml(file.bytes)
  if ('problem' in parsed) {
    problems.add(`the manifest of Cargo could not be read: ${parsed.problem}`)
    return { facts: [], diagnostics: problems.diagnostics() }
  }
  const crates: Crate[] = []
  const targets = Object.values(asObject(member(parsed.object, 'target')) ?? {})
  for (const table of [parsed.object, ...targets.map(asObject).filter((target) => target !== undefined)])
    for (const [key, scope] of TABLES)
      for (const [alias, wanted] of Object.entries(asObject(member(table, key)) ?? {}))
        addRequirement(alias, wanted, scope, crates, problems)
  const itself = asObject(member(parsed.object, 'package')) ?? {}
  const [name = '', version = ''] = ['name', 'version'].map((key) => textMember(itself, key))
  if (refuseIdentity(name, version) === undefined && problems.count === 0)
    crates.unshift({ name, version, dependsOn: crates.map((_, index) => index + 1) })
  return { facts: [{ kind: 'manifest', crates }], diagnostics: problems.diagnostics() }
}

function addRequirement(
  alias: string,
  wanted: unknown,
  scope: 'runtime' | 'development',
  crates: Crate[],
  problems: RecordProblems,
): void {
  const table: JsonObject | undefined = typeof wanted === 'string' ? { version: wanted } : asObject(wanted)
  const bad = ['version', 'git', 'path', 'package'].some((key) => {
    const value = table && member(table, key)
    return value !== undefined && typeof value !== 'string'
  })
  if (table === undefined || bad) {
    problems.add(`the requirement ${quoted(alias)} is no requirement`)
    return
  }
  const range = textMember(table, 'version')
  const elsewhere = textMember(table, 'git') !== undefined || textMember(table, 'path') !== undefined
  const version = elsewhere
    ? undefined
    : /^\s*(?:\^|~|=|>=)?\s*v?(\d[0-9A-Za-z.+-]*)/.exec(range ?? '')?.[1]?.replace(/\.$/, '')
  const name = textMember(table, 'package') ?? alias
  if (refuseIdentity(name, version ?? '*') !== undefined) return
  // Without a version it is no package, but it says what the crates of a lockfile are needed for.
  crates.push({ name, version: version ?? '', direct: true, scope, ranged: true, dependsOn: [] })
}
