import { randomBytes } from 'node:crypto'
import { existsSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { Failure } from '../lib/failure.ts'
import { openStored, type StoredDatabase } from './database/read.ts'
import { DATABASE_NAME } from './database/schema.ts'
import { isPacked, unpackAdvisories } from './pack.ts'
import { hasShards, openShards } from './shards/open.ts'
import { advisoryFolder, databasePath } from './state.ts'
import type { AdvisoryDatabase, DatabaseStatus } from './types.ts'

/**
 * Opens the advisories of a cache folder, or a database file as built or as packed. Read-only, without a lock; what is
 * opened stays as it is while an update replaces the file. Throws `Failure` (`no-advisories` when there are none yet) that
 * names the file.
 */
export function openAdvisories(path: string): AdvisoryDatabase {
  let file = path
  let packed: boolean
  // Shards stand where the one file would.
  const sharded = shardsAt(path)
  if (sharded !== undefined) return openShards(sharded)
  try {
    if (statSync(path).isDirectory()) file = databasePath(path)
    // A pipe or a device would never end, or never begin.
    if (!statSync(file).isFile()) throw new Error('it is not a regular file')
    packed = isPacked(file)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT' || (cause as NodeJS.ErrnoException).code === 'ENOTDIR')
      throw new Failure('no-advisories', `there are no advisories in ${path}`, {
        input: path,
        hints: ['fetch them with: bulwark advisories update'],
        cause,
      })
    throw new Failure('advisory-database', `cannot read ${file}: ${(cause as Error).message}`, { input: file, cause })
  }
  return packed ? openPacked(file, tmpdir()) : openStored(file)
}

/** The folder of shards that a cache folder, a folder of shards, or the place of a cache's database stands for. */
function shardsAt(path: string): string | undefined {
  if (hasShards(path)) return path
  if (hasShards(advisoryFolder(path))) return advisoryFolder(path)
  return basename(path) === DATABASE_NAME && !existsSync(path) && hasShards(dirname(path)) ? dirname(path) : undefined
}

/** Opens a packed file by way of a copy in `folder`, whose name is gone as soon as it is open. */
export function openPacked(file: string, folder: string): StoredDatabase {
  const copy = join(folder, `bulwark-advisories-${process.pid}-${randomBytes(6).toString('hex')}.db`)
  try {
    unpackAdvisories(file, copy)
    return openStored(copy)
  } catch (cause) {
    if (cause instanceof Failure && cause.input !== copy) throw cause
    const why = (cause as Error).message.replaceAll(copy, 'the database inside')
    throw new Failure('advisory-pack', `${file}: ${why}`, { input: file, cause })
  } finally {
    rmSync(copy, { force: true })
  }
}

const DAY_MS = 24 * 60 * 60 * 1000

/** Whether the last successful check for updates is over 24 hours ago, or its time cannot be true. */
export function isStale(status: Pick<DatabaseStatus, 'checkedAt'>, now: Date): boolean {
  const age = now.getTime() - Date.parse(status.checkedAt)
  // A check in the future (a clock that was wrong) must not put updates off for ever.
  return !(age <= DAY_MS && age >= -DAY_MS)
}

/** Time of the newest record over all ecosystems: the age that is shown. Undefined for an empty database. */
export function newestRecordAt(status: Pick<DatabaseStatus, 'ecosystems'>): string | undefined {
  let newest: string | undefined
  for (const { newestRecordAt: at } of status.ecosystems)
    if (at !== '' && (newest === undefined || Date.parse(at) > Date.parse(newest))) newest = at
  return newest
}
