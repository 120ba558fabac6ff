import type { Component, Relation } from '../../model/component.ts'
import { foldersAbove, inFolder, placeOf } from '../folders.ts'
import { libraryComponent } from '../library-component.ts'
import { RANGE_CONFIDENCE } from '../range-confidence.ts'
import type { AssembleContext, Assembled } from '../types.ts'
import type { Imported } from './deno.ts'
import { lowestAllowed, type Manifest } from './installed.ts'
import { installedComponents, type PlacedManifest } from './installed-components.ts'
import { lockedComponents } from './locked-components.ts'
import type { LockedPackage } from './locked-package.ts'
import { isInstalled, NOTHING, npmUrl, type Part, type Row, registryPackage } from './npm-package.ts'
import type { PluggedPackage } from './pnp.ts'

export type NpmFact = LockedPackage | Manifest | Imported | PluggedPackage

/** What lockfiles name, what lies installed, and, where a project has no lockfile, the least that its ranges ask for. */
export function assembleNpm(rows: readonly Row<NpmFact>[], context: AssembleContext): Assembled {
  const winning = rows.filter((row) => row.wins)
  const manifests = manifestsOf(winning)
  const locks = locksOf(winning)
  const own = manifests.filter(({ folder }) => !isInstalled(folder))
  const projects = projectsOf(own, locks)
  const installed = installedComponents(manifests, context)
  const parts = [
    ...[...locks].flatMap(([folder, inside]) =>
      inside.map((row) => lockedComponents(row, projects.get(folder) ?? [], context)),
    ),
    installed,
    ...winning.map((row) => pluggedComponents(row, installed.byFolder, context)),
    ...winning.map((row) => importedComponents(row, locks, context)),
    ...own.map((placed) => rangedComponents(placed, locks, context)),
  ]
  return {
    components: parts.flatMap((part) => part.components),
    relations: parts.flatMap((part) => part.relations),
    diagnostics: [],
  }
}

function manifestsOf(rows: readonly Row<NpmFact>[]): PlacedManifest[] {
  return rows.flatMap((row) =>
    row.facts.flatMap((fact): PlacedManifest[] => {
      if (fact.kind !== 'manifest') return []
      const path = fact.inside === undefined ? row.path : `${row.path}!/${fact.inside}`
      return [{ folder: placeOf(path).folder, fact, row }]
    }),
  )
}

/** The lockfiles of each folder: several tools may have left one, npm only one of its two. */
function locksOf(rows: readonly Row<NpmFact>[]): Map<string, Row<LockedPackage>[]> {
  const locks = new Map<string, Row<LockedPackage>[]>()
  const isShrinkwrapped = new Set(
    rows.flatMap(({ path }) => (placeOf(path).name === 'npm-shrinkwrap.json' ? [placeOf(path).folder] : [])),
  )
  for (const row of rows) {
    const { folder, name } = placeOf(row.path)
    // Of nothing but locked packages; a lockfile without any locks its project all the same.
    if (!LOCK_NAMES.has(name)) continue
    // One that a package brought along says what its author worked with: nobody installs by it.
    if (isInstalled(folder)) continue
    // npm ignores package-lock.json where npm-shrinkwrap.json lies beside it.
    if (name === 'package-lock.json' && isShrinkwrapped.has(folder)) continue
    const inside = locks.get(folder) ?? []
    locks.set(folder, inside)
    inside.push(row as Row<LockedPackage>)
  }
  return locks
}

const LOCK_NAMES = new Set([
  'package-lock.json',
  'npm-shrinkwrap.json',
  'yarn.lock',
  'pnpm-lock.yaml',
  'bun.lock',
  'deno.lock',
])

