import type { PlacedRow } from '../../reading/index.ts'
import { dependsOn } from '../depends-on.ts'
import { libraryComponent } from '../library-component.ts'
import { packageUrl } from '../package-url.ts'
import type { AssembleContext, Assembled } from '../types.ts'
import type { AskedDistribution, LockedDistribution, Scope } from './facts.ts'
import { normalisedName } from './normalised-name.ts'

/**
 * The packages of a lockfile. `asked` is what the manifest beside it asks for: where the lockfile itself does not say who asked
 * for a package, or whether only developers need it, that does.
 */
export function lockedPackages(
  row: PlacedRow,
  locked: readonly LockedDistribution[],
  asked: readonly AskedDistribution[],
  context: AssembleContext,
): Assembled {
  const names = new Set(asked.map(({ name }) => normalisedName(name)))
  const running = asked.length === 0 ? undefined : runtimeNames(locked, asked)
  const components = locked.map((fact) => {
    const name = normalisedName(fact.name)
    const direct = fact.direct ?? (names.size === 0 ? undefined : names.has(name))
    const scope = fact.scope ?? scopeIn(running, name)
    return libraryComponent(
      {
        purl: packageUrl({ type: 'pypi', name, version: fact.version }),
        name: fact.name,
        version: fact.version,
        ecosystem: 'PyPI',
        presence: 'declared',
        hashes: fact.hashes,
        ...(direct !== undefined && { direct }),
        ...(scope && { scope }),
        ...(fact.lines && { lines: fact.lines }),
      },
      row,
      context,
    )
  })
  const relations = dependsOn(
    locked.map((fact, index) => ({
      id: components[index].id,
      names: [normalisedName(fact.name)],
      provides: [],
      needs: () => fact.needs.map((name) => [normalisedName(name)]),
    })),
  )
  return { components, relations, diagnostics: [] }
}

function scopeIn(running: ReadonlySet<string> | undefined, name: string): Scope | undefined {
  if (running === undefined) return undefined
  return running.has(name) ? 'runtime' : 'development'
}

/** What the project needs to run, and what that needs; undefined where the lockfile tells nobody's needs. */
function runtimeNames(
  locked: readonly LockedDistribution[],
  asked: readonly AskedDistribution[],
): ReadonlySet<string> | undefined {
  if (locked.every(({ needs }) => needs.length === 0)) return undefined
  const byName = Map.groupBy(locked, ({ name }) => normalisedName(name))
  const waiting = asked.filter(({ scope }) => scope === 'runtime').map(({ name }) => normalisedName(name))
  const running = new Set(waiting)
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    for (const next of (byName.get(name) ?? []).flatMap(({ needs }) => needs.map(normalisedName))) {
      if (running.has(next)) continue
      running.add(next)
      waiting.push(next)
    }
  }
  return running
}
