import type { Diagnostic } from '../../model/diagnostic.ts'
import type { PlacedRow } from '../../reading/index.ts'
import { type Dependent, dependsOn } from '../depends-on.ts'
import { claimsOf, type FileList, type ListedFile } from '../file-claims.ts'
import { licencesOf } from '../licences.ts'
import {
  nativeSystem,
  type OsPackage,
  osComponent,
  osEcosystem,
  type PlacedComponent,
  uniqueComponents,
} from '../os-component.ts'
import { distroQualifier, packageUrl } from '../package-url.ts'
import type { AssembleContext, Assembled } from '../types.ts'
import { chiselReader, type SlicesFact, slicedFiles } from './chisel.ts'
import type { CopyrightFact } from './copyright.ts'
import { dependentOf } from './dependencies.ts'
import { configurationFiles, type FilesFact, filesOf } from './files.ts'
import { type StatusFact, statusKey } from './status.ts'

export type DpkgFact = StatusFact | FilesFact | CopyrightFact | SlicesFact

/** A record with the row it was read in. */
interface Placed {
  readonly row: PlacedRow<DpkgFact>
  readonly fact: StatusFact
}

/** Components of all records of winning databases, with their relations, and whose files are whose. */
export function assemble(rows: readonly PlacedRow<DpkgFact>[], context: AssembleContext): Assembled {
  const files = new Map<string, FilesFact>()
  const copyrights = new Map<string, readonly string[]>()
  const slices = new Map<string, () => Map<string, ListedFile[]>>()
  const records: Placed[] = []
  for (const row of rows) {
    if (!row.wins) continue
    for (const fact of row.facts) {
      if (fact.kind === 'files') files.set(row.path, fact)
      else if (fact.kind === 'copyright') copyrights.set(row.path, fact.licences)
      else if (fact.kind === 'slices')
        slices.set(
          row.path,
          once(() => slicedFiles(fact.bytes)),
        )
      else records.push({ row, fact })
    }
  }
  const dpkgs = systemOf('dpkg', context)
  const opkgs = systemOf('opkg', context)
  const placed = withoutDoubles(statusFirst(records)).map(({ row, fact }) => {
    const system = row.path.includes('/opkg/') ? opkgs : dpkgs
    const { component, since } = componentOf({ row, fact }, system, copyrights, context)
    return { row, fact, component, since }
  })
  const unique = uniqueComponents(placed)
  const byPurl = new Map(unique.map((entry) => [entry.component.purl, entry]))
  const dependents = new Map<string, Dependent>()
  const lists: FileList[] = []
  for (const { row, fact, component } of placed) {
    const owner = byPurl.get(component.purl)
    if (owner === undefined) continue
    lists.push(...fileListsOf(row.path, fact, files, owner))
    const sliced = slices.get(row.path)
    if (sliced !== undefined)
      lists.push({ owner: owner.component.id, since: owner.since, files: () => sliced().get(fact.name) ?? [] })
    if (!dependents.has(component.purl)) dependents.set(component.purl, dependentOf(owner.component.id, fact))
  }
  return {
    components: unique.map((entry) => entry.component),
    relations: dependsOn([...dependents.values()]),
    diagnostics: withoutSource(placed, byPurl),
    claims: claimsOf(lists, context.tree),
  }
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => (made ??= { value: make() }).value
}

/** dpkg's own records before a Chisel manifest's: they say more, and the first of two records of one package counts. */
function statusFirst(records: readonly Placed[]): Placed[] {
  const fromManifest = (record: Placed): boolean => record.row.reader === chiselReader.id
  return [...records.filter((record) => !fromManifest(record)), ...records.filter(fromManifest)]
}

/** Chisel names no source package, which advisories of Debian and Ubuntu go by: said once, unless dpkg's own record says it. */
function withoutSource(
  placed: readonly (Placed & PlacedComponent)[],
  byPurl: ReadonlyMap<string, PlacedComponent>,
): Diagnostic[] {
  const missing = placed.filter(
    ({ row, component }) =>
      row.reader === chiselReader.id && byPurl.get(component.purl)?.component.evidence[0]?.path === row.path,
  )
  const path = missing[0]?.row.path
  if (path === undefined) return []
  const message = `the manifest names no source packages: ${missing.length} packages are looked up by their own names only`
  return [{ code: 'chisel-without-sources', message, path, effect: 'partial' }]
}

