import { Buffer } from 'node:buffer'
import { createHash } from 'node:crypto'
import { constants, zstdCompressSync } from 'node:zlib'
import { createForFilling } from '../../lib/sqlite.ts'
import { entriesOf, packEntry } from '../entries.ts'
import { type AliasSets, compareText, namesOf } from '../names.ts'
import { ecosystemRelease } from '../package-key.ts'
import type { KevEntry, OsvRecord, SourcedFact } from '../types.ts'
import { endsBlock, LENT, ownSets, partOf, placeOf } from './places.ts'
import type { StoredDatabase } from './read.ts'
import { type Kept, renew, wholeOf } from './renew.ts'
import {
  APPLICATION_ID,
  BLOCK_BYTES,
  type DatabaseMeta,
  type EcosystemState,
  FORMAT,
  INDEXES,
  SCHEMA,
} from './schema.ts'

/** Where a record came from. */
export interface RecordOrigin {
  readonly source: string
  readonly fetchedAt: string
}

/** One ecosystem while it is filled. */
export interface EcosystemDraft {
  /**
   * Takes a record; the second one of the same ID and source is ignored and gives false. `listed` is the source's time for it, empty for
   * a feed's. A publisher's own feed comes first and decides: what others say under the same ID is kept beside it and matched by nobody.
   */
  add(record: OsvRecord, listed: string, origin: RecordOrigin): boolean
  /** Takes a record of another ecosystem for what it says about a weakness: it is found by its names and matched by nobody. */
  lend(record: OsvRecord, origin: RecordOrigin): void
  /** Counts a record that was wrong, so that it is not fetched again until the source says that it changed. */
  skip(name: string, listed: string, reason: string): void
  readonly records: number
  readonly skipped: number
  /** Ends it. */
  finish(source: string, fetchedAt: string, feeds?: Readonly<Record<string, string>>): EcosystemState
  /** Takes everything back. */
  discard(): void
}

/** A database file while it is filled. */
export interface Draft {
  ecosystem(name: string): EcosystemDraft
  /** Takes an ecosystem over unchanged from the last database. */
  keep(previous: StoredDatabase, name: string, state?: Partial<EcosystemState>): void
  kev(entries: Iterable<KevEntry>): number
  /** Of several facts of one source about a weakness, the one that says most of its exploitation stays. */
  facts(facts: Iterable<SourcedFact>): void
  epss(rows: Iterable<readonly [cve: string, probability: number, percentile: number]>): number
  /** Computes alias sets and indexes, and closes the file. `sets` are those of a larger whole that this file is a part of. */
  finish(meta: Omit<DatabaseMeta, 'id'>, sets?: Pick<AliasSets, 'names'>): void
  /** Closes the file as it is, to be thrown away. */
  abandon(): void
}

const EPSS_AT_ONCE = 100

/** How a draft is filled. */
export interface DraftOptions {
  /**
   * Keeps what did not change where it was, so that two files of nearly the same records differ in few bytes: blocks end where a record's
   * ID says so, and rows are numbered by their names. Records must come in the order of their IDs.
   */
  readonly stable?: boolean
  /** Memory for the file's pages, bytes. */
  readonly cacheBytes?: number
}

