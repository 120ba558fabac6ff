import type { Component, Relation } from '../../model/component.ts'
import type { PlacedRow } from '../../reading/index.ts'
import { libraryComponent } from '../library-component.ts'
import { licencesOf } from '../licences.ts'
import { packageUrl } from '../package-url.ts'
import { shownText } from '../recorded-text.ts'
import type { AssembleContext, Assembled } from '../types.ts'
import { lowestAllowed, type Manifest } from './installed.ts'
import type { LockedPackage } from './lockfile.ts'

export type NpmFact = LockedPackage | Manifest

type Row<Fact> = PlacedRow<Fact>

/** How sure the lowest version that a range allows is to be the one in use: below one half it counts as a guess. */
const RANGE_CONFIDENCE = 0.3

/** What lockfiles name, what lies installed, and, where a project has no lockfile, the least that its ranges ask for. */
export function assembleNpm(rows: readonly Row<NpmFact>[], context: AssembleContext): Assembled {
  const winning = rows.filter((row) => row.wins)
  const manifests = new Map<string, Row<Manifest>>()
  const locks = new Map<string, Row<LockedPackage>>()
  for (const row of winning) {
    const { folder, name } = placeOf(row.path)
    if (name === 'package.json') manifests.set(folder, row as Row<Manifest>)
    // npm ignores package-lock.json where npm-shrinkwrap.json lies beside it.
    else if (name === 'npm-shrinkwrap.json' || !locks.has(folder)) locks.set(folder, row as Row<LockedPackage>)
  }
  const parts = [
    ...[...locks].map(([folder, row]) => lockedComponents(row, manifests.get(folder)?.facts[0], context)),
    installedComponents(manifests, context),
    ...[...manifests].map(([folder, row]) => rangedComponents(row, folder, locks, context)),
  ]
  return {
    components: parts.flatMap((part) => part.components),
    relations: parts.flatMap((part) => part.relations),
    diagnostics: [],
  }
}

interface Part {
  readonly components: readonly Component[]
  readonly relations: readonly Relation[]
}

const NOTHING: Part = { components: [], relations: [] }

function placeOf(path: string) {
  const slash = path.lastIndexOf('/')
  return { folder: path.slice(0, Math.max(slash, 0)), name: path.slice(slash + 1) }
}

function npmUrl(name: string, version: string, origin?: string): string {
  const slash = name.startsWith('@') ? name.indexOf('/') : -1
  return packageUrl({
    type: 'npm',
    ...(slash > 0 && { namespace: name.slice(0, slash) }),
    name: name.slice(slash + 1),
    version,
    ...(origin?.startsWith('git') && { qualifiers: { vcs_url: origin } }),
  })
}

function lockedComponents(row: Row<LockedPackage>, manifest: Manifest | undefined, context: AssembleContext): Part {
  const asked = manifest && new Set([...manifest.needs, ...manifest.developmentNeeds].map(({ name }) => name))
  const components = row.facts.map((fact) =>
    libraryComponent(
      {
        purl: npmUrl(fact.name, fact.version, fact.origin),
        name: fact.name,
        version: fact.version,
        ecosystem: 'npm',
        presence: 'declared',
        hashes: fact.hashes,
        direct: fact.direct ?? (asked ? fact.top && asked.has(fact.name) : 'unknown'),
        scope: fact.development ? 'development' : 'runtime',
        lines: fact.lines,
      },
      row,
      context,
    ),
  )
  const relations = row.facts.flatMap((fact, index) =>
    fact.dependsOn.flatMap((target): Relation[] => {
      const [from, to] = [components[index]?.id, components[target]?.id]
      return from && to && from !== to ? [{ from, to, kind: 'depends-on' }] : []
    }),
  )
  return { components, relations }
}

function installedComponents(manifests: ReadonlyMap<string, Row<Manifest>>, context: AssembleContext): Part {
  const byFolder = new Map<string, { readonly component: Component; readonly fact: Manifest }>()
  for (const [folder, row] of manifests) {
    const fact = row.facts[0]
    if (fact?.name === undefined || fact.version === undefined) continue
    // A project of somebody's own that is never published: no package that advisories could mean.
    if (fact.private && !`/${folder}/`.includes('/node_modules/')) continue
    const { name, version } = fact
    const licences = [...new Set(fact.licences.flatMap((text) => licencesOf(shownText(text))))]
    const pkg = {
      purl: npmUrl(name, version),
      name,
      version,
      ecosystem: 'npm',
      presence: 'installed',
      licences,
    } as const
    byFolder.set(folder, { component: libraryComponent(pkg, row, context), fact })
  }
  const relations: Relation[] = []
  for (const [folder, { component, fact }] of byFolder) {
    for (const { name } of fact.needs) {
      const to = lookUp(folder, name, byFolder)?.component.id
      if (to !== undefined && to !== component.id) relations.push({ from: component.id, to, kind: 'depends-on' })
    }
  }
  return { components: [...byFolder.values()].map((entry) => entry.component), relations }
}

/** Node's rule: the `node_modules` of the folder itself, then of every folder above it. */
function lookUp<Found>(from: string, name: string, byFolder: ReadonlyMap<string, Found>): Found | undefined {
  let folder = from
  for (let i = 0; i < 64; i++) {
    const found = byFolder.get(folder === '' ? `node_modules/${name}` : `${folder}/node_modules/${name}`)
    if (found !== undefined || folder === '') return found
    folder = placeOf(folder).folder
  }
  return undefined
}

/** For a project without any lockfile that npm, Yarn, pnpm or Bun would keep at its root: what its ranges allow at the least. */
function rangedComponents(
  row: Row<Manifest>,
  folder: string,
  locks: ReadonlyMap<string, unknown>,
  context: AssembleContext,
): Part {
  const fact = row.facts[0]
  const wanted = fact ? [...fact.needs, ...fact.developmentNeeds] : []
  if (fact === undefined || wanted.length === 0 || `/${folder}/`.includes('/node_modules/')) return NOTHING
  if (isLocked(folder, locks, context)) return NOTHING
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

const OTHER_LOCKS = ['yarn.lock', 'pnpm-lock.yaml', 'bun.lock', 'bun.lockb']

function isLocked(from: string, locks: ReadonlyMap<string, unknown>, context: AssembleContext): boolean {
  let folder = from
  for (let i = 0; i < 64; i++) {
    const inFolder = (name: string) => (folder === '' ? name : `${folder}/${name}`)
    if (locks.has(folder) || OTHER_LOCKS.some((name) => context.tree.resolve(inFolder(name)) !== undefined)) return true
    if (folder === '') return false
    folder = placeOf(folder).folder
  }
  return false
}
