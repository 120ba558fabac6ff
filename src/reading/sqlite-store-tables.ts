import type { DatabaseSync, StatementSync } from 'node:sqlite'

/** Raised when the tables change: what an older program kept is then dropped. */
const SCHEMA = 3

/** What is kept, as numbered in the file. */
export const KIND = { layer: 1, archive: 2, document: 3 } as const
export type Kind = (typeof KIND)[keyof typeof KIND]

/**
 * Names and stamps stand apart from the bytes, so that a stamp is written and sizes are summed without touching these. Pages are
 * large since bytes are; freed ones can be given back one by one (`incremental_vacuum`), without a lock on everything.
 */
const TABLES = `
  CREATE TABLE entries (
    id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, name TEXT NOT NULL, bytes INTEGER NOT NULL,
    stored INTEGER NOT NULL, used INTEGER NOT NULL, UNIQUE (kind, name)
  ) STRICT;
  CREATE TABLE contents (id INTEGER PRIMARY KEY, encoded BLOB NOT NULL) STRICT;
  PRAGMA user_version = ${SCHEMA};`

/** Stamps are hours since 1970: coarse enough to be written rarely. */
export const HOUR_MS = 3_600_000

export interface Statements {
  /** By kind and name: `id`, `used`, `encoded`. */
  readonly find: StatementSync
  readonly drop: StatementSync
  readonly dropContent: StatementSync
  readonly put: StatementSync
  readonly putContent: StatementSync
  readonly touch: StatementSync
  /** Ids and bytes of what was used least recently. */
  readonly oldest: StatementSync
}

/**
 * Makes the tables where they are missing, or anew when a program of another schema made them: losing the cache costs time only.
 * Nothing waits for the disk, since damage after a power failure is found and repaired by beginning anew. It is a rollback journal,
 * since with write-ahead logging the last process to leave, or the first to come, locks all others out.
 */
export function prepareTables(database: DatabaseSync): Statements {
  if (!isCurrent(database)) makeTables(database)
  return statementsOf(database)
}

/** Whether the tables are those of this program. */
export function isCurrent(database: DatabaseSync): boolean {
  return versionOf(database) === SCHEMA
}

function makeTables(database: DatabaseSync): void {
  // The first two hold for a file that has no page yet, or is vacuumed.
  database.exec('PRAGMA page_size = 16384; PRAGMA auto_vacuum = INCREMENTAL; PRAGMA synchronous = OFF')
  database.exec('BEGIN IMMEDIATE')
  let older = false
  try {
    const found = versionOf(database)
    if (found !== SCHEMA) {
      older = found !== 0 && dropAll(database)
      database.exec(TABLES)
    }
    database.exec('COMMIT')
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK')
    throw error
  }
  if (!older) return
  try {
    database.exec('VACUUM')
  } catch {
    // Others are using it: then it keeps its small pages, which costs a little time.
  }
}

function versionOf(database: DatabaseSync): unknown {
  return database.prepare('PRAGMA user_version').get()?.user_version
}

/** Whatever another schema had: indexes and triggers go with their tables. */
function dropAll(database: DatabaseSync): true {
  const found = database
    .prepare("SELECT type, name FROM sqlite_schema WHERE type IN ('table', 'view') LIMIT 1000")
    .all()
  for (const { type, name } of found) {
    if (typeof name !== 'string' || name.startsWith('sqlite_')) continue
    database.exec(`DROP ${type === 'view' ? 'VIEW' : 'TABLE'} IF EXISTS "${name.replaceAll('"', '""')}"`)
  }
  return true
}

function statementsOf(database: DatabaseSync): Statements {
  const find = database.prepare(
    'SELECT id, used, encoded FROM entries JOIN contents USING (id) WHERE kind = ? AND name = ?',
  )
  const lazy = new Map<string, StatementSync>()
  const statement = (sql: string): StatementSync => {
    const made = lazy.get(sql) ?? database.prepare(sql)
    lazy.set(sql, made)
    return made
  }
  // Only what every scan needs is compiled at once.
  return {
    find,
    get drop() {
      return statement('DELETE FROM entries WHERE id = ?')
    },
    get dropContent() {
      return statement('DELETE FROM contents WHERE id = ?')
    },
    get put() {
      return statement('INSERT OR REPLACE INTO entries (kind, name, bytes, stored, used) VALUES (?, ?, ?, ?, ?)')
    },
    get putContent() {
      return statement('INSERT OR REPLACE INTO contents VALUES (?, ?)')
    },
    get touch() {
      return statement('UPDATE entries SET used = ? WHERE id = ?')
    },
    get oldest() {
      return statement('SELECT id, bytes FROM entries ORDER BY used, id LIMIT 256')
    },
  }
}

/** Bytes that are in use, from the file's header: nothing is counted. */
export function liveBytes(database: DatabaseSync): number {
  const number = (pragma: string): number => Number(Object.values(database.prepare(`PRAGMA ${pragma}`).get() ?? {})[0])
  return (number('page_count') - number('freelist_count')) * number('page_size')
}

/** SQLite's primary result code of a thrown error (https://sqlite.org/rescode.html). */
export function primaryCode(error: unknown): number | undefined {
  const code = (error as { errcode?: unknown }).errcode
  return typeof code === 'number' ? code & 0xff : undefined
}

export const SQLITE_ERROR = 1
export const SQLITE_BUSY = 5
export const SQLITE_LOCKED = 6
export const SQLITE_CORRUPT = 11
export const SQLITE_NOTADB = 26
