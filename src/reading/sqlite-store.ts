import { mkdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import type { Diagnostic } from '../model/diagnostic.ts'
import type { FactStore, LayerFacts, StoredLayer } from './types.ts'

/** Raised when the tables change: an older file is then set aside. */
const SCHEMA = 2
/** How long one process waits for another's write before it goes on without the cache. */
const BUSY_MS = 5000
/** SQLite's primary result codes (https://sqlite.org/rescode.html). */
const SQLITE_BUSY = 5
const SQLITE_LOCKED = 6
const SQLITE_CORRUPT = 11
const SQLITE_NOTADB = 26

const BUSY_OR_DAMAGED: ReadonlySet<number> = new Set([SQLITE_BUSY, SQLITE_LOCKED, SQLITE_CORRUPT, SQLITE_NOTADB])

const TABLES = `
  CREATE TABLE IF NOT EXISTS layers (diff_id TEXT PRIMARY KEY, encoded BLOB NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS rows (
    diff_id TEXT NOT NULL, reader TEXT NOT NULL, version INTEGER NOT NULL, encoded BLOB NOT NULL,
    PRIMARY KEY (diff_id, reader, version)
  ) STRICT;
  CREATE TABLE IF NOT EXISTS archives (file TEXT PRIMARY KEY, encoded BLOB NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS documents (digest TEXT PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
  PRAGMA user_version = ${SCHEMA};`

/**
 * The facts of layers in one SQLite file (`layers.db`), shared by any number of processes: opened when first asked, written in
 * short transactions that wait for each other. A file that is damaged is set aside and begun anew; a store that cannot be used
 * at all keeps nothing. Neither fails a scan: `notices` says it.
 */
export function sqliteFactStore(path: string): FactStore {
  return new SqliteStore(path)
}

interface Statements {
  readonly layer: StatementSync
  readonly rows: StatementSync
  readonly archive: StatementSync
  readonly putLayer: StatementSync
  readonly putRow: StatementSync
  readonly dropRow: StatementSync
  readonly putArchive: StatementSync
  readonly document: StatementSync
  readonly putDocument: StatementSync
}

class SqliteStore implements FactStore {
  readonly #path: string
  readonly #notices: Diagnostic[] = []
  #database: DatabaseSync | undefined
  #statements: Statements | undefined
  #unusable = false
  /** Nothing more is written: the disk is full, or the file is not ours to write. What is there can still be read. */
  #unwritable = false
  /** Which file was opened, by its number: another process may have put a new one in its place. */
  #inode = 0

  constructor(path: string) {
    this.#path = path
  }

  load(key: string, readers: Parameters<FactStore['load']>[1]): StoredLayer | undefined {
    return this.#attempt(({ layer, rows }) => {
      const index = bytesOf(layer.get(key)?.encoded)
      if (index === undefined) return undefined
      const versions = new Map(readers.map(({ id, version }) => [id, version]))
      const found = new Map<string, Uint8Array>()
      for (const { reader, version, encoded } of rows.iterate(key)) {
        const bytes = bytesOf(encoded)
        if (typeof reader === 'string' && versions.get(reader) === version && bytes !== undefined)
          found.set(reader, bytes)
      }
      return { index, rows: found }
    })
  }

  store(facts: LayerFacts): void {
    if (!facts.complete) return
    this.#write(({ putLayer, putRow, dropRow }) => {
      const key = facts.key ?? facts.diffId
      putLayer.run(key, facts.index)
      for (const { reader, version, encoded, transient } of facts.rows) {
        if (transient === true) continue
        dropRow.run(key, reader, version)
        putRow.run(key, reader, version, encoded)
      }
    })
  }

  loadArchive(file: string): Uint8Array | undefined {
    return this.#attempt(({ archive }) => bytesOf(archive.get(file)?.encoded))
  }

  storeArchive(file: string, encoded: Uint8Array): void {
    this.#write(({ putArchive }) => putArchive.run(file, encoded))
  }

  loadDocument(digest: string): Uint8Array | undefined {
    return this.#attempt(({ document }) => bytesOf(document.get(digest)?.bytes))
  }

  storeDocument(digest: string, bytes: Uint8Array): void {
    this.#write(({ putDocument }) => putDocument.run(digest, bytes))
  }

  notices(): readonly Diagnostic[] {
    return [...this.#notices]
  }

  close(): void {
    this.#statements = undefined
    try {
      this.#database?.close()
    } catch {
      // Nothing depends on it: what was written is committed.
    }
    this.#database = undefined
    this.#unusable = true
  }

  #write(step: (statements: Statements) => void): void {
    if (this.#unwritable) return
    this.#attempt((statements) => {
      const database = this.#database
      try {
        database?.exec('BEGIN IMMEDIATE')
        step(statements)
        database?.exec('COMMIT')
      } catch (error) {
        if (database?.isTransaction === true) database.exec('ROLLBACK')
        if (BUSY_OR_DAMAGED.has(primaryCode(error) ?? 0)) throw error
        this.#unwritable = true
        this.#say('cache-unwritable', `the cache ${this.#path} cannot be written: ${(error as Error).message}`)
      }
    })
  }

  /** Runs the step; on damage sets the file aside and runs it once more; on any other error does without the cache. */
  #attempt<Result>(step: (statements: Statements) => Result): Result | undefined {
    for (let tries = 0; tries < 2 && !this.#unusable; tries++) {
      try {
        return step(this.#open())
      } catch (error) {
        const code = primaryCode(error)
        if (code === SQLITE_BUSY || code === SQLITE_LOCKED) {
          this.#say('cache-busy', `other processes kept ${this.#path} locked: some facts were not stored`)
          return undefined
        }
        if ((code !== SQLITE_CORRUPT && code !== SQLITE_NOTADB) || tries > 0) {
          this.close()
          this.#say('cache-unusable', `the cache ${this.#path} cannot be used: ${(error as Error).message}`)
        } else this.#setAside(error)
      }
    }
    return undefined
  }

  #open(): Statements {
    if (this.#statements !== undefined) return this.#statements
    mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 })
    const database = new DatabaseSync(this.#path, { timeout: BUSY_MS })
    this.#database = database
    this.#inode = statSync(this.#path).ino
    prepareTables(database)
    this.#statements = {
      layer: database.prepare('SELECT encoded FROM layers WHERE diff_id = ?'),
      rows: database.prepare('SELECT reader, version, encoded FROM rows WHERE diff_id = ?'),
      archive: database.prepare('SELECT encoded FROM archives WHERE file = ?'),
      putLayer: database.prepare('INSERT OR REPLACE INTO layers VALUES (?, ?)'),
      putRow: database.prepare('INSERT OR REPLACE INTO rows VALUES (?, ?, ?, ?)'),
      dropRow: database.prepare('DELETE FROM rows WHERE diff_id = ? AND reader = ? AND version < ?'),
      putArchive: database.prepare('INSERT OR REPLACE INTO archives VALUES (?, ?)'),
      document: database.prepare('SELECT bytes FROM documents WHERE digest = ?'),
      putDocument: database.prepare('INSERT OR REPLACE INTO documents VALUES (?, ?)'),
    }
    return this.#statements
  }

  /** Another process may do the same at this moment: whoever comes first moves the file, and both go on with the new one. */
  #setAside(error: unknown): void {
    this.#statements = undefined
    try {
      this.#database?.close()
    } catch {
      // A damaged file may refuse even that; its name is what matters.
    }
    this.#database = undefined
    const aside = `${this.#path}.damaged`
    try {
      if (statSync(this.#path).ino !== this.#inode) return
      renameSync(this.#path, aside)
      for (const suffix of ['-wal', '-shm', '-journal']) rmSync(this.#path + suffix, { force: true })
    } catch {
      // Gone already, or not ours to move: the second attempt tells.
    }
    this.#say(
      'cache-damaged',
      `the cache was damaged (${(error as Error).message}): it was set aside as ${aside} and begun anew`,
    )
  }

  #say(code: string, message: string): void {
    if (!this.#notices.some((notice) => notice.code === code)) this.#notices.push({ code, message, effect: 'notice' })
  }
}

/**
 * Makes the tables, or makes them anew when an older version of the program made them: losing the cache costs time only.
 * Nothing waits for the disk, since damage after a power failure is found and repaired by beginning anew. It is a rollback journal, since with write-ahead logging the last process to leave, or the first to come, locks all others out.
 */
function prepareTables(database: DatabaseSync): void {
  const version = (): unknown => database.prepare('PRAGMA user_version').get()?.user_version
  database.exec('PRAGMA synchronous = OFF')
  if (version() === SCHEMA) return
  database.exec('BEGIN IMMEDIATE')
  try {
    const found = version()
    if (found !== SCHEMA && found !== 0)
      database.exec(
        'DROP TABLE IF EXISTS layers; DROP TABLE IF EXISTS rows; DROP TABLE IF EXISTS archives; DROP TABLE IF EXISTS documents',
      )
    database.exec(TABLES)
    database.exec('COMMIT')
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK')
    throw error
  }
}

function primaryCode(error: unknown): number | undefined {
  const code = (error as { errcode?: unknown }).errcode
  return typeof code === 'number' ? code & 0xff : undefined
}

function bytesOf(value: unknown): Uint8Array | undefined {
  return value instanceof Uint8Array ? value : undefined
}
