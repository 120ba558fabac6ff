import type { Component, Relation } from '../../model/component.ts'
import { libraryComponent } from '../library-component.ts'
import type { AssembleContext } from '../types.ts'
import type { Manifest, Requirement } from './installed.ts'
import { type LockedPackage, reachable } from './locked-package.ts'
import { type Part, type Row, registryPackage } from './npm-package.ts'

/** The packages of one lockfile; `manifests` are those of the project and its workspaces. */
export function lockedComponents(
  row: Row<LockedPackage>,
  manifests: readonly Manifest[],
  context: AssembleContext,
): Part {
  const asked = askedFor(row.facts, manifests)
  const components = row.facts.map((fact, index): Component => {
    const { name, version, hashes, lines } = fact
    const direct = fact.direct ?? asked?.direct.has(index) ?? 'unknown'
    const scope = scopeOf(fact, index, asked)
    const known = registryPackage(fact.registry, name, version, fact.origin)
    return libraryComponent(
      { ...known, name, version, presence: 'declared', hashes, direct, scope, ...(lines && { lines }) },
      row,
      context,
    )
  })
  const relations = row.facts.flatMap((fact, index) =>
    fact.dependsOn.flatMap((target): Relation[] => {
      const [from, to] = [components[index]?.id, components[target]?.id]
      return from && to && from !== to ? [{ from, to, kind: 'depends-on' }] : []
    }),
  )
  return { components, relations }
}

interface Asked {
  readonly direct: ReadonlySet<number>
  readonly runtime: ReadonlySet<number>
  readonly development: ReadonlySet<number>
}

function scopeOf(fact: LockedPackage, index: number, asked: Asked | undefined): Component['scope'] {
  if (fact.development !== undefined) return fact.development ? 'development' : 'runtime'
  if (asked?.runtime.has(index)) return 'runtime'
  return asked?.development.has(index) ? 'development' : 'unknown'
}

/** What the manifests ask for, by position in the lockfile; undefined where there is no manifest. */
function askedFor(facts: readonly LockedPackage[], manifests: readonly Manifest[]): Asked | undefined {
  if (manifests.length === 0) return undefined
  const byAnswer = new Map<string, number>()
  const byName = new Map<string, number[]>()
  facts.forEach((fact, index) => {
    for (const answer of fact.answers ?? []) byAnswer.set(answer, index)
    const same = byName.get(fact.name)
    if (same === undefined) byName.set(fact.name, [index])
    else same.push(index)
  })
  const find = ({ name, range }: Requirement): number | undefined => {
    const exact = byAnswer.get(`${name}@${range}`) ?? byAnswer.get(`${name}@npm:${range}`)
    if (exact !== undefined) return exact
    // Ranges that `resolutions` overrides are not those of the lockfile; npm's version 1 has none, but places.
    const candidates = byName.get(name) ?? []
    return candidates.find((index) => facts[index].top) ?? (candidates.length === 1 ? candidates[0] : undefined)
  }
  const positions = (requirements: readonly Requirement[]) =>
    requirements.map(find).filter((position) => position !== undefined)
  const runtime = positions(manifests.flatMap(({ needs }) => needs))
  const development = positions(manifests.flatMap(({ developmentNeeds }) => developmentNeeds))
  const edges = (position: number) => facts[position]?.dependsOn
  return {
    direct: new Set([...runtime, ...development]),
    runtime: reachable(runtime, edges),
    development: reachable(development, edges),
  }
}
