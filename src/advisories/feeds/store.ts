import { existsSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import * as z from 'zod/mini'
import { Failure } from '../../lib/failure.ts'
import { parseRecord } from '../record.ts'
import type { OsvRecord, WeaknessFact } from '../types.ts'
import { joinRecords } from './join-records.ts'

/** Raised when the form of the store changes: an older one is fetched anew. */
const VERSION = 1

const SCHEMA = `
  CREATE TABLE state (value TEXT NOT NULL);
  CREATE TABLE document (path TEXT PRIMARY KEY, marker TEXT, etag TEXT, last_modified TEXT, digest TEXT NOT NULL, fetched_at TEXT NOT NULL, archive TEXT) WITHOUT ROWID;
  CREATE TABLE record (id TEXT, document TEXT, modified TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (id, document)) WITHOUT ROWID;
  CREATE INDEX record_document ON record (document);
  CREATE TABLE skipped (document TEXT, name TEXT, reason TEXT);
  CREATE INDEX skipped_document ON skipped (document);
  CREATE TABLE fact (document TEXT, cve TEXT, body TEXT NOT NULL);
  CREATE INDEX fact_document ON fact (document);
  PRAGMA user_version = ${VERSION};
`

/** What a feed's store remembers of its fetching. */
export interface FeedState {
  readonly feed: string
  /** Address or folder that it was last fetched from, without credentials. */
  readonly origin: string
  /** Last time that the publisher was asked with success, ISO. */
  readonly checkedAt: string
  /** Time of the update that last brought something new, ISO. */
  readonly changedAt: string
  /** Counts what brought something new. */
  readonly revision: number
  /** Since when its fetching has failed, and why it did last. */
  readonly failing?: { readonly since: string; readonly why: string }
  readonly records: number
  readonly facts: number
  readonly skipped: number
  /** `modified` of the newest record that does not lie in the future: the feed's age. Empty without records. */
  readonly newestRecordAt: string
}

const stateShape = z.object({
  feed: z.string(),
  origin: z.string(),
  checkedAt: z.string(),
  changedAt: z.string(),
  revision: z.number(),
  failing: z.optional(z.object({ since: z.string(), why: z.string() })),
  records: z.number(),
  facts: z.number(),
  skipped: z.number(),
  newestRecordAt: z.string(),
})

/** A document as it was last fetched. */
export interface HeldDocument {
  readonly marker?: string
  readonly etag?: string
  readonly lastModified?: string
  /** SHA-256 of its bytes as served. */
  readonly digest: string
  readonly fetchedAt: string
}

/** A feed's records on this machine, with what is needed to ask for changes only. One process writes it at a time. */
export interface FeedStore {
  state(): FeedState | undefined
  documents(): ReadonlyMap<string, HeldDocument>
  /** Whether a document came out of an archive: it stays as long as the archive holds it. */
  isMember(path: string): boolean
  counts(): { readonly records: number; readonly facts: number; readonly skipped: number }
  /** Times of all records by id, for telling what changed. */
  times(): ReadonlyMap<string, string>
  /** Digests of an archive's files, by path. */
  members(archive: string): ReadonlyMap<string, string>
  /** Every record of one document as it is kept, by id. */
  bodies(document: string): ReadonlyMap<string, string>
  /** Every record of the feed, by id. What several documents say under one id is joined. */
  records(): Iterable<OsvRecord>
  facts(): Iterable<WeaknessFact>
  /** Newest `modified` up to `until` (ISO). */
  newest(until: string): string
  /** All that `work` changes happens, or nothing of it: also when the process is killed. `false` from it takes everything back. */
  change(work: (writer: FeedWriter) => Promise<boolean>): Promise<boolean>
  close(): void
}

/** What changes a store. */
export interface FeedWriter {
  /** Runs `fill`; when it throws, what it wrote is taken back and the error goes on. */
  document(fill: () => Promise<void>): Promise<void>
  /** Forgets a document with its records. */
  drop(path: string): void
  /** Forgets what was skipped of a document. */
  forgetSkipped(document: string): void
  hold(path: string, held: HeldDocument, archive?: string): void
  /** Files a record. What a document says twice under one id is joined; an increment replaces what was said before. */
  add(record: OsvRecord, document: string, kind: 'whole' | 'increment'): void
  fact(fact: WeaknessFact, document: string): void
  skip(name: string, reason: string, document: string): void
  state(state: FeedState): void
}

/** Opens a feed's store, or makes an empty one; a damaged one or one of another version is made anew. Throws `Failure` when it cannot be written. */
export function openFeedStore(path: string): FeedStore {
  const database = opened(path)
  const one = (sql: string, ...values: string[]) => database.prepare(sql).get(...values)
  const insert = {
    document: database.prepare('INSERT OR REPLACE INTO document VALUES (?, ?, ?, ?, ?, ?, ?)'),
    record: database.prepare('INSERT OR REPLACE INTO record VALUES (?, ?, ?, ?)'),
    skipped: database.prepare('INSERT INTO skipped VALUES (?, ?, ?)'),
    fact: database.prepare('INSERT INTO fact VALUES (?, ?, ?)'),
    same: database.prepare('SELECT body FROM record WHERE id = ? AND document = ?'),
  }
  const forget = ['record', 'skipped', 'fact'].map((table) =>
    database.prepare(`DELETE FROM ${table} WHERE document = ?`),
  )
  const drop = (document: string) => {
    for (const statement of forget) statement.run(document)
    database.prepare('DELETE FROM document WHERE path = ?').run(document)
  }
  const writer: FeedWriter = {
    async document(fill) {
      database.exec('SAVEPOINT document')
      try {
        await fill()
      } catch (error) {
        database.exec('ROLLBACK TO document; RELEASE document')
        throw error
      }
      database.exec('RELEASE document')
    },
    drop,
    forgetSkipped(document) {
      database.prepare('DELETE FROM skipped WHERE document = ?').run(document)
    },
    hold: (of, { marker, etag, lastModified, digest, fetchedAt }, archive) => {
      insert.document.run(of, marker ?? null, etag ?? null, lastModified ?? null, digest, fetchedAt, archive ?? null)
    },
    add(record, document, kind) {
      const before = kind === 'increment' ? undefined : insert.same.get(record.id, document)
      const known = before === undefined ? undefined : parseRecord(String(before.body), record.id)
      const whole = known?.ok ? joinRecords([known.record, record]) : record
      insert.record.run(whole.id, document, whole.modified, JSON.stringify(whole))
    },
    fact: (fact, document) => {
      insert.fact.run(document, fact.cve, JSON.stringify(fact))
    },
    skip: (name, reason, document) => {
      insert.skipped.run(document, name.slice(0, 300), reason.slice(0, 300))
    },
    state(state) {
      database.exec('DELETE FROM state')
      database.prepare('INSERT INTO state VALUES (?)').run(JSON.stringify(state))
    },
  }
  return {
    state() {
      const row = one('SELECT value FROM state')
      return row && (stateShape.parse(JSON.parse(String(row.value))) as FeedState)
    },
    documents: () =>
      new Map(
        database
          .prepare('SELECT * FROM document')
          .all()
          .map((row) => [
            String(row.path),
            {
              ...(row.marker === null ? {} : { marker: String(row.marker) }),
              ...(row.etag === null ? {} : { etag: String(row.etag) }),
              ...(row.last_modified === null ? {} : { lastModified: String(row.last_modified) }),
              digest: String(row.digest),
              fetchedAt: String(row.fetched_at),
            },
          ]),
      ),
    isMember: (of) => one('SELECT 1 FROM document WHERE path = ? AND archive IS NOT NULL', of) !== undefined,
    counts() {
      const count = (sql: string) => Number(one(sql)?.n)
      return {
        records: count('SELECT count(DISTINCT id) AS n FROM record'),
        facts: count('SELECT count(*) AS n FROM fact'),
        skipped: count('SELECT count(*) AS n FROM skipped'),
      }
    },
    times: () =>
      new Map(
        database
          .prepare('SELECT id, max(modified) AS modified FROM record GROUP BY id')
          .all()
          .map((row) => [String(row.id), String(row.modified)]),
      ),
    members: (archive) =>
      new Map(
        database
          .prepare('SELECT path, digest FROM document WHERE archive = ?')
          .all(archive)
          .map((row) => [String(row.path), String(row.digest)]),
      ),
    bodies: (document) =>
      new Map(
        database
          .prepare('SELECT id, body FROM record WHERE document = ?')
          .all(document)
          .map((row) => [String(row.id), String(row.body)]),
      ),
    *records() {
      let same: OsvRecord[] = []
      for (const row of database.prepare('SELECT id, body FROM record ORDER BY id, document').iterate()) {
        const parsed = parseRecord(String(row.body), String(row.id))
        if (!parsed.ok)
          throw new Failure('feed-store', `${path}: record ${row.id} is damaged: ${parsed.reason}`, { input: path })
        if (same.length > 0 && same[0].id !== parsed.record.id) {
          yield joinRecords(same)
          same = []
        }
        same.push(parsed.record)
      }
      if (same.length > 0) yield joinRecords(same)
    },
    *facts() {
      for (const row of database.prepare('SELECT body FROM fact ORDER BY cve, document').iterate())
        yield JSON.parse(String(row.body)) as WeaknessFact
    },
    newest: (until) =>
      String(one('SELECT max(modified) AS newest FROM record WHERE modified <= ?', until)?.newest ?? ''),
    async change(work) {
      database.exec('BEGIN IMMEDIATE')
      let keep = false
      try {
        keep = await work(writer)
      } finally {
        database.exec(keep ? 'COMMIT' : 'ROLLBACK')
      }
      return keep
    },
    close: () => database.close(),
  }
}

function opened(path: string): DatabaseSync {
  const fresh = !existsSync(path)
  const database = new DatabaseSync(path, { defensive: true, enableDoubleQuotedStringLiterals: false })
  try {
    database.exec(
      'PRAGMA journal_mode = DELETE; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -16384; PRAGMA trusted_schema = OFF',
    )
    const version = Number(Object.values(database.prepare('PRAGMA user_version').get() ?? {})[0])
    if (!fresh && version === VERSION) return database
    database.exec('BEGIN')
    for (const { name } of database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all())
      database.exec(`DROP TABLE "${String(name).replaceAll('"', '""')}"`)
    database.exec(`${SCHEMA}; COMMIT`)
    return database
  } catch (cause) {
    database.close()
    throw new Failure('feed-store', `${path}: the store of a feed cannot be used: ${(cause as Error).message}`, {
      input: path,
      hints: ['remove the file: the feed is fetched anew'],
      cause,
    })
  }
}
