import { inflateSync } from 'node:zlib'
import { openExecutables } from '../../lib/executable/executable.ts'
import type { RandomFile, ReadResult } from '../../reading/index.ts'
import { asObject, member, parseJsonObject, textMember } from '../json-document.ts'
import { RecordProblems } from '../record-problems.ts'
import { refuseIdentity } from '../recorded-text.ts'
import type { Crate, CratesFact } from './crates.ts'

/** As the format's own readers bound it. */
const MAX_PACKED_BYTES = 8 << 20
const MAX_PLAIN_BYTES = 8 << 20

/** Reads what cargo-auditable wrote into a program (github.com/rust-secure-code/cargo-auditable, PARSING.md); of other programs no facts. */
export function readAuditable(file: RandomFile): ReadResult<CratesFact> {
  const problems = new RecordProblems('cargo-auditable-broken', file.path)
  const facts = openExecutables(file).flatMap((program): CratesFact[] => {
    const section = program.section('.dep-v0') ?? program.section('rust-deps-v0')
    if (section === undefined) return []
    return [{ kind: 'auditable', crates: cratesOf(program.read(section, MAX_PACKED_BYTES), problems) }]
  })
  return { facts: facts.filter(({ crates }) => crates.length > 0), diagnostics: problems.diagnostics() }
}

function cratesOf(packed: Uint8Array, problems: RecordProblems): Crate[] {
  const parsed = parseJsonObject(plainBytes(packed))
  const list = 'object' in parsed ? member(parsed.object, 'packages') : undefined
  if (!Array.isArray(list)) {
    problems.add('the list of crates in the program could not be read')
    return []
  }
  const root = list.map(asObject).find((entry) => entry && member(entry, 'root') === true)
  const ofRoot = new Set(root ? positionsOf(root, list.length) : [])
  return list.map((item, index): Crate => {
    const entry = asObject(item) ?? {}
    const [name = '', version = ''] = ['name', 'version'].map((key) => textMember(entry, key))
    const refused = refuseIdentity(name, version)
    if (refused !== undefined) problems.add(`a crate in the program ${refused}`)
    return {
      // One that is refused keeps its place, for others point at it by position; it becomes no component.
      name: refused === undefined ? name : '',
      version,
      scope: textMember(entry, 'kind') === 'build' ? 'development' : 'runtime',
      ...(root && entry !== root && { direct: ofRoot.has(index) }),
      dependsOn: positionsOf(entry, list.length),
    }
  })
}

function plainBytes(packed: Uint8Array): Uint8Array {
  try {
    return inflateSync(packed, { maxOutputLength: MAX_PLAIN_BYTES })
  } catch {
    return new Uint8Array(0)
  }
}

function positionsOf(entry: object, count: number): number[] {
  const list = member(entry as Record<string, unknown>, 'dependencies')
  const all = Array.isArray(list) ? list.slice(0, count) : []
  return all.filter((at): at is number => Number.isInteger(at) && at >= 0 && at < count)
}
