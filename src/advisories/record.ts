import { isRecordId } from './ecosystems.ts'
import type { OsvAffected, OsvEvent, OsvRange, OsvRecord, OsvSeverity } from './types.ts'

/** Bytes that one record's JSON may have. Its counts are bounded by it too. */
export const MAX_RECORD_BYTES = 16 * 1024 * 1024
const MAX_NAMES = 5_000
const MAX_AFFECTED = 50_000
const MAX_EVENTS = 50_000
const MAX_VERSIONS = 200_000
const MAX_SPECIFIC_DEPTH = 32

export type ParsedRecord =
  | { readonly ok: true; readonly record: OsvRecord }
  | { readonly ok: false; readonly reason: string }

/** What is wrong with a record. Thrown and caught in this file only. */
class Wrong extends Error {}

type Fields = Readonly<Record<string, unknown>>

/**
 * One OSV record (https://ossf.github.io/osv-schema/, 1.0 to 1.7) from its JSON text or bytes, or the reason why it is none.
 * Narrowed by hand: bounds, reasons in plain words and the dropping of what the model lacks come in one pass, and a zod
 * schema of the same shape took 1.2 to 1.5 times as long (25,446 records: 96 against 64 ms).
 * Optional fields may be null; fields that the model does not have are dropped. With `expectedId`, another ID is wrong.
 */
export function parseRecord(text: string | Uint8Array, expectedId?: string): ParsedRecord {
  if (text.length > MAX_RECORD_BYTES) return { ok: false, reason: `larger than ${MAX_RECORD_BYTES} bytes` }
  let value: unknown
  try {
    const json = typeof text === 'string' ? text : Buffer.from(text.buffer, text.byteOffset, text.length).toString()
    value = json.includes('"__proto__"')
      ? JSON.parse(json, (key, inner) => (key === '__proto__' ? undefined : inner))
      : JSON.parse(json)
  } catch {
    return { ok: false, reason: 'not JSON' }
  }
  return narrowRecord(value, expectedId)
}

/** As {@link parseRecord}, from JSON that is parsed already. */
export function narrowRecord(value: unknown, expectedId?: string): ParsedRecord {
  try {
    const record = toRecord(value)
    if (expectedId !== undefined && record.id !== expectedId) throw new Wrong('its ID is not the one it is filed under')
    return { ok: true, record }
  } catch (error) {
    if (error instanceof Wrong) return { ok: false, reason: error.message }
    if (error instanceof RangeError) return { ok: false, reason: 'nested too deeply' }
    throw error
  }
}

