import type { Component, Relation } from '../../model/component.ts'
import { foldersAbove, inFolder, placeOf } from '../folders.ts'
import { libraryComponent } from '../library-component.ts'
import { licencesOf } from '../licences.ts'
import { shownText } from '../recorded-text.ts'
import type { AssembleContext } from '../types.ts'
import type { Manifest, Requirement } from './installed.ts'
import { reachable } from './locked-package.ts'
import { isInstalled, npmUrl, type Part, type Row } from './npm-package.ts'

/** A `package.json` where it was found: in a folder, or inside an archive (`a.vsix!/extension/node_modules/b`). */
export interface PlacedManifest {
  readonly folder: string
  readonly fact: Manifest
  readonly row: Row<unknown>
}

/** Installed packages, their folders, and what they depend on. */
export interface Installed extends Part {
  readonly byFolder: ReadonlyMap<string, Component>
}

/** Links that are followed for one image: a pnpm store has one for each dependency of each package. */
const MAX_LINKS = 1_000_000

/** What lies installed, who needs whom by Node's rule, and what projects ask for when they run and to be worked on. */
export function installedComponents(manifests: readonly PlacedManifest[], context: AssembleContext): Installed {
  const found = manifests.flatMap((placed) => {
    const component = componentOf(placed, context)
    return component === undefined ? [] : [{ ...placed, component }]
  })
  const positions = new Map(found.map(({ folder }, index) => [folder, index]))
  const lookUp = lookUpIn(positions, context)
  const targets = (folder: string, requirements: readonly Requirement[]) =>
    requirements.map(({ name }) => lookUp(folder, name)).filter((position) => position !== undefined)
  const edges = found.map(({ folder, fact }, index) =>
    [...new Set(targets(folder, fact.needs))].filter((position) => position !== index),
  )
  const projects = manifests.filter(({ folder }) => !isInstalled(folder))
  const runtime = projects.flatMap(({ folder, fact }) => targets(folder, fact.needs))
  const development = projects.flatMap(({ folder, fact }) => targets(folder, fact.developmentNeeds))
  const isReached = {
    direct: new Set([...runtime, ...development]),
    runtime: reachable(runtime, (position) => edges[position]),
    development: reachable(development, (position) => edges[position]),
  }
  const components = found.map(({ component }, index): Component => {
    const isDevelopment = isReached.development.has(index)
    if (isReached.runtime.has(index)) return { ...component, direct: isReached.direct.has(index), scope: 'runtime' }
    return isDevelopment ? { ...component, direct: isReached.direct.has(index), scope: 'development' } : component
  })
  const relations = edges.flatMap((needed, index) =>
    needed.map((to): Relation => ({ from: components[index].id, to: components[to].id, kind: 'depends-on' })),
  )
  return { components, relations, byFolder: new Map(found.map(({ folder }, index) => [folder, components[index]])) }
}

function componentOf({ folder, fact, row }: PlacedManifest, context: AssembleContext): Component | undefined {
  const { name, version } = fact
  if (name === undefined || version === undefined) return undefined
  // A project of somebody's own that is never published, or a program in its archive: no package that advisories could mean.
  if ((fact.private || fact.inside !== undefined) && !isInstalled(folder)) return undefined
  const licences = [...new Set(fact.licences.flatMap((text) => licencesOf(shownText(text))))]
  const inside = fact.inside === undefined ? {} : { inside: fact.inside }
  const pkg = { purl: npmUrl(name, version), name, version, ecosystem: 'npm', presence: 'installed', licences } as const
  return libraryComponent({ ...pkg, ...inside }, row, context)
}

/**
 * Node's rule (https://nodejs.org/api/modules.html#loading-from-node_modules-folders): the `node_modules` of the folder itself, then of
 * every folder above it. A link counts for the folder that it leads to, as in the stores of pnpm and for workspaces.
 */
function lookUpIn(positions: ReadonlyMap<string, number>, context: AssembleContext) {
  const linked = new Map<string, number | undefined>()
  const followed = (path: string): number | undefined => {
    // Nothing inside an archive is a link.
    if (path.includes('!/') || linked.size >= MAX_LINKS) return undefined
    if (!linked.has(path)) {
      const target = context.tree.resolve(path)
      linked.set(path, target === undefined || target === path ? undefined : positions.get(target))
    }
    return linked.get(path)
  }
  return (from: string, name: string): number | undefined => {
    for (const folder of foldersAbove(from)) {
      // A folder of that name is searched itself: so a package of pnpm's store finds its neighbours.
      const path =
        placeOf(folder).name === 'node_modules' ? `${folder}/${name}` : inFolder(folder, `node_modules/${name}`)
      const position = positions.get(path) ?? followed(path)
      if (position !== undefined) return position
    }
    return undefined
  }
}
