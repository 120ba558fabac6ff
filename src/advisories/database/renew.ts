import { constants, copyFileSync, renameSync, rmSync } from 'node:fs'
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
 * Puts a copy of a database in the place of a draft that took all of it over: only the facts about exploitation, which are taken from the
 * draft, the states of ecosystems and the database's notes are new. What takes minutes to build takes a second to renew.
 */
export function renew(draft: string, previous: StoredDatabase, kept: readonly Kept[], meta: string): void {
  const path = `${draft}-renewed`
  try {
    copyFileSync(previous.path, path, constants.COPYFILE_FICLONE)
    fill(createForFilling(path), draft, kept, meta)
    renameSync(path, draft)
  } catch (cause) {
    rmSync(path, { force: true })
    throw cause
  }
}

function fill(copy: DatabaseSync, draft: string, kept: readonly Kept[], meta: string): void {
  try {
    copy.prepare('ATTACH ? AS draft').run(draft)
    copy.exec(`
      BEGIN;
      DELETE FROM main.kev; INSERT INTO main.kev SELECT * FROM draft.kev ORDER BY cve;
      DELETE FROM main.epss; INSERT INTO main.epss SELECT * FROM draft.epss ORDER BY cve;
    `)
    copy.exec('DELETE FROM main.fact; INSERT INTO main.fact SELECT * FROM draft.fact ORDER BY cve, source')
    const state = copy.prepare('UPDATE main.ecosystem SET state = ? WHERE name = ?')
    for (const one of kept) state.run(JSON.stringify(one.state), one.name)
    copy.prepare("UPDATE main.meta SET value = ? WHERE key = 'meta'").run(meta)
    copy.exec('COMMIT')
  } finally {
    copy.close()
  }
}