/** opkg's `info/NAME.control` repeats what `status` beside it says: where that one has the package, its record is the one that counts. */
function withoutDoubles(records: readonly Placed[]): Placed[] {
  const control = /^(.*\/opkg)\/info\/[^/]+\.control$/
  const statuses = new Map<string, StatusFact>()
  const folders = new Set<string>()
  for (const { row, fact } of records) {
    if (!row.path.endsWith('/opkg/status')) continue
    const folder = row.path.slice(0, -'/status'.length)
    folders.add(folder)
    statuses.set(`${folder} ${fact.name}`, fact)
  }
  const details = new Map<StatusFact, StatusFact>()
  const kept = records.filter(({ row, fact }) => {
    const folder = control.exec(row.path)?.[1]
    if (folder === undefined || !folders.has(folder)) return true
    const status = statuses.get(`${folder} ${fact.name}`)
    if (status?.version === fact.version) details.set(status, fact)
    return false
  })
  return kept.map(({ row, fact }) => {
    const detail = details.get(fact)
    return { row, fact: detail === undefined ? fact : { ...detail, ...fact } }
  })
}

/** What is the same for all packages of one manager. */
interface System {
  readonly type: 'deb' | 'opkg'
  readonly namespace: string | undefined
  readonly distro: string | undefined
  readonly ecosystem: string
}

function systemOf(family: 'dpkg' | 'opkg', context: AssembleContext): System {
  const os = nativeSystem(context.os, family)
  return {
    type: family === 'opkg' ? 'opkg' : 'deb',
    namespace: os?.id,
    distro: distroQualifier(os),
    ecosystem: osEcosystem(os, family),
  }
}

function componentOf(
  { row, fact }: Placed,
  { type, namespace, distro, ecosystem }: System,
  copyrights: ReadonlyMap<string, readonly string[]>,
  context: AssembleContext,
): PlacedComponent {
  const { name, version, architecture } = fact
  const pkg: OsPackage = {
    name,
    version,
    purl: packageUrl({ type, namespace, name, version, qualifiers: { arch: architecture, distro } }),
    source: fact.source ?? { name, version },
    ...(architecture && { architecture }),
    ...(fact.maintainer && { supplier: fact.maintainer }),
    licences: fact.licence === undefined ? copyrightOf(name, copyrights, context) : licencesOf(fact.licence),
    lines: fact.lines,
  }
  return osComponent(pkg, row, statusKey(fact), ecosystem, context)
}

/** A package's documentation folder may be a link to that of the package it is built with. */
function copyrightOf(
  name: string,
  copyrights: ReadonlyMap<string, readonly string[]>,
  context: AssembleContext,
): readonly string[] {
  if (copyrights.size === 0) return []
  const path = `usr/share/doc/${name}/copyright`
  const stated = copyrights.get(path)
  if (stated !== undefined) return stated
  const real = context.tree.resolve(path)
  return (real !== undefined && copyrights.get(real)) || []
}

/** The lists of one package: `info/NAME[:ARCH].list` and `.md5sums` beside `status`, or `FILE.md5sums` beside a record in `status.d`. */
function fileListsOf(
  path: string,
  fact: StatusFact,
  files: ReadonlyMap<string, FilesFact>,
  { component, since }: PlacedComponent,
): FileList[] {
  const folder = path.slice(0, path.lastIndexOf('/'))
  const stems = /\/(?:status\.d|info)$/.test(folder)
    ? [path.replace(/\.control$/, ''), `${folder}/${fact.name}`]
    : [`${folder}/info/${fact.name}:${fact.architecture ?? ''}`, `${folder}/info/${fact.name}`]
  const lists: FileList[] = []
  const owner = component.id
  const { conffiles } = fact
  for (const suffix of ['.list', '.md5sums']) {
    const list = stems.map((stem) => files.get(`${stem}${suffix}`)).find((found) => found !== undefined)
    if (list !== undefined) lists.push({ owner, since, files: (asked) => filesOf(list, asked) })
  }
  if (conffiles !== undefined) lists.push({ owner, since, files: () => configurationFiles(conffiles) })
  return lists
}
