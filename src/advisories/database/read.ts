import type { Buffer } from 'node:buffer'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { zstdDecompressSync } from 'node:zlib'
import { Failure } from '../../lib/failure.ts'
import { openImmutable } from '../../lib/sqlite.ts'
import { ecosystemLicence } from '../ecosystems.ts'
import { unpackEntry } from '../entries.ts'
import { compareText } from '../names.ts'
import { bareEcosystem, packageKey } from '../package-key.ts'
import { parseRecord } from '../record.ts'
import type {
  AdvisoryDatabase,
  AffectedEntry,
  DatabaseStatus,
  EpssEntry,
  KevEntry,
  OsvRecord,
  SourcedFact,
} from '../types.ts'
import { LENT } from './places.ts'
import {
  APPLICATION_ID,
  type DatabaseMeta,
  type EcosystemState,
  FORMAT,
  INDEXES,
  MAX_BLOCK_BYTES,
  MAX_ENTRIES_BYTES,
  SCHEMA,
} from './schema.ts'
import { factShape, kevShape, metaShape, namesShape, stateShape } from './shapes.ts'

/** A record as the file keeps it. */
export interface StoredRecord {
  readonly id: string
  readonly modified: string
  /** What the source's list gave as its time when it was taken; empty for a feed's, which are in no list. */
  readonly listed: string
  readonly source: string
  readonly fetchedAt: string
  readonly body: Uint8Array
}

/** The database with what the next build and packing need. */
export interface StoredDatabase extends AdvisoryDatabase {
  readonly path: string
  readonly meta: DatabaseMeta
  ecosystem(name: string): EcosystemState | undefined
  ecosystems(): ReadonlyMap<string, { readonly id: number; readonly state: EcosystemState }>
  /** Times by record id and by skipped name, to be compared with the source's list; without what feeds brought. */
  listedTimes(ecosystem: string): ReadonlyMap<string, string>
  /** Every record of an ecosystem in the order of storing. */
  records(ecosystem: string): Iterable<StoredRecord>
  /** As {@link records}, in the order of IDs; with what others say beside the deciding record of an ID after it. */
  recordsById(ecosystem: string): Iterable<StoredRecord>
  skippedOf(ecosystem: string): readonly { readonly name: string; readonly listed: string; readonly reason: string }[]
  allFacts(): Iterable<SourcedFact>
  allKev(): Iterable<KevEntry>
  allEpss(): Iterable<readonly [cve: string, probability: number, percentile: number]>
  /** Rows of one ecosystem as they are stored, for the next build. */
  rows(sql: string, ecosystem: number): Iterable<Readonly<Record<string, unknown>>>
  /** Reads the whole file and checks its structure. Throws `Failure` for a damaged one. */
  verify(): void
}

/** Bytes of unpacked blocks that are held. */
const MAX_HELD_BYTES = 32 * 1024 ** 2

interface Row {
  readonly [column: string]: unknown
}

/**
 * Opens a database file read-only. Refuses with `Failure` what is not one, is of another format, or holds anything in its
 * schema that a build does not make. Look-ups in a damaged file throw `Failure` too.
 */
export function openStored(path: string): StoredDatabase {
  let database: DatabaseSync | undefined
  try {
    database = openImmutable(path)
    checkSchema(database, path)
    return stored(database, path)
  } catch (cause) {
    database?.close()
    throw damaged(path, cause)
  }
}

function damaged(path: string, cause: unknown): Failure {
  if (cause instanceof Failure) return cause
  return new Failure('advisory-database', `${path}: not a usable advisory database: ${(cause as Error).message}`, {
    input: path,
    hints: ['fetch it anew with: bulwark advisories update'],
    cause,
  })
}

function checkSchema(database: DatabaseSync, path: string): void {
  const pragma = (name: string) => Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0]
  if (pragma('application_id') !== APPLICATION_ID)
    throw new Failure('advisory-database', `${path} is no advisory database`, { input: path })
  if (pragma('user_version') !== FORMAT)
    throw new Failure('advisory-database-format', `${path} was made by another version of Bulwark`, {
      input: path,
      hints: ['fetch it anew with: bulwark advisories update'],
    })
  const found = database.prepare('SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL').all()
  const expected = new Set([...SCHEMA, ...INDEXES])
  if (found.length !== expected.size || !found.every((row) => expected.has(String(row.sql))))
    throw new Failure('advisory-database', `${path}: its tables are not those of an advisory database`, { input: path })
}