/** Starts a database in a new file. Errors of SQLite (a full disk) are thrown as they come; the file is then worthless. */
export function createDraft(path: string, { stable = false, cacheBytes }: DraftOptions = {}): Draft {
  const database = createForFilling(path, cacheBytes)
  // One transaction for all: the first statements too may meet a full disk, and are reported like the others.
  database.exec('CREATE TEMP TABLE entry (place INTEGER, key TEXT, row TEXT); BEGIN')
  for (const sql of SCHEMA) database.exec(sql)
  const insert = {
    ecosystem: database.prepare('INSERT INTO ecosystem VALUES (?, ?, ?)'),
    origin: database.prepare('INSERT INTO origin VALUES (?, ?, ?)'),
    block: database.prepare('INSERT INTO block VALUES (?, ?, ?)'),
    record: database.prepare('INSERT OR IGNORE INTO record VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)'),
    skipped: database.prepare('INSERT INTO skipped VALUES (?, ?, ?, ?)'),
    package: database.prepare('INSERT INTO package (rowid, ecosystem, key, entries) VALUES (?, ?, ?, ?)'),
    entry: database.prepare('INSERT INTO entry VALUES (?, ?, ?)'),
    kev: database.prepare('INSERT OR REPLACE INTO kev VALUES (?, ?)'),
    epss: database.prepare('INSERT OR REPLACE INTO epss VALUES (?, ?, ?)'),
    fact: database.prepare('INSERT OR REPLACE INTO fact VALUES (?, ?, ?)'),
    manyEpss: database.prepare(
      `INSERT OR REPLACE INTO epss VALUES ${Array(EPSS_AT_ONCE).fill('(?, ?, ?)').join(', ')}`,
    ),
  }
  const origins = new Map<string, number>()
  const originId = ({ source, fetchedAt }: RecordOrigin): number => {
    const key = `${source}\n${fetchedAt}`
    const known = origins.get(key)
    if (known !== undefined) return known
    const id = origins.size + 1
    origins.set(key, id)
    insert.origin.run(id, source, fetchedAt)
    return id
  }
  const states: [string, EcosystemState][] = []
  const kept: Kept[] = []
  let lastEcosystem = 0

  const ecosystem = (name: string): EcosystemDraft => {
    const id = ++lastEcosystem
    const releases = new Set<string>()
    /** Sources of every record that a feed brought. */
    const fed = new Map<string, string[]>()
    let [records, withdrawn, skipped, newest] = [0, 0, 0, '']
    let [blockNumber, blockLength] = [0, 0]
    let pending: Uint8Array[] = []
    const flush = () => {
      if (pending.length === 0) return
      insert.block.run(id, blockNumber, compress(Buffer.concat(pending, blockLength)))
      blockNumber++
      pending = []
      blockLength = 0
    }
    return {
      get records() {
        return records
      },
      get skipped() {
        return skipped
      },
      add(record, listed, origin) {
        const body = Buffer.from(JSON.stringify(record))
        const relation = namesOf(record)
        const before = fed.get(record.id)
        if (before?.includes(origin.source)) return false
        const rank = before?.length ?? 0
        if (stable && pending.length === 0) blockNumber = placeOf(`${rank}/${record.id}`)
        const { changes } = insert.record.run(
          record.id,
          id,
          rank,
          record.modified,
          listed,
          originId(origin),
          blockNumber,
          blockLength,
          body.length,
          record.withdrawn === undefined ? 0 : 1,
          relation.same.length > 0 ? JSON.stringify(relation.same) : null,
          relation.covers.length > 0 ? JSON.stringify(relation.covers) : null,
        )
        if (changes === 0) return false
        if (listed === '') fed.set(record.id, [...(before ?? []), origin.source])
        pending.push(body)
        blockLength += body.length
        if (stable ? endsBlock(record.id, blockLength) : blockLength >= BLOCK_BYTES) flush()
        if (rank > 0) return true
        for (const { key, entry } of entriesOf(record, name)) {
          insert.entry.run(stable ? placeOf(key) : 0, key, JSON.stringify(packEntry(entry)))
          const release = ecosystemRelease(entry.ecosystem)
          if (release !== '' && releases.size < 10_000) releases.add(release)
        }
        records++
        if (record.withdrawn !== undefined) withdrawn++
        if (Date.parse(record.modified) > (newest === '' ? -Infinity : Date.parse(newest))) newest = record.modified
        return true
      },
      lend(record, origin) {
        const body = Buffer.from(JSON.stringify(record))
        if (stable && pending.length === 0) blockNumber = placeOf(`${LENT}/${record.id}`)
        const { same } = namesOf(record)
        const names = same.length > 0 ? JSON.stringify(same) : null
        const row = [
          record.id,
          id,
          LENT,
          record.modified,
          '',
          originId(origin),
          blockNumber,
          blockLength,
          body.length,
          0,
        ]
        if (insert.record.run(...row, names, null).changes === 0) return
        pending.push(body)
        blockLength += body.length
        if (stable ? endsBlock(record.id, blockLength) : blockLength >= BLOCK_BYTES) flush()
      },
      skip(skippedName, listed, reason) {
        skipped++
        insert.skipped.run(id, skippedName.slice(0, 300), listed, reason.slice(0, 300))
      },
      finish(source, fetchedAt, feeds) {
        flush()
        writePackages(id)
        const state: EcosystemState = {
          releases: [...releases].sort(compareText),
          records,
          withdrawn,
          skipped,
          newestRecordAt: newest,
          fetchedAt,
          source,
          ...(feeds === undefined || Object.keys(feeds).length === 0 ? {} : { feeds }),
        }
        insert.ecosystem.run(id, name, JSON.stringify(state))
        states.push([name, state])
        return state
      },
      discard() {
        pending = []
        database.exec('DELETE FROM entry')
        for (const table of ['block', 'record', 'skipped'])
          database.prepare(`DELETE FROM ${table} WHERE ecosystem = ?`).run(id)
      },
    }
  }

  /** Files the staged entries, all of a package in one row, and empties the stage. */
  const writePackages = (id: number) => {
    let [key, rows, place, last] = ['', [] as string[], 0, -1]
    const write = () => {
      if (rows.length === 0) return
      const text = `[${rows.join(',')}]`
      last = Math.max(place, last + 1)
      insert.package.run(stable ? last : null, id, key, text.length > 4_000 ? compress(Buffer.from(text)) : text)
    }
    for (const row of database.prepare('SELECT place, key, row FROM entry ORDER BY place, key, rowid').iterate()) {
      if (row.key !== key) {
        write()
        key = String(row.key)
        place = Number(row.place)
        rows = []
      }
      rows.push(String(row.row))
    }
    write()
    database.exec('DELETE FROM entry')
  }

  /** Copies an ecosystem out of the last database. */
  const takeOver = ({ previous, name, state }: Kept) => {
    const stored = previous.ecosystems().get(name)
    if (stored === undefined) return
    const id = ++lastEcosystem
    // The old file is read through its own connection: this one may not attach files.
    for (const row of previous.rows('SELECT number, data FROM block WHERE ecosystem = ?', stored.id))
      insert.block.run(id, row.number as number, row.data as Uint8Array)
    const sql = `SELECT record.id, rank, modified, listed, source, fetched_at, block, start, length, withdrawn, same, covers
      FROM record JOIN origin ON origin.id = record.origin WHERE ecosystem = ?`
    for (const row of previous.rows(sql, stored.id))
      insert.record.run(
        row.id as string,
        id,
        row.rank as number,
        row.modified as string,
        row.listed as string,
        originId({ source: row.source as string, fetchedAt: row.fetched_at as string }),
        row.block as number,
        row.start as number,
        row.length as number,
        row.withdrawn as number,
        row.same as string | null,
        row.covers as string | null,
      )
    for (const row of previous.skippedOf(name)) insert.skipped.run(id, row.name, row.listed, row.reason)
    for (const row of previous.rows('SELECT key, entries FROM package WHERE ecosystem = ?', stored.id))
      insert.package.run(null, id, row.key as string, row.entries as Uint8Array | string)
    insert.ecosystem.run(id, name, JSON.stringify(state))
    states.push([name, state])
  }

  return {
    ecosystem,
    keep(previous, name, changes) {
      const stored = previous.ecosystems().get(name)
      // Written at the end: where everything is kept, the file is.
      if (stored !== undefined) kept.push({ previous, name, state: { ...stored.state, ...changes } })
    },
    kev(entries) {
      for (const entry of entries) insert.kev.run(entry.cve, JSON.stringify(entry))
      return Number(database.prepare('SELECT count(*) AS n FROM kev').get()?.n)
    },
    facts(facts) {
      // They come in the order of weaknesses: one's are held at a time.
      let held = new Map<string, SourcedFact>()
      const flush = () => {
        for (const [source, { source: _, ...fact }] of held) insert.fact.run(fact.cve, source, JSON.stringify(fact))
        held = new Map()
      }
      let last = ''
      for (const fact of facts) {
        if (fact.cve !== last) flush()
        last = fact.cve
        const before = held.get(fact.source)
        if (before === undefined || (before.exploit !== 'weaponised' && fact.exploit === 'weaponised'))
          held.set(fact.source, fact)
      }
      flush()
    },
    epss(rows) {
      // Many rows at a time: there are hundreds of thousands.
      let pending: (string | number)[] = []
      for (const row of rows) {
        pending.push(...row)
        if (pending.length < 3 * EPSS_AT_ONCE) continue
        insert.manyEpss.run(...pending)
        pending = []
      }
      for (let at = 0; at < pending.length; at += 3) insert.epss.run(...pending.slice(at, at + 3))
      return Number(database.prepare('SELECT count(*) AS n FROM epss').get()?.n)
    },
    finish(meta, whole) {
      const last = states.length === 0 ? wholeOf(kept) : undefined
      if (last !== undefined) {
        for (const { name, state } of kept) states.push([name, state])
        database.exec('COMMIT')
        database.close()
        renew(path, last, kept, JSON.stringify({ ...meta, id: identity(states, meta) }))
        return
      }
      for (const one of kept) takeOver(one)
      const aliasRow = database.prepare('INSERT INTO alias VALUES (?, ?)')
      const setRow = database.prepare('INSERT INTO alias_set VALUES (?, ?)')
      const bundleRow = database.prepare('INSERT OR IGNORE INTO bundle VALUES (?, ?)')
      let set = -1
      for (const names of whole === undefined ? ownSets(database) : partOf(whole, database)) {
        set = stable ? Math.max(placeOf(names[0]), set + 1) : set + 1
        setRow.run(set, JSON.stringify(names))
        for (const name of names) aliasRow.run(name, set)
      }
      const bundles = database.prepare('SELECT id, covers FROM record WHERE covers IS NOT NULL')
      for (const row of bundles.all())
        for (const name of JSON.parse(String(row.covers)) as string[]) bundleRow.run(name, String(row.id))
      for (const sql of INDEXES) database.exec(sql)
      const id = identity(states, meta)
      database.prepare("INSERT INTO meta VALUES ('meta', ?)").run(JSON.stringify({ ...meta, id }))
      database.exec(
        `COMMIT; DROP TABLE temp.entry; PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${FORMAT}`,
      )
      database.close()
    },
    abandon() {
      try {
        if (database.isOpen) database.close()
      } catch {
        // A file that cannot be written cannot be closed in order; it is thrown away anyway.
      }
    },
  }
}

/** Identity of a build: hash of its contents' states. */
function identity(states: readonly (readonly [string, EcosystemState])[], meta: Omit<DatabaseMeta, 'id'>): string {
  const facts = meta.feeds?.filter((feed) => feed.facts > 0).map(({ id, changedAt }) => [id, changedAt])
  const contents = JSON.stringify([states.toSorted((a, b) => compareText(a[0], b[0])), meta.kev, meta.epss, facts])
  return createHash('sha256').update(contents).digest('hex').slice(0, 32)
}

function compress(bytes: Uint8Array): Uint8Array {
  return zstdCompressSync(bytes, { params: { [constants.ZSTD_c_compressionLevel]: 3 } })
}
