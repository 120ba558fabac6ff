import type { Diagnostic } from '../../model/diagnostic.ts'
import type { RandomFile, RandomReader, ReadResult } from '../../reading/index.ts'
import { isSqlite } from '../sqlite-table.ts'
import { berkeleyRecords, isBerkeleyHash } from './berkeley-db.ts'
import { RPM_FOLDERS } from './folders.ts'
import { parseHeader } from './header.ts'
import { isNdb, ndbRecords } from './ndb.ts'
import { packageOf, type RpmPackage, wholeVersion } from './package.ts'
import type { Records } from './records.ts'
import { sqliteRecords } from './sqlite.ts'
import { pageSums, type RpmPages } from './wal.ts'

/** Databases are read in place; the largest seen in images are near 200 MB. */
const MAX_DATABASE_BYTES = 2 * 1024 ** 3
/** More packages than any distribution has. */
const MAX_PACKAGES = 200_000
/** Kinds of damage that are told one by one; of the rest only the number. */
const MAX_PROBLEMS = 5

/** Reads a package database of rpm in any of its three forms; the form is told from the content, not from the name. */
export const rpmDatabaseReader: RandomReader<RpmPackage | RpmPages> = {
  id: 'rpm-database',
  version: 1,
  wants: {
    any: RPM_FOLDERS.flatMap((folder) =>
      ['Packages', 'Packages.db', 'rpmdb.sqlite'].map((name) => ({ path: `${folder}/${name}` })),
    ),
    maxBytes: MAX_DATABASE_BYTES,
    loss: 'blind',
  },
  keys: (fact) => (fact.kind === 'package' ? [rpmKey(fact)] : []),
  readRandom: readRpmDatabase,
}

/** How a package is followed from layer to layer. */
export function rpmKey(pkg: RpmPackage): string {
  return `${pkg.name} ${wholeVersion(pkg)} ${pkg.architecture ?? ''}`
}

/** The packages of one database file. Whatever is damaged is a `blind` diagnostic that names the file; the rest is read all the same. */
export function readRpmDatabase(file: RandomFile): ReadResult<RpmPackage | RpmPages> {
  if (file.sizeBytes === 0)
    return {
      facts: [],
      diagnostics: [blind(file.path, 'rpm-database-empty-file', 'the package database of rpm is a file of 0 bytes')],
    }
  const records = recordsOf(file)
  if (records === undefined) {
    const message = 'the package database of rpm is neither Berkeley DB, ndb nor SQLite'
    return { facts: [], diagnostics: [blind(file.path, 'rpm-database-unrecognised', message)] }
  }
  const facts: (RpmPackage | RpmPages)[] = []
  const problems = new Map<string, number>()
  const note = (problem: string) => {
    if (problems.size < MAX_PROBLEMS || problems.has(problem)) problems.set(problem, (problems.get(problem) ?? 0) + 1)
    else problems.set('other damage', (problems.get('other damage') ?? 0) + 1)
  }
  for (const record of records) {
    const fact = 'problem' in record ? record.problem : factOf(record.bytes)
    if (typeof fact === 'string') note(fact)
    else if (fact !== undefined) facts.push(fact)
    if (facts.length >= MAX_PACKAGES) {
      note(`it holds more than ${MAX_PACKAGES} packages`)
      break
    }
  }
  const pages = pageSums(file)
  if (pages !== undefined) facts.push(pages)
  const diagnostics = [...problems].map(([problem, count]) =>
    blind(
      file.path,
      'rpm-database-corrupt',
      `the package database of rpm is damaged, packages may be missing: ${problem}${count > 1 ? ` (${count} times)` : ''}`,
    ),
  )
  return { facts, diagnostics }
}

function recordsOf(file: RandomFile): Records | undefined {
  const head = new Uint8Array(file.at(0, 512))
  if (isSqlite(head)) return sqliteRecords(file)
  if (isNdb(head)) return ndbRecords(file)
  if (isBerkeleyHash(head)) return berkeleyRecords(file)
  return undefined
}

function factOf(bytes: Uint8Array): RpmPackage | string | undefined {
  const parsed = parseHeader(bytes)
  return parsed.ok ? packageOf(parsed.header) : parsed.problem
}

/** The diagnostic of a package database that was not, or not wholly, read. */
export function blind(path: string, code: string, message: string): Diagnostic {
  return { code, message, path, effect: 'blind' }
}
