import type { Component, Relation } from '../../model/component.ts'
import type { Diagnostic } from '../../model/diagnostic.ts'
import type { OperatingSystem } from '../../model/operating-system.ts'
import type { PlacedRow } from '../../reading/index.ts'
import { claimsOf, type FileList } from '../file-claims.ts'
import { licencesOf } from '../licences.ts'
import { nativeSystem, osComponent, osEcosystem, type PlacedComponent } from '../os-component.ts'
import { distroQualifier, packageUrl } from '../package-url.ts'
import { shownText } from '../recorded-text.ts'
import type { AssembleContext, Assembled } from '../types.ts'
import { rpmDatabaseReader, rpmKey } from './database.ts'
import { listedFiles } from './files.ts'
import { type ManifestPackage, rpmManifestReader } from './manifest.ts'
import { type RpmPackage, sourceOf, wholeVersion } from './package.ts'
import { dependencies, type Installed } from './relations.ts'
import { pagesNotInDatabase, type RpmLog, type RpmPages, rpmLogReader } from './wal.ts'

export type RpmFact = RpmPackage | ManifestPackage | RpmPages | RpmLog

/** Where two databases lie in one folder, the form that rpm took up last is the one it uses; the other was left behind. */
const FORMS = ['rpmdb.sqlite', 'Packages.db', 'Packages']

/** Packages, their dependencies on each other, and whose files are whose, from the databases and manifests that are in the final image. */
export function assembleRpm(rows: readonly PlacedRow<RpmFact>[], context: AssembleContext): Assembled {
  const winning = rows.filter((row) => row.wins)
  const diagnostics: Diagnostic[] = []
  const databases = withoutLeftovers(winning, diagnostics)
  const system = nativeSystem(context.os, 'rpm')
  const byPurl = new Map<string, PlacedComponent>()
  const installed: Installed[] = []
  const lists: FileList[] = []
  for (const row of databases) {
    for (const fact of row.facts) {
      if (fact.kind !== 'package') continue
      const placed = componentOf(fact, row, system, context)
      const known = byPurl.get(placed.component.purl)
      const merged = known === undefined ? placed : withEvidenceOf(known, placed)
      byPurl.set(placed.component.purl, merged)
      if (known !== undefined) continue
      installed.push({ id: placed.component.id, pkg: fact })
      const { files } = fact
      if (files) lists.push({ owner: placed.component.id, since: placed.since, files: () => listedFiles(files) })
    }
  }
  diagnostics.push(...unappliedLogs(winning))
  const components: Component[] = [...byPurl.values()].map((placed) => placed.component)
  const relations: Relation[] = dependencies(installed)
  return { components, relations, diagnostics, claims: claimsOf(lists, context.tree) }
}

function componentOf(
  pkg: RpmPackage | ManifestPackage,
  row: PlacedRow,
  system: OperatingSystem | undefined,
  context: AssembleContext,
): PlacedComponent {
  const source = sourceOf(pkg.sourceRpm, pkg.epoch)
  const supplier = shownText(pkg.vendor ?? pkg.packager ?? '')
  const placed = osComponent(
    {
      purl: packageUrl({
        type: 'rpm',
        namespace: system && namespaceOf(system),
        name: pkg.name,
        version: wholeVersion({ ...pkg, epoch: undefined }),
        qualifiers: {
          arch: pkg.architecture,
          distro: distroQualifier(system),
          epoch: pkg.epoch ? String(pkg.epoch) : undefined,
          modularitylabel: pkg.module,
          upstream: pkg.sourceRpm,
        },
      }),
      name: pkg.name,
      version: wholeVersion(pkg),
      source,
      architecture: pkg.architecture,
      supplier,
      licences: licencesOf(shownText(pkg.licence ?? '')),
      ...('line' in pkg && { lines: [pkg.line, pkg.line] as const }),
    },
    row,
    row.reader === rpmManifestReader.id ? (rpmManifestReader.keys?.(pkg as ManifestPackage)[0] ?? '') : rpmKey(pkg),
    osEcosystem(system, 'rpm'),
    context,
  )
  if (pkg.module === undefined) return placed
  return { ...placed, component: { ...placed.component, module: shownText(pkg.module) } }
}

/** The vendor as package URLs name it (purl-spec, types/rpm): `redhat`, `opensuse`, `suse`; else the id of the system. */
function namespaceOf(system: OperatingSystem): string {
  if (system.id === 'rhel') return 'redhat'
  if (system.id.startsWith('opensuse')) return 'opensuse'
  if (/^(sles|sled|sle|suse)/.test(system.id)) return 'suse'
  return system.id
}

function withEvidenceOf(first: PlacedComponent, other: PlacedComponent): PlacedComponent {
  const paths = new Set(first.component.evidence.map((evidence) => evidence.path))
  const added = other.component.evidence.filter((evidence) => !paths.has(evidence.path))
  if (added.length === 0) return first
  const component = { ...first.component, evidence: [...first.component.evidence, ...added] }
  return { component, since: Math.min(first.since, other.since) }
}

/** The rows without those of a database beside which a newer form of the same lies; each is told. */
function withoutLeftovers(rows: readonly PlacedRow<RpmFact>[], diagnostics: Diagnostic[]): PlacedRow<RpmFact>[] {
  const inUse = new Map<string, { readonly rank: number; readonly name: string }>()
  for (const row of rows) {
    if (row.reader !== rpmDatabaseReader.id || !row.facts.some((fact) => fact.kind === 'package')) continue
    const { folder, name, rank } = placeOf(row.path)
    if (rank < (inUse.get(folder)?.rank ?? FORMS.length)) inUse.set(folder, { rank, name })
  }
  return rows.filter((row) => {
    const { folder, rank } = placeOf(row.path)
    const used = row.reader === rpmDatabaseReader.id ? inUse.get(folder) : undefined
    if (used === undefined || rank <= used.rank) return true
    const message = `an older form of the package database of rpm, left behind: ${used.name} beside it is the one in use`
    diagnostics.push({ code: 'rpm-database-left-behind', message, path: row.path, effect: 'notice' })
    return false
  })
}

function placeOf(path: string) {
  const slash = path.lastIndexOf('/')
  const name = path.slice(slash + 1)
  return { folder: path.slice(0, slash), name, rank: FORMS.indexOf(name) }
}

function unappliedLogs(rows: readonly PlacedRow<RpmFact>[]): Diagnostic[] {
  return rows.flatMap((row): Diagnostic[] => {
    if (row.reader !== rpmLogReader.id || row.facts.length === 0) return []
    const path = row.path.replace(/-wal$/, '')
    const database = rows.find((other) => other.path === path && other.reader === rpmDatabaseReader.id)
    const missing = pagesNotInDatabase(row as PlacedRow<RpmLog>, database)
    if (missing === 0) return []
    const message = `the write-ahead log of the package database holds ${missing} pages that are not in the database, and was not applied: packages may be missing or outdated`
    return [{ code: 'rpm-database-log-not-applied', message, path: row.path, effect: 'blind' }]
  })
}
