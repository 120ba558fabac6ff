import { DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'

/**
 * Opens a database file that is never written again: read-only and immutable, so without locks, journals or a wait
 * (https://www.sqlite.org/uri.html#uriimmutable), and hardened against a file that someone made to do harm
 * (https://www.sqlite.org/security.html). Throws SQLite's error when the file is missing or no database.
 */
export function openImmutable(path: string): DatabaseSync {
  const address = pathToFileURL(path)
  address.searchParams.set('mode', 'ro')
  address.searchParams.set('immutable', '1')
  const database = new DatabaseSync(address, {
    readOnly: true,
    allowExtension: false,
    enableDoubleQuotedStringLiterals: false,
    defensive: true,
  })
  database.exec('PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA query_only = ON')
  return database
}

/**
 * Opens a new database file to be filled by this process alone and then renamed into place: no journal and no syncing while
 * it is filled (`cacheBytes` of memory for its pages), since a half-filled one is thrown away. The caller syncs the file before the rename.
 */
export function createForFilling(path: string, cacheBytes: number = 32 * 1024 ** 2): DatabaseSync {
  const database = new DatabaseSync(path, { defensive: true, enableDoubleQuotedStringLiterals: false })
  database.exec(`
    PRAGMA page_size = 8192;
    PRAGMA journal_mode = OFF;
    PRAGMA synchronous = OFF;
    PRAGMA locking_mode = EXCLUSIVE;
    PRAGMA temp_store = FILE;
    PRAGMA cache_size = -${Math.ceil(cacheBytes / 1024)};
  `)
  return database
}
