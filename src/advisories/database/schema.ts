import type { FeedStatus } from '../types.ts'

/** Marks the file as ours (`PRAGMA application_id`): "BULW". */
export const APPLICATION_ID = 0x42554c57
/** Form of the file: another number is built anew. */
export const FORMAT = 3
/** Name of the database in its folder. */
export const DATABASE_NAME = 'advisories.db'

/** Raw bytes of record bodies in one compressed block: four times as much compresses a tenth better and opens twice as slowly. */
export const BLOCK_BYTES = 8 * 1024
/** No block holds more than one record beyond {@link BLOCK_BYTES}, whatever a file says. */
export const MAX_BLOCK_BYTES = 48 * 1024 * 1024
export const MAX_ENTRIES_BYTES = 256 * 1024 * 1024

/** The whole schema. A file with any other table, view, index or trigger is refused. */
export const SCHEMA: readonly string[] = [
  'CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID',
  'CREATE TABLE ecosystem (id INTEGER PRIMARY KEY, name TEXT NOT NULL, state TEXT NOT NULL)',
  'CREATE TABLE origin (id INTEGER PRIMARY KEY, source TEXT NOT NULL, fetched_at TEXT NOT NULL)',
  'CREATE TABLE block (ecosystem INTEGER, number INTEGER, data BLOB NOT NULL)',
  'CREATE TABLE record (id TEXT, ecosystem INTEGER, rank INTEGER, modified TEXT, listed TEXT, origin INTEGER, block INTEGER, start INTEGER, length INTEGER, withdrawn INTEGER, same TEXT, covers TEXT, PRIMARY KEY (id, ecosystem, rank)) WITHOUT ROWID',
  'CREATE TABLE skipped (ecosystem INTEGER, name TEXT, listed TEXT, reason TEXT)',
  'CREATE TABLE package (ecosystem INTEGER, key TEXT, entries BLOB NOT NULL)',
  'CREATE TABLE alias (name TEXT PRIMARY KEY, members INTEGER NOT NULL) WITHOUT ROWID',
  'CREATE TABLE alias_set (id INTEGER PRIMARY KEY, names TEXT NOT NULL)',
  'CREATE TABLE bundle (name TEXT, record TEXT, PRIMARY KEY (name, record)) WITHOUT ROWID',
  'CREATE TABLE kev (cve TEXT PRIMARY KEY, entry TEXT NOT NULL) WITHOUT ROWID',
  'CREATE TABLE epss (cve TEXT PRIMARY KEY, probability REAL NOT NULL, percentile REAL NOT NULL) WITHOUT ROWID',
  'CREATE TABLE fact (cve TEXT, source TEXT, fact TEXT NOT NULL, PRIMARY KEY (cve, source)) WITHOUT ROWID',
]

/** Made once the tables are filled: quicker than to keep them while filling. */
export const INDEXES: readonly string[] = [
  'CREATE UNIQUE INDEX block_number ON block (ecosystem, number)',
  'CREATE UNIQUE INDEX package_key ON package (ecosystem, key)',
]

/** What the database knows of one ecosystem, beside its status. */
export interface EcosystemState {
  readonly releases: readonly string[]
  readonly records: number
  readonly withdrawn: number
  readonly skipped: number
  readonly newestRecordAt: string
  readonly fetchedAt: string
  /** URL, folder or file that it was taken from. */
  readonly source: string
  /** Feeds whose records are filed here, with the time of their last change. */
  readonly feeds?: Readonly<Record<string, string>>
}

/** What the database knows of itself. */
export interface DatabaseMeta {
  readonly id: string
  readonly builtAt: string
  readonly from: string
  readonly checkedAt: string
  readonly warnings: readonly string[]
  readonly listed: readonly string[]
  readonly feeds?: readonly FeedStatus[]
  readonly kev?: { readonly entries: number; readonly released: string; readonly fetchedAt: string }
  readonly epss?: { readonly entries: number; readonly on: string; readonly fetchedAt: string }
}
