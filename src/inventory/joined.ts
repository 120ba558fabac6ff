import type { Component, Relation } from '../model/component.ts'
import { merge } from './inventory-order.ts'

/** Folders above a package in which its lockfile is looked for. */
const MAX_FOLDERS = 256

/**
 * Makes one component of a library that a lockfile names and that lies installed below that lockfile's folder: the installed one stays, with
 * what the lockfile knows of it (who asked for it, its digests, its line). Relations of the declared one become the installed one's. A
 * package that is declared in one project and installed in another stays two.
 */
export function joinDeclared(
  components: readonly Component[],
  relations: readonly Relation[],
): { readonly components: readonly Component[]; readonly relations: readonly Relation[] } {
  const installed = firstBelow(components, new Set(components.filter(isDeclared).map(projectKey)))
  const twins = new Map<string, string>()
  const merged = new Map<string, Component>()
  for (const declared of components) {
    if (!isDeclared(declared)) continue
    const twin = installed.get(projectKey(declared))
    if (twin === undefined) continue
    twins.set(declared.id, twin.id)
    merged.set(twin.id, merge(merged.get(twin.id) ?? twin, declared))
  }
  if (twins.size === 0) return { components, relations }
  const end = (id: string): string => twins.get(id) ?? id
  return {
    components: components.filter(({ id }) => !twins.has(id)).map((one) => merged.get(one.id) ?? one),
    relations: relations
      .map((relation) => ({ ...relation, from: end(relation.from), to: end(relation.to) }))
      .filter(({ from, to }) => from !== to),
  }
}

/**
 * The first installed component below each of these places, a package URL in a folder: every component asks once for each folder above it, so that
 * a package that lies in thousands of folders is not compared with thousands of lockfiles.
 */
function firstBelow(components: readonly Component[], places: ReadonlySet<string>): ReadonlyMap<string, Component> {
  const first = new Map<string, Component>()
  for (const component of components) {
    if (component.kind !== 'library' || component.presence !== 'installed') continue
    let folder = folderOf(pathOf(component))
    for (let depth = 0; depth < MAX_FOLDERS; depth++) {
      const key = placeKey(component.purl, folder)
      if (places.has(key) && !first.has(key)) first.set(key, component)
      if (folder === '') break
      folder = folderOf(folder)
    }
  }
  return first
}

/** The place below which a declared component lies installed, if it does: the folder of its lockfile. */
function projectKey(declared: Component): string {
  return placeKey(declared.purl, folderOf(pathOf(declared)))
}

function placeKey(purl: string, folder: string): string {
  return `${folder}\0${purl}`
}

function isDeclared({ kind, presence }: Component): boolean {
  return kind === 'library' && presence === 'declared'
}

function pathOf({ evidence }: Component): string {
  return evidence[0]?.path ?? ''
}

function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')))
}