function toRecord(value: unknown): OsvRecord {
  const from = fields(value, 'the record')
  const id = text(from.id, 'id')
  if (!isRecordId(id)) throw new Wrong('id has characters that an ID cannot have')
  const record: Mutable<OsvRecord> = {
    id,
    modified: time(from.modified, 'modified'),
    aliases: names(from.aliases, 'aliases'),
    upstream: names(from.upstream, 'upstream'),
    related: names(from.related, 'related'),
    severity: list(from.severity, 'severity', MAX_NAMES).map(toSeverity),
    affected: list(from.affected, 'affected', MAX_AFFECTED).map(toAffected),
    references: list(from.references, 'references', MAX_NAMES).map(toReference),
  }
  if (present(from.published)) record.published = time(from.published, 'published')
  if (present(from.withdrawn)) record.withdrawn = time(from.withdrawn, 'withdrawn')
  if (present(from.summary)) record.summary = text(from.summary, 'summary')
  if (present(from.details)) record.details = text(from.details, 'details')
  if (present(from.database_specific)) record.database_specific = specific(from.database_specific, 'database_specific')
  return record
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

function toAffected(value: unknown): OsvAffected {
  const from = fields(value, 'affected')
  const affected: Mutable<OsvAffected> = {}
  if (present(from.package)) {
    const of = fields(from.package, 'package')
    affected.package = {
      ecosystem: text(of.ecosystem, 'package.ecosystem'),
      name: text(of.name, 'package.name'),
      ...(present(of.purl) ? { purl: text(of.purl, 'package.purl') } : {}),
    }
  }
  if (present(from.ranges)) {
    const ranges: OsvRange[] = []
    for (const range of list(from.ranges, 'ranges', MAX_EVENTS)) {
      const of = toRange(range)
      if (of !== undefined) ranges.push(of)
    }
    affected.ranges = ranges
  }
  if (present(from.versions)) {
    const versions = list(from.versions, 'versions', MAX_VERSIONS)
    for (const version of versions) text(version, 'versions')
    affected.versions = versions as string[]
  }
  if (present(from.severity)) affected.severity = list(from.severity, 'severity', MAX_NAMES).map(toSeverity)
  if (present(from.ecosystem_specific))
    affected.ecosystem_specific = specific(from.ecosystem_specific, 'ecosystem_specific')
  if (present(from.database_specific))
    affected.database_specific = specific(from.database_specific, 'database_specific')
  return affected
}

/** A range, or undefined for one of a type that the schema does not know: the others still count. */
function toRange(value: unknown): OsvRange | undefined {
  const from = fields(value, 'ranges')
  const type = text(from.type, 'ranges.type')
  if (type !== 'SEMVER' && type !== 'ECOSYSTEM' && type !== 'GIT') return undefined
  return { type, events: list(from.events, 'events', MAX_EVENTS).map(toEvent) }
}

function toEvent(value: unknown): OsvEvent {
  const from = fields(value, 'events')
  const event: Mutable<OsvEvent> = {}
  if (present(from.introduced)) event.introduced = text(from.introduced, 'introduced')
  if (present(from.fixed)) event.fixed = text(from.fixed, 'fixed')
  if (present(from.last_affected)) event.last_affected = text(from.last_affected, 'last_affected')
  if (present(from.limit)) event.limit = text(from.limit, 'limit')
  return event
}

function toSeverity(value: unknown): OsvSeverity {
  const from = fields(value, 'severity')
  return { type: text(from.type, 'severity.type'), score: text(from.score, 'severity.score') }
}

function toReference(value: unknown): { type: string; url: string } {
  const from = fields(value, 'references')
  return {
    type: present(from.type) ? text(from.type, 'references.type') : 'WEB',
    url: text(from.url, 'references.url'),
  }
}

function present(value: unknown): boolean {
  return value !== undefined && value !== null
}

function fields(value: unknown, name: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Wrong(`${name} is not an object`)
  return value as Fields
}

function list(value: unknown, name: string, most: number): readonly unknown[] {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) throw new Wrong(`${name} is not a list`)
  if (value.length > most) throw new Wrong(`${name} has more than ${most} members`)
  return value
}

function text(value: unknown, name: string): string {
  if (typeof value !== 'string') throw new Wrong(`${name} is missing or not text`)
  return value
}

/** IDs of other records: text that cannot be an ID (empty, a sentence) is dropped, since it names nothing. */
function names(value: unknown, name: string): readonly string[] {
  const all = list(value, name, MAX_NAMES)
  const kept: string[] = []
  for (const one of all) if (isRecordId(text(one, name))) kept.push(one as string)
  return kept
}

/** An RFC 3339 time as the record has it. */
function time(value: unknown, name: string): string {
  const written = text(value, name)
  if (written.length > 40 || !/^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(written) || Number.isNaN(Date.parse(written)))
    throw new Wrong(`${name} is not a time`)
  return written
}

/** An object of a database's own making, kept as it is, but of bounded depth so that nothing that walks it overflows. */
function specific(value: unknown, name: string): Readonly<Record<string, unknown>> {
  const top = fields(value, name)
  let level: unknown[] = Object.values(top)
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > MAX_SPECIFIC_DEPTH) throw new Wrong(`${name} is nested deeper than ${MAX_SPECIFIC_DEPTH}`)
    const next: unknown[] = []
    for (const inner of level) {
      if (typeof inner === 'object' && inner !== null) for (const each of Object.values(inner)) next.push(each)
    }
    level = next
  }
  return top
}
