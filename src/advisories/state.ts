import { randomBytes } from 'node:crypto'
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as z from 'zod/mini'
import { ensureDirectory } from '../lib/cache-directory.ts'
import { DATABASE_NAME } from './database/schema.ts'
import { isEcosystemName } from './ecosystems.ts'
import { compareText } from './names.ts'
import { bareEcosystem } from './package-key.ts'

const FOLDER = 'advisories'
const MET = 'met-ecosystems.json'
const MOST_MET = 1_000

/** Folder of everything about advisories within a cache folder. */
export function advisoryFolder(cacheDir: string): string {
  return join(cacheDir, FOLDER)
}

/** The database file of a cache folder. */
export function databasePath(cacheDir: string): string {
  return join(cacheDir, FOLDER, DATABASE_NAME)
}

/** Ecosystems, without release, that scans with this cache folder have met, sorted. A missing or damaged note is none. */
export function metEcosystems(cacheDir: string): readonly string[] {
  try {
    const names = z
      .array(z.string())
      .check(z.maxLength(MOST_MET))
      .parse(JSON.parse(readFileSync(join(advisoryFolder(cacheDir), MET), 'utf8')))
    return names.filter(isEcosystemName)
  } catch {
    return []
  }
}

/**
 * Notes that a scan has met these ecosystems (release suffixes are taken off), so that the next update fetches them. Two
 * scans at once may lose one's addition until the next scan: it costs a fetch, not an answer. Rejects with `Failure` or the
 * file system's error when the note cannot be written.
 */
export async function rememberEcosystems(cacheDir: string, names: Iterable<string>): Promise<void> {
  const known = metEcosystems(cacheDir)
  const added = [...names].map(bareEcosystem).filter(isEcosystemName)
  const all = [...new Set([...known, ...added])].sort(compareText).slice(0, MOST_MET)
  if (all.length === known.length) return
  const folder = await ensureDirectory(advisoryFolder(cacheDir))
  const temporary = join(folder, `${MET}.${randomBytes(6).toString('hex')}`)
  try {
    writeFileSync(temporary, JSON.stringify(all))
    renameSync(temporary, join(folder, MET))
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
}
