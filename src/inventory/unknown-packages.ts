import type { Diagnostic } from '../model/diagnostic.ts'
import type { OperatingSystem } from '../model/operating-system.ts'
import type { MergedTree, PlacedRow } from '../reading/index.ts'
import { nativeSystem, type PackageFamily } from './os-component.ts'
import type { AnyCataloger, Assembled } from './types.ts'

interface Part {
  readonly cataloger: AnyCataloger
  readonly rows: readonly PlacedRow[]
  readonly assembled: Assembled
}

/** What package managers that are not read leave in a file system, by one path each. */
const UNREAD: readonly { readonly path: string; readonly manager: string }[] = [
  { path: 'var/guix/db/db.sqlite', manager: 'Guix' },
  { path: 'var/db/xbps', manager: 'XBPS (Void Linux)' },
  { path: 'var/lib/pkgtools/packages', manager: 'pkgtools (Slackware)' },
  { path: 'var/log/packages', manager: 'pkgtools (Slackware)' },
  { path: 'var/db/pkg/local.sqlite', manager: 'pkg (FreeBSD)' },
  { path: 'var/lib/eopkg/package', manager: 'eopkg (Solus)' },
  { path: 'var/lib/pisi/package', manager: 'PiSi' },
  { path: 'usr/share/clear/bundles', manager: 'swupd (Clear Linux)' },
  { path: 'var/lib/kiss/db/installed', manager: 'KISS' },
  { path: 'var/db/kiss/installed', manager: 'KISS' },
  { path: 'var/lib/snapd/state.json', manager: 'snap' },
]

/** Families whose systems always have a database of packages, unless somebody removed it. */
const FAMILIES: readonly PackageFamily[] = ['dpkg', 'apk', 'rpm', 'pacman']

/** A notice for each package manager that has left its traces and is not read. */
export function unreadManagers(tree: MergedTree): Diagnostic[] {
  return UNREAD.flatMap(({ path, manager }): Diagnostic[] => {
    if (tree.resolve(path) === undefined) return []
    const message = `packages of ${manager} are not read`
    return [{ code: 'package-manager-not-read', message, path, effect: 'notice' }]
  })
}

/** A notice for each package database that was read and names no package. */
export function emptyDatabases(parts: readonly Part[], told: readonly Diagnostic[]): Diagnostic[] {
  return parts.flatMap((part): Diagnostic[] => {
    if (part.assembled.components.length > 0) return []
    const databases = databasesOf(part)
    const first = databases[0]
    if (first === undefined) return []
    const paths = new Set(databases.map((row) => row.path))
    const isTold = [...told, ...part.assembled.diagnostics].some(
      (one) => one.effect !== 'notice' && paths.has(one.path ?? ''),
    )
    if (isTold) return []
    const message = `the package database of ${part.cataloger.id} names no package`
    return [{ code: 'package-database-empty', message, path: first.path, effect: 'notice' }]
  })
}

/**
 * Blind, when a distribution was recognised from the image's own files that always has a database of its packages, and none is there:
 * somebody removed it, and what is installed cannot be known.
 */
export function missingDatabase(
  parts: readonly Part[],
  os: OperatingSystem | undefined,
  told: readonly Diagnostic[],
): Diagnostic[] {
  if (os === undefined) return []
  const families = FAMILIES.filter((family) => nativeSystem(os, family) !== undefined)
  // A system that no family knows fits them all: it may have no packages.
  if (families.length !== 1) return []
  if (parts.some((part) => part.cataloger.kind === 'os' && databasesOf(part).length > 0)) return []
  if (told.some((one) => one.effect === 'blind')) return []
  const message = `${os.name} was recognised, but it has no package database (${families[0]}): what is installed is not known`
  return [{ code: 'package-database-missing', message, effect: 'blind' }]
}

/** The winning rows of files whose loss would blind: databases, not what stands beside them. */
function databasesOf(part: Part): PlacedRow[] {
  if (part.cataloger.kind !== 'os') return []
  const ids = new Set(
    part.cataloger.readers.filter((reader) => reader.wants.loss === 'blind').map((reader) => reader.id),
  )
  return part.rows.filter((row) => row.wins && ids.has(row.reader))
}
