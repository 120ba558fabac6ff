import { rmSync, statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { Failure } from '../lib/failure.ts'
import { sweepClaims } from './claims.ts'
import {
  HOUR_MS,
  isCurrent,
  KIND,
  liveBytes,
  prepareTables,
  primaryCode,
  SQLITE_CORRUPT,
  SQLITE_NOTADB,
} from './sqlite-store-tables.ts'

/** Others write for milliseconds; this can wait for them. */
const PATIENCE_MS = 30_000
/** Entries that go, and pages that are given back, in one transaction: so long others wait at most. */
const ENTRIES_AT_ONCE = 64
const PAGES_AT_ONCE = 512

/** How many of one kind, and their bytes. */
export interface CacheShare {
  readonly count: number
  readonly bytes: number
}

/** What the store of layer facts holds. Times are ISO 8601, exact to the hour. */
export interface CacheStatus {
  readonly path: string
  /** False when nothing was ever kept there, or by another version of this program only. */
  readonly exists: boolean
  /** On the disk, and of that in use: what is free is filled again first. */
  readonly fileBytes: number
  readonly usedBytes: number
  readonly layers: CacheShare
  readonly archives: CacheShare
  readonly documents: CacheShare
  readonly oldestStoredAt: string | null
  readonly leastRecentlyUsedAt: string | null
  readonly lastUsedAt: string | null
  /** Bytes of a damaged file that was set aside. */
  readonly setAsideBytes: number
}

/** What a cleaning removed. */
export interface CacheCleaned {
  readonly path: string
  readonly layers: CacheShare
  readonly archives: CacheShare
  readonly documents: CacheShare
  /** By how much the files on the disk became smaller. */
  readonly freedBytes: number
  readonly leftBytes: number
}

const NONE: CacheShare = { count: 0, bytes: 0 }

/** What the store at `path` holds. @throws Failure naming the file, when it is damaged or cannot be read. */
export function cacheStatus(path: string): CacheStatus {
  const empty = {
    ...{ path, exists: false, fileBytes: sizeOf(path), usedBytes: 0, layers: NONE, archives: NONE, documents: NONE },
    ...{ oldestStoredAt: null, leastRecentlyUsedAt: null, lastUsedAt: null, setAsideBytes: sizeOf(asideOf(path)) },
  }
  if (!isThere(path)) return empty
  return withDatabase(path, (database) => {
    if (!isCurrent(database)) return empty
    const times = database.prepare('SELECT min(stored) AS a, min(used) AS b, max(used) AS c FROM entries').get()
    return {
      ...empty,
      exists: true,
      usedBytes: liveBytes(database),
      ...sharesOf(database, ''),
      oldestStoredAt: timeOf(times?.a),
      leastRecentlyUsedAt: timeOf(times?.b),
      lastUsedAt: timeOf(times?.c),
    }
  })
}

/**
 * Takes everything out of the store at `path`, or what was not used for `olderThanMs`, and gives the space back. Scans may go on
 * meanwhile: it is done in small steps, and they read anew what they miss. @throws Failure naming the file, when it cannot be written.
 */
export function cleanCache(path: string, { olderThanMs, now }: { olderThanMs?: number; now: number }): CacheCleaned {
  const files = [path, asideOf(path)]
  const before = files.reduce((sum, file) => sum + sizeOf(file), 0)
  const last = olderThanMs === undefined ? Number.MAX_SAFE_INTEGER : Math.floor((now - olderThanMs) / HOUR_MS)
  let removed = { layers: NONE, archives: NONE, documents: NONE }
  if (isThere(path)) {
    try {
      removed = withDatabase(path, (database) => removeUnused(database, last))
    } catch (error) {
      if (!(error instanceof Failure) || error.code !== 'cache-damaged') throw error
      // Nothing in it is of use to anyone.
      for (const suffix of ['', '-journal', '-wal', '-shm']) rmSync(path + suffix, { force: true })
    }
  }
  if (olderThanMs === undefined || modifiedAt(asideOf(path)) < now - olderThanMs) rmSync(asideOf(path), { force: true })
  sweepClaims(`${path}.claims`)
  const leftBytes = files.reduce((sum, file) => sum + sizeOf(file), 0)
  return { path, ...removed, freedBytes: Math.max(0, before - leftBytes), leftBytes }
}

type Shares = Pick<CacheStatus, 'layers' | 'archives' | 'documents'>

function removeUnused(database: DatabaseSync, last: number): Shares {
  prepareTables(database)
  database.exec('PRAGMA synchronous = OFF')
  const shares = sharesOf(database, `WHERE used <= ${last}`)
  const some = `SELECT id FROM entries WHERE used <= ${last} ORDER BY id LIMIT ${ENTRIES_AT_ONCE}`
  const drop = database.prepare('DELETE FROM entries WHERE id = ?')
  const dropContent = database.prepare('DELETE FROM contents WHERE id = ?')
  for (let found = 1; found > 0; ) {
    database.exec('BEGIN IMMEDIATE')
    const ids = database.prepare(some).all()
    for (const { id } of ids) {
      drop.run(Number(id))
      dropContent.run(Number(id))
    }
    database.exec('COMMIT')
    found = ids.length
  }
  const free = (): number => Number(database.prepare('PRAGMA freelist_count').get()?.freelist_count)
  for (let left = free(), before = left + 1; left > 0 && left < before; ) {
    database.prepare(`PRAGMA incremental_vacuum(${PAGES_AT_ONCE})`).all()
    before = left
    left = free()
  }
  return shares
}

function sharesOf(database: DatabaseSync, where: string): Shares {
  const found = new Map<unknown, CacheShare>()
  const rows = database.prepare(`SELECT kind, count(*) AS n, sum(bytes) AS bytes FROM entries ${where} GROUP BY kind`)
  for (const { kind, n, bytes } of rows.iterate()) found.set(kind, { count: Number(n), bytes: Number(bytes) })
  return {
    layers: found.get(KIND.layer) ?? NONE,
    archives: found.get(KIND.archive) ?? NONE,
    documents: found.get(KIND.document) ?? NONE,
  }
}

function withDatabase<Result>(path: string, step: (database: DatabaseSync) => Result): Result {
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(path, { timeout: PATIENCE_MS })
    return step(database)
  } catch (error) {
    const code = primaryCode(error)
    const damaged = code === SQLITE_CORRUPT || code === SQLITE_NOTADB
    throw new Failure(
      damaged ? 'cache-damaged' : 'cache-unusable',
      damaged ? 'the cache is damaged' : `the cache cannot be used: ${(error as Error).message}`,
      {
        input: path,
        cause: error,
        hints: damaged
          ? ['bulwark cache clean removes it; the next scan begins a new one']
          : ['check who owns the file'],
      },
    )
  } finally {
    database?.close()
  }
}

function asideOf(path: string): string {
  return `${path}.damaged`
}

function isThere(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}

function modifiedAt(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Number.POSITIVE_INFINITY
}

function timeOf(hour: unknown): string | null {
  return typeof hour === 'number' ? new Date(hour * HOUR_MS).toISOString() : null
}
