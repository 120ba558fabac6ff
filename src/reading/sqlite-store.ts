import { createHash } from 'node:crypto'
import { mkdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Diagnostic } from '../model/diagnostic.ts'
import { decodeBundle, encodeBundle, type LayerBundle, rowsFor, withFacts } from './layer-bundle.ts'
import {
  HOUR_MS,
  KIND,
  type Kind,
  liveBytes,
  prepareTables,
  primaryCode,
  SQLITE_BUSY,
  SQLITE_CORRUPT,
  SQLITE_ERROR,
  SQLITE_LOCKED,
  SQLITE_NOTADB,
  type Statements,
} from './sqlite-store-tables.ts'
import type { AnyReader, Claims, FactStore, LayerFacts, StoredLayer } from './types.ts'

/** How long one process waits for another's write, which takes milliseconds, before it goes on without the cache. */
const BUSY_MS = 10_000
/** The same after it was too long once: something holds the file and does not move. */
const BUSY_AGAIN_MS = 200
/** Documents are manifests and configs. */
const MOST_DOCUMENT_BYTES = 16 * 1024 ** 2
/** Of one layer or archive; SQLite has a limit of its own not far above. */
const MOST_ENTRY_BYTES = 768 * 1024 ** 2

const DAMAGED: ReadonlySet<number> = new Set([SQLITE_CORRUPT, SQLITE_NOTADB, SQLITE_ERROR])
const BUSY: ReadonlySet<number> = new Set([SQLITE_BUSY, SQLITE_LOCKED])

export interface SqliteStoreOptions {
  /** Bytes that the file may have in use; when there are more, what was not used for the longest time goes. No bound when undefined. */
  readonly maxBytes?: number
  readonly now?: () => number
}

/**
 * The facts of layers in one SQLite file (`layers.db`), shared by any number of processes: opened when first asked, written in
 * short transactions that wait for each other. A file that is damaged is set aside and begun anew; a store that cannot be used
 * at all keeps nothing. Neither fails a scan: `notices` says it.
 */
export function sqliteFactStore(path: string, options: SqliteStoreOptions = {}): FactStore {
  return new SqliteStore(path, options)
}

class SqliteStore implements FactStore {
  readonly #path: string
  readonly #maxBytes: number
  readonly #now: () => number
  readonly #notices: Diagnostic[] = []
  /** Entries whose stamp is older than an hour; written once, at the end. */
  readonly #touched = new Set<number>()
  #database: DatabaseSync | undefined
  #statements: Statements | undefined
  #claims: Promise<Claims> | undefined
  #unusable = false
  /** Nothing more is written: the disk is full, or the file is not ours to write. What is there can still be read. */
  #unwritable = false
  #written = false
  /** Which file was opened, by its number: another process may have put a new one in its place. */
  #inode = 0

  constructor(path: string, { maxBytes = Number.POSITIVE_INFINITY, now = Date.now }: SqliteStoreOptions) {
    this.#path = path
    this.#maxBytes = maxBytes
    this.#now = now
  }

  load(key: string, readers: readonly AnyReader[]): StoredLayer | undefined {
    const bundle = this.#bundle(key)
    return bundle === undefined ? undefined : rowsFor(bundle, readers)
  }

