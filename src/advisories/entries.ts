import { bareEcosystem, packageKey } from './package-key.ts'
import type { AffectedEntry, OsvAffected, OsvRange, OsvRecord, OsvSeverity } from './types.ts'

const NO_RANGES: readonly OsvRange[] = []
const NO_VERSIONS: readonly string[] = []
const NO_SEVERITY: readonly OsvSeverity[] = []

/** One entry and the key that it is filed under. */
export interface KeyedEntry {
  readonly key: string
  readonly entry: AffectedEntry
}

/**
 * What a record says about packages of one ecosystem (without release): nothing when it is withdrawn. GIT ranges keep their
 * place but lose their events, since no version is compared with them. Severity is the affected entry's own where it has one.
 */
export function entriesOf(record: OsvRecord, ecosystem?: string): readonly KeyedEntry[] {
  if (record.withdrawn !== undefined) return []
  const entries: KeyedEntry[] = []
  for (const affected of record.affected) {
    const of = affected.package
    if (of === undefined || (ecosystem !== undefined && bareEcosystem(of.ecosystem) !== ecosystem)) continue
    const extras = specificOf(affected)
    entries.push({
      key: packageKey(of.ecosystem, of.name),
      entry: {
        recordId: record.id,
        ecosystem: of.ecosystem,
        name: of.name,
        ranges: affected.ranges?.map(withoutHashes) ?? NO_RANGES,
        versions: affected.versions ?? NO_VERSIONS,
        ...(extras === undefined ? {} : { specific: extras }),
        severity: affected.severity ?? NO_SEVERITY,
      },
    })
  }
  return entries
}

function withoutHashes(range: OsvRange): OsvRange {
  return range.type === 'GIT' ? { type: 'GIT', events: [] } : range
}

/** Both of the entry's own objects under their own names, so that equal keys do not hide each other. */
function specificOf(affected: OsvAffected): Readonly<Record<string, unknown>> | undefined {
  const { ecosystem_specific: ecosystem, database_specific: database } = affected
  const hasEcosystem = ecosystem !== undefined && Object.keys(ecosystem).length > 0
  const hasDatabase = database !== undefined && Object.keys(database).length > 0
  if (!hasEcosystem && !hasDatabase) return undefined
  return {
    ...(hasEcosystem ? { ecosystem_specific: ecosystem } : {}),
    ...(hasDatabase ? { database_specific: database } : {}),
  }
}

/** An entry as a row of values without names, for storing: about half of the bytes, and quicker to parse. */
export function packEntry(entry: AffectedEntry): readonly unknown[] {
  const row: unknown[] = [
    entry.recordId,
    entry.ecosystem,
    entry.name,
    entry.ranges.map((range) => [range.type, ...range.events.flatMap(packEvent)]),
  ]
  if (entry.versions.length > 0 || entry.severity.length > 0 || entry.specific !== undefined) row.push(entry.versions)
  if (entry.severity.length > 0 || entry.specific !== undefined) row.push(entry.severity)
  if (entry.specific !== undefined) row.push(entry.specific)
  return row
}

const EVENT_KEYS = ['introduced', 'fixed', 'last_affected', 'limit'] as const

/** An event as pairs of a key's index and its value; an event with several keys stays one by the index plus ten for each further. */
function packEvent(event: OsvRange['events'][number]): (string | number)[] {
  const flat: (string | number)[] = []
  EVENT_KEYS.forEach((key, index) => {
    const value = event[key]
    if (value !== undefined) flat.push(flat.length === 0 ? index : index + 10, value)
  })
  return flat
}

/** The inverse of {@link packEntry}; undefined for a row that it did not write. */
export function unpackEntry(row: unknown): AffectedEntry | undefined {
  if (!Array.isArray(row)) return undefined
  const [recordId, ecosystem, name, ranges, versions = NO_VERSIONS, severity = NO_SEVERITY, specific] = row
  if (typeof recordId !== 'string' || typeof ecosystem !== 'string' || typeof name !== 'string') return undefined
  if (!Array.isArray(ranges) || !Array.isArray(versions) || !Array.isArray(severity)) return undefined
  const unpacked: OsvRange[] = []
  for (const range of ranges) {
    const of = unpackRange(range)
    if (of === undefined) return undefined
    unpacked.push(of)
  }
  return { recordId, ecosystem, name, ranges: unpacked, versions, ...(specific ? { specific } : {}), severity }
}

function unpackRange(flat: unknown): OsvRange | undefined {
  if (!Array.isArray(flat)) return undefined
  const type = flat[0]
  if (type !== 'SEMVER' && type !== 'ECOSYSTEM' && type !== 'GIT') return undefined
  const events: Record<string, string>[] = []
  for (let i = 1; i + 1 < flat.length; i += 2) {
    const index = flat[i]
    const value = flat[i + 1]
    const key = EVENT_KEYS[index % 10]
    if (key === undefined || typeof value !== 'string') return undefined
    if (index < 10) events.push({ [key]: value })
    else if (events.length > 0) events[events.length - 1][key] = value
  }
  return { type, events }
}
