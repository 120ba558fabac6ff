import type { Component, Relation } from '../model/component.ts'
import { merge } from './inventory-order.ts'

/**
 * Makes one component of a library that a lockfile names and that lies installed below that lockfile's folder: the installed one stays, with
 * what the lockfile knows of it (who asked for it, its digests, its line). Relations of the declared one become the installed one's. A
 * package that is declared in one project and installed in another stays two.
 */
export function joinDeclared(
  components: readonly Component[],
  relations: readonly Relation[],
): { readonly components: readonly Component[]; readonly relations: readonly Relation[] } {
  const installed = Map.groupBy(
    components.filter((one) => one.kind === 'library' && one.presence === 'installed'),
    ({ purl }) => purl,
  )
  const twins = new Map<string, string>()
  const merged = new Map<string, Component>()
  for (const declared of components) {
    if (declared.kind !== 'library' || declared.presence !== 'declared') continue
    const folder = folderOf(declared.evidence[0]?.path ?? '')
    const twin = installed.get(declared.purl)?.find(({ evidence }) => liesBelow(evidence[0]?.path ?? '', folder))
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

function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')))
}

function liesBelow(path: string, folder: string): boolean {
  return folder === '' || path.startsWith(`${folder}/`)
}