  store(facts: LayerFacts): boolean {
    if (!facts.complete) return false
    const key = facts.key ?? facts.diffId
    return this.#write((statements) => {
      const found = statements.find.get(KIND.layer, key)
      const before = found === undefined ? undefined : decodeBundle(key, bytesOf(found.encoded))
      this.#put(statements, KIND.layer, key, encodeBundle(key, withFacts(before, facts)))
    })
  }

  loadArchive(file: string): Uint8Array | undefined {
    // The envelope names the file: an archive's memory is a bundle of one part.
    const bytes = this.#find(KIND.archive, file)
    return bytes === undefined ? undefined : decodeBundle(file, bytes)?.index
  }

  storeArchive(file: string, encoded: Uint8Array): void {
    this.#write((statements) => {
      this.#put(statements, KIND.archive, file, encodeBundle(file, { index: encoded, rows: [] }))
    })
  }

  loadDocument(digest: string): Uint8Array | undefined {
    const bytes = this.#find(KIND.document, digest)
    return bytes !== undefined && isDigestOf(digest, bytes) ? bytes : undefined
  }

  storeDocument(digest: string, bytes: Uint8Array): void {
    if (bytes.length > MOST_DOCUMENT_BYTES || !isDigestOf(digest, bytes)) return
    this.#write((statements) => this.#put(statements, KIND.document, digest, bytes))
  }

  async claims(): Promise<Claims | undefined> {
    if (this.#unusable || this.#unwritable) return undefined
    this.#claims ??= import('./claims.ts').then(({ fileClaims }) => fileClaims(`${this.#path}.claims`))
    return this.#claims
  }

  notices(): readonly Diagnostic[] {
    return [...this.#notices]
  }

  close(): void {
    this.#stampUses()
    this.#letGo()
    this.#unusable = true
  }

  #letGo(): void {
    this.#statements = undefined
    try {
      this.#database?.close()
    } catch {
      // Nothing depends on it: what was written is committed. A damaged file may refuse even that.
    }
    this.#database = undefined
  }

  #bundle(key: string): LayerBundle | undefined {
    const bytes = this.#find(KIND.layer, key)
    return bytes === undefined ? undefined : decodeBundle(key, bytes)
  }

  #find(kind: Kind, name: string): Uint8Array | undefined {
    return this.#attempt(({ find }) => {
      const found = find.get(kind, name)
      if (found === undefined) return undefined
      if (found.used !== this.#hour()) this.#touched.add(Number(found.id))
      return bytesOf(found.encoded)
    })
  }

  #hour(): number {
    return Math.floor(this.#now() / HOUR_MS)
  }

  /** Puts an entry in the place of the one of that name, and takes out old ones until there is room. */
  #put(statements: Statements, kind: Kind, name: string, encoded: Uint8Array): void {
    const found = statements.find.get(kind, name)
    if (found !== undefined) {
      statements.drop.run(Number(found.id))
      statements.dropContent.run(Number(found.id))
    }
    if (encoded.length > Math.min(MOST_ENTRY_BYTES, this.#maxBytes)) throw new TooLarge()
    const hour = this.#hour()
    const { lastInsertRowid: id } = statements.put.run(kind, name, encoded.length, hour, hour)
    statements.putContent.run(id, encoded)
    this.#makeRoom(statements, Number(id))
  }

  /** In each write only some of what is too much goes, so that no other process waits long after `--cache-max` was lowered. */
  #makeRoom(statements: Statements, newest: number): void {
    const database = this.#database
    if (database === undefined) return
    let excess = liveBytes(database) - this.#maxBytes
    if (excess <= 0) return
    for (const { id, bytes } of statements.oldest.all()) {
      if (excess <= 0) return
      if (id === newest) continue
      statements.drop.run(Number(id))
      statements.dropContent.run(Number(id))
      excess -= Number(bytes)
    }
  }

  /** Says that what was found is still wanted: at most once an hour for each, and never where it would have to wait. */
  #stampUses(): void {
    const database = this.#database
    if (this.#touched.size === 0 || database === undefined || this.#statements === undefined || this.#unwritable) return
    const { touch } = this.#statements
    try {
      database.exec('PRAGMA busy_timeout = 0; PRAGMA synchronous = OFF; BEGIN IMMEDIATE')
      for (const id of this.#touched) touch.run(this.#hour(), id)
      database.exec('COMMIT')
    } catch {
      // Another process writes, or this one may not: the next scan stamps it.
      if (database.isTransaction) database.exec('ROLLBACK')
    }
    this.#touched.clear()
  }

  /** Runs the step in a transaction of its own. False when what it wrote was not kept. */
  #write(step: (statements: Statements) => void): boolean {
    if (this.#unwritable) return false
    return (
      this.#attempt((statements) => {
        const database = this.#database
        try {
          if (!this.#written) database?.exec('PRAGMA synchronous = OFF')
          this.#written = true
          database?.exec('BEGIN IMMEDIATE')
          step(statements)
          database?.exec('COMMIT')
          return true
        } catch (error) {
          if (database?.isTransaction === true) database.exec('ROLLBACK')
          if (error instanceof TooLarge) return false
          const code = primaryCode(error) ?? 0
          if (BUSY.has(code) || DAMAGED.has(code)) throw error
          this.#unwritable = true
          this.#say('cache-unwritable', `the cache ${this.#path} cannot be written: ${(error as Error).message}`)
          return false
        }
      }) ?? false
    )
  }

  /** Runs the step; on damage sets the file aside and runs it once more; on any other error does without the cache. */
  #attempt<Result>(step: (statements: Statements) => Result): Result | undefined {
    for (let tries = 0; tries < 2 && !this.#unusable; tries++) {
      try {
        return step(this.#open())
      } catch (error) {
        const code = primaryCode(error) ?? 0
        if (BUSY.has(code)) {
          this.#database?.exec(`PRAGMA busy_timeout = ${BUSY_AGAIN_MS}`)
          this.#say('cache-busy', `other processes kept ${this.#path} locked: some facts were not stored`)
          return undefined
        }
        if (DAMAGED.has(code) && tries === 0) this.#setAside(error)
        else {
          this.#letGo()
          this.#unusable = true
          this.#say('cache-unusable', `the cache ${this.#path} cannot be used: ${(error as Error).message}`)
        }
      }
    }
    return undefined
  }

  #open(): Statements {
    if (this.#statements !== undefined) return this.#statements
    mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 })
    this.#database = new DatabaseSync(this.#path, { timeout: BUSY_MS })
    this.#inode = statSync(this.#path).ino
    this.#written = false
    this.#statements = prepareTables(this.#database)
    return this.#statements
  }

  /** Another process may do the same at this moment: whoever comes first moves the file, and both go on with the new one. */
  #setAside(error: unknown): void {
    this.#letGo()
    this.#touched.clear()
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

/** The entry is larger than all that may be kept. */
class TooLarge extends Error {}

function bytesOf(value: unknown): Uint8Array {
  return value instanceof Uint8Array ? value : new Uint8Array(0)
}

function isDigestOf(digest: string, bytes: Uint8Array): boolean {
  const [algorithm, hex] = digest.split(':', 2)
  if (algorithm !== 'sha256' && algorithm !== 'sha512') return false
  return createHash(algorithm).update(bytes).digest('hex') === hex
}