function stored(database: DatabaseSync, path: string): StoredDatabase {
  const statements = new Map<string, StatementSync>()
  const prepared = (sql: string): StatementSync => {
    const known = statements.get(sql)
    if (known !== undefined) return known
    const made = database.prepare(sql)
    statements.set(sql, made)
    return made
  }
  const guard = <T>(work: () => T): T => {
    try {
      return work()
    } catch (cause) {
      throw damaged(path, cause)
    }
  }
  const one = (sql: string, ...values: (string | number)[]): Row | undefined => prepared(sql).get(...values)
  const every = (sql: string, ...values: (string | number)[]): Row[] => prepared(sql).all(...values)

  const meta = guard(() => metaShape.parse(JSON.parse(String(one("SELECT value FROM meta WHERE key = 'meta'")?.value))))
  let ecosystemRows: Map<string, { id: number; state: EcosystemState }> | undefined
  const ecosystems = () =>
    (ecosystemRows ??= guard(
      () =>
        new Map(
          every('SELECT id, name, state FROM ecosystem ORDER BY name').map((row) => [
            String(row.name),
            { id: Number(row.id), state: stateShape.parse(JSON.parse(String(row.state))) },
          ]),
        ),
    ))
  const idOf = (name: string) => ecosystems().get(bareEcosystem(name))?.id ?? -1

  const blocks = new Map<string, Buffer>()
  let heldBytes = 0
  const block = (ecosystem: number, number: number): Buffer => {
    const key = `${ecosystem}/${number}`
    const known = blocks.get(key)
    if (known !== undefined) return known
    const data = one('SELECT data FROM block WHERE ecosystem = ? AND number = ?', ecosystem, number)?.data
    if (!(data instanceof Uint8Array)) throw new Error(`block ${key} is missing`)
    const raw = zstdDecompressSync(data, { maxOutputLength: MAX_BLOCK_BYTES })
    // Records are asked for by name as well as in their order: what was unpacked stays while there is room.
    heldBytes += raw.length
    for (const [oldest, of] of blocks) {
      if (heldBytes <= MAX_HELD_BYTES) break
      blocks.delete(oldest)
      heldBytes -= of.length
    }
    blocks.set(key, raw)
    return raw
  }
  const body = (row: Row): Uint8Array => {
    const start = Number(row.start)
    return block(Number(row.ecosystem), Number(row.block)).subarray(start, start + Number(row.length))
  }
  const setOf = (name: string): readonly string[] => {
    const row = one('SELECT names FROM alias JOIN alias_set ON alias_set.id = alias.members WHERE name = ?', name)
    return row === undefined ? [name] : namesShape.parse(JSON.parse(String(row.names)))
  }
  function* recordsIn(name: string, order: string): Generator<StoredRecord> {
    const sql = `SELECT record.id, ecosystem, modified, listed, block, start, length, source, fetched_at FROM record
      JOIN origin ON origin.id = record.origin WHERE ecosystem = ? AND rank < ${LENT} ORDER BY ${order}`
    try {
      for (const row of database.prepare(sql).iterate(idOf(name)) as Iterable<Row>)
        yield {
          id: String(row.id),
          modified: String(row.modified),
          listed: String(row.listed),
          source: String(row.source),
          fetchedAt: String(row.fetched_at),
          body: body(row),
        }
    } catch (cause) {
      throw damaged(path, cause)
    }
  }

  const newest = 'ORDER BY rank, modified DESC, ecosystem LIMIT 1'

  return {
    path,
    meta,
    affected: (ecosystem, name) =>
      guard(() => {
        const of = bareEcosystem(ecosystem)
        const sql = 'SELECT entries FROM package WHERE ecosystem = ? AND key = ?'
        return unpackEntries(one(sql, idOf(of), packageKey(of, name))?.entries)
      }),
    *packages(ecosystem) {
      const sql = 'SELECT entries FROM package WHERE ecosystem = ? ORDER BY key'
      const rows = guard(() => database.prepare(sql).iterate(idOf(ecosystem))) as Iterable<Row>
      for (const row of rows) yield guard(() => unpackEntries(row.entries))
    },
    record: (id) =>
      guard((): OsvRecord | undefined => {
        const row = one(`SELECT ecosystem, block, start, length FROM record WHERE id = ? ${newest}`, id)
        if (row === undefined) return undefined
        const parsed = parseRecord(body(row), id)
        if (!parsed.ok) throw new Error(`record ${id}: ${parsed.reason}`)
        return parsed.record
      }),
    origin: (id) =>
      guard(() => {
        const sql = `SELECT source, fetched_at FROM record JOIN origin ON origin.id = record.origin WHERE record.id = ? ${newest}`
        const row = one(sql, id)
        return row && { source: String(row.source), fetchedAt: String(row.fetched_at) }
      }),
    names: (id) => guard(() => setOf(id)),
    covers: (id) =>
      guard(() => {
        const row = one(`SELECT covers FROM record WHERE id = ? ${newest}`, id)
        return row?.covers == null ? [] : namesShape.parse(JSON.parse(String(row.covers)))
      }),
    recordsNamed: (name) =>
      guard(() => {
        const found = new Set<string>()
        for (const each of setOf(name)) {
          if (one('SELECT 1 FROM record WHERE id = ? LIMIT 1', each) !== undefined) found.add(each)
          for (const row of every('SELECT record FROM bundle WHERE name = ?', each)) found.add(String(row.record))
        }
        return [...found].sort(compareText)
      }),
    kev: (cve) =>
      guard(() => {
        const row = one('SELECT entry FROM kev WHERE cve = ?', cve)
        return row && kevShape.parse(JSON.parse(String(row.entry)))
      }),
    epss: (cve) =>
      guard((): EpssEntry | undefined => {
        const row = one('SELECT probability, percentile FROM epss WHERE cve = ?', cve)
        return (
          row && { probability: Number(row.probability), percentile: Number(row.percentile), on: meta.epss?.on ?? '' }
        )
      }),
    facts: (cve) =>
      guard(() =>
        every('SELECT source, fact FROM fact WHERE cve = ? ORDER BY source', cve).map((row) => ({
          ...factShape.parse(JSON.parse(String(row.fact))),
          source: String(row.source),
        })),
      ),
    status: () => statusOf(meta, ecosystems()),
    close: () => database.close(),
    ecosystem: (name) => ecosystems().get(bareEcosystem(name))?.state,
    ecosystems,
    listedTimes: (name) =>
      guard(() => {
        const times = new Map<string, string>()
        for (const row of every("SELECT id, listed FROM record WHERE ecosystem = ? AND listed <> ''", idOf(name)))
          times.set(String(row.id), String(row.listed))
        for (const row of every('SELECT name, listed FROM skipped WHERE ecosystem = ?', idOf(name)))
          times.set(String(row.name), String(row.listed))
        return times
      }),
    records: (name) => recordsIn(name, 'block, start'),
    recordsById: (name) => recordsIn(name, 'record.id, rank'),
    skippedOf: (name) =>
      guard(() =>
        every('SELECT name, listed, reason FROM skipped WHERE ecosystem = ?', idOf(name)).map((row) => ({
          name: String(row.name),
          listed: String(row.listed),
          reason: String(row.reason),
        })),
      ),
    *allFacts() {
      const rows = prepared('SELECT source, fact FROM fact ORDER BY cve, source').iterate() as Iterable<Row>
      for (const row of rows) yield { ...factShape.parse(JSON.parse(String(row.fact))), source: String(row.source) }
    },
    *allKev() {
      for (const row of every('SELECT entry FROM kev')) yield kevShape.parse(JSON.parse(String(row.entry)))
    },
    *allEpss() {
      for (const row of prepared('SELECT cve, probability, percentile FROM epss').iterate() as Iterable<Row>)
        yield [String(row.cve), Number(row.probability), Number(row.percentile)]
    },
    rows: (sql, ecosystem) => database.prepare(sql).iterate(ecosystem),
    verify: () =>
      guard(() => {
        const result = Object.values(one('PRAGMA quick_check(1)') ?? {})[0]
        if (result !== 'ok') throw new Error(String(result))
      }),
  }
}

function unpackEntries(stored: unknown): readonly AffectedEntry[] {
  if (stored === undefined) return []
  const text =
    stored instanceof Uint8Array
      ? zstdDecompressSync(stored, { maxOutputLength: MAX_ENTRIES_BYTES }).toString()
      : String(stored)
  const rows: unknown = JSON.parse(text)
  if (!Array.isArray(rows)) throw new Error('the entries of a package are damaged')
  return rows.map((row) => {
    const entry = unpackEntry(row)
    if (entry === undefined) throw new Error('an entry of a package is damaged')
    return entry
  })
}

function statusOf(
  meta: DatabaseMeta,
  ecosystems: ReadonlyMap<string, { readonly state: EcosystemState }>,
): DatabaseStatus {
  const listed = new Set(meta.listed.map(bareEcosystem))
  return {
    ...meta,
    everything: listed.size > 0 && [...listed].every((name) => ecosystems.has(name)),
    ecosystems: [...ecosystems].map(([name, { state }]) => ({ name, ...state, licence: ecosystemLicence(name) })),
  }
}
