import { constants, copyFileSync, rmSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { createForFilling } from '../../lib/sqlite.ts'
import type { StoredDatabase } from './read.ts'
import type { EcosystemState } from './schema.ts'

/** An ecosystem that is taken over as it is, with what changes of its state. */
export interface Kept {
  readonly previous: StoredDatabase
  readonly name: string
  readonly state: EcosystemState
}

/** The database that all of these ecosystems are the whole of: then nothing of it has to be written anew. Undefined otherwise. */
export function wholeOf(kept: readonly Kept[]): StoredDatabase | undefined {
  const [first] = kept
  if (first === undefined || kept.some(({ previous }) => previous !== first.previous)) return undefined
  const names = new Set(kept.map(({ name }) => name))
  const stored = first.previous.ecosystems()
  return stored.size === names.size && [...stored.keys()].every((name) => names.has(name)) ? first.previous : undefined
}

/**
 * Writes a copy of a database in which only the facts about exploitation, the states of ecosystems and the database's notes are new, taken
 * from `draft`: what takes minutes to build takes a second to renew.
 */
export function renew(
  path: string,
  previous: StoredDatabase,
  kept: readonly Kept[],
  draft: DatabaseSync,
  meta: string,
): void {
  try {
    copyFileSync(previous.path, path, constants.COPYFILE_FICLONE)
    fill(createForFilling(path), kept, draft, meta)
  } catch (cause) {
    rmSync(path, { force: true })
    throw cause
  }
}

function fill(copy: DatabaseSync, kept: readonly Kept[], draft: DatabaseSync, meta: string): void {
  try {
    copy.exec('BEGIN; DELETE FROM kev; DELETE FROM epss')
    const kev = copy.prepare('INSERT INTO kev VALUES (?, ?)')
    for (const row of draft.prepare('SELECT cve, entry FROM kev ORDER BY cve').iterate())
      kev.run(row.cve as string, row.entry as string)
    const epss = copy.prepare('INSERT INTO epss VALUES (?, ?, ?)')
    for (const row of draft.prepare('SELECT cve, probability, percentile FROM epss ORDER BY cve').iterate())
      epss.run(row.cve as string, row.probability as number, row.percentile as number)
    const state = copy.prepare('UPDATE ecosystem SET state = ? WHERE name = ?')
    for (const one of kept) state.run(JSON.stringify(one.state), one.name)
    copy.prepare("UPDATE meta SET value = ? WHERE key = 'meta'").run(meta)
    copy.exec('COMMIT')
  } finally {
    copy.close()
  }
}
