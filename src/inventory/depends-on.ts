import type { Relation } from '../model/component.ts'

/** A package as the relations between packages see it. */
export interface Dependent {
  /** Id of its component. */
  readonly id: string
  /** What it is called, and what else it says that it provides. */
  readonly names: readonly string[]
  readonly provides: readonly string[]
  /** What it needs: of each list one, the first that is installed. Asked for once. */
  readonly needs: () => Iterable<readonly string[]>
}

/** Ends of all lists together; a hostile database could name billions. */
const MAX_RELATIONS = 2_000_000

/**
 * Who depends on whom, each pair once and none on itself. Own names come before provided ones, and of several packages of one
 * name the first. Versions do not matter here: what is installed was allowed.
 */
export function dependsOn(packages: readonly Dependent[]): Relation[] {
  const byName = new Map<string, string>()
  for (const { id, names } of packages) for (const name of names) if (!byName.has(name)) byName.set(name, id)
  for (const { id, provides } of packages) for (const name of provides) if (!byName.has(name)) byName.set(name, id)
  const relations: Relation[] = []
  for (const { id, needs } of packages) {
    const seen = new Set<string>([id])
    for (const alternatives of needs()) {
      const installed = alternatives.find((name) => byName.has(name))
      const to = installed === undefined ? undefined : byName.get(installed)
      if (to === undefined || seen.has(to)) continue
      seen.add(to)
      relations.push({ from: id, to, kind: 'depends-on' })
      if (relations.length >= MAX_RELATIONS) return relations
    }
  }
  return relations
}
