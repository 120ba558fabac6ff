import type { PlacedRow } from '../../reading/index.ts'
import { assembleStated, type StatedPackage } from '../stated-packages.ts'
import type { AssembleContext, Assembled } from '../types.ts'

/**
 * Installed packages and locked ones. Every installed package's spec repeats all that it depends on: of the same package, by its purl with
 * Spack's hash, the record that lies with the package itself is the one that counts.
 */
export function assembleSpack(rows: readonly PlacedRow<StatedPackage>[], context: AssembleContext): Assembled {
  const { components, relations, diagnostics } = assembleStated(rows, context)
  const chosen = new Map<string, (typeof components)[number]>()
  for (const component of components) {
    const key = `${component.presence} ${component.purl}`
    const isOwn = component.direct === true
    if (isOwn || !chosen.has(key)) chosen.set(key, component)
  }
  const byId = new Map(components.map((one) => [one.id, chosen.get(`${one.presence} ${one.purl}`)?.id ?? one.id]))
  const edges = relations.map(({ from, to, kind }) => ({ from: byId.get(from) ?? from, to: byId.get(to) ?? to, kind }))
  const once = new Map(edges.map((edge) => [`${edge.from} ${edge.to}`, edge]))
  return { components: [...chosen.values()], relations: [...once.values()], diagnostics }
}