/** The manifests of each locked project, those of its workspaces among them: of every folder whose nearest lockfile is that one. */
function projectsOf(
  manifests: readonly PlacedManifest[],
  locks: ReadonlyMap<string, unknown>,
): Map<string, readonly Manifest[]> {
  const projects = new Map<string, Manifest[]>()
  for (const { folder, fact } of manifests) {
    if (fact.inside !== undefined) continue
    for (const above of foldersAbove(folder)) {
      if (!locks.has(above)) continue
      const project = projects.get(above) ?? []
      projects.set(above, project)
      project.push(fact)
      break
    }
  }
  return projects
}

/** For a project without any lockfile that npm, Yarn, pnpm or Bun would keep at its root: what its ranges allow at the least. */
function rangedComponents(
  { folder, fact, row }: PlacedManifest,
  locks: ReadonlyMap<string, unknown>,
  context: AssembleContext,
): Part {
  const wanted = [...fact.needs, ...fact.developmentNeeds]
  if (wanted.length === 0 || fact.inside !== undefined || isLocked(folder, locks, context)) return NOTHING
  const development = new Set(fact.developmentNeeds)
  const components = wanted.flatMap((requirement) => {
    const lowest = lowestAllowed(requirement)
    if (lowest === undefined) return []
    const { name, version } = lowest
    const scope = development.has(requirement) ? 'development' : 'runtime'
    const pkg = {
      purl: npmUrl(name, version),
      name,
      version,
      ecosystem: 'npm',
      presence: 'declared',
      direct: true,
      scope,
    } as const
    return [libraryComponent({ ...pkg, confidence: RANGE_CONFIDENCE }, row, context)]
  })
  return { components, relations: [] }
}

/**
 * What Yarn's Plug'n'Play finds. A package whose archive in the cache, or whose unpacked folder, was read itself is that one, and only
 * what it depends on is new; of any other this file is the evidence.
 */
function pluggedComponents(
  row: Row<NpmFact>,
  byFolder: ReadonlyMap<string, Component>,
  context: AssembleContext,
): Part {
  const { folder } = placeOf(row.path)
  const plugged = row.facts.filter((fact) => fact.kind === 'plugged')
  const components: Component[] = []
  const all = plugged.map(({ name, version, location }) => {
    const path = inFolder(folder, location)
    const read = byFolder.get(path) ?? byFolder.get(path.replace('.zip/', '.zip!/'))
    if (read !== undefined) return read
    const pkg = { purl: npmUrl(name, version), name, version, ecosystem: 'npm', presence: 'installed' } as const
    const component = libraryComponent(pkg, row, context)
    components.push(component)
    return component
  })
  const relations = plugged.flatMap(({ dependsOn }, index) =>
    dependsOn.map((to): Relation => ({ from: all[index].id, to: all[to].id, kind: 'depends-on' })),
  )
  return { components, relations }
}

/** What a program of Deno asks for by name, where no lockfile says what that came to. */
function importedComponents(row: Row<NpmFact>, locks: ReadonlyMap<string, unknown>, context: AssembleContext): Part {
  const { folder } = placeOf(row.path)
  const imports = row.facts.filter((fact) => fact.kind === 'imported')
  if (imports.length === 0 || isInstalled(folder) || isLocked(folder, locks, context)) return NOTHING
  const components = imports.map(({ name, version, registry, exact, lines }) => {
    const known = registryPackage(registry, name, version)
    const confidence = exact ? 1 : RANGE_CONFIDENCE
    const pkg = { ...known, name, version, presence: 'declared', direct: true, scope: 'runtime', confidence } as const
    return libraryComponent({ ...pkg, ...(lines && { lines }) }, row, context)
  })
  return { components, relations: [] }
}

const OTHER_LOCKS = ['yarn.lock', 'pnpm-lock.yaml', 'bun.lock', 'bun.lockb']

function isLocked(from: string, locks: ReadonlyMap<string, unknown>, context: AssembleContext): boolean {
  for (const folder of foldersAbove(from)) {
    if (locks.has(folder)) return true
    if (OTHER_LOCKS.some((name) => context.tree.resolve(inFolder(folder, name)) !== undefined)) return true
  }
  return false
}
