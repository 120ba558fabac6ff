import type { PlacedRow } from '../../reading/index.ts'
import { assembleStated, type StatedPackage } from '../stated-packages.ts'
import type { AssembleContext, Assembled } from '../types.ts'

/** What a project asks for by name, for running or for development. */
export interface ComposerManifest {
  readonly kind: 'manifest'
  readonly asked: readonly string[]
}

export type ComposerFact = StatedPackage | ComposerManifest

/** Packages of lockfiles and of `vendor`; which of them a project asks for itself its `composer.json` says. */
export function assembleComposer(rows: readonly PlacedRow<ComposerFact>[], context: AssembleContext): Assembled {
  const projects = new Map<string, ReadonlySet<string>>()
  for (const { path, facts, wins } of rows) {
    const [first] = facts
    if (wins && first !== undefined && 'kind' in first) projects.set(path, new Set(first.asked))
  }
  const stated = rows.map((row): PlacedRow<StatedPackage> => {
    const asked = projects.get(manifestOf(row.path))
    const facts = row.facts.filter((fact) => !('kind' in fact)) as StatedPackage[]
    return { ...row, facts: asked ? facts.map((fact) => ({ ...fact, direct: asked.has(fact.name) })) : facts }
  })
  return assembleStated(stated, context)
}

/** `composer.json` of the project whose lockfile this is, or in whose `vendor` folder it lies. */
function manifestOf(path: string): string {
  return `${path.replace(/[^/]*$/, '').replace(/(^|\/)[^/]+\/composer\/$/, '$1')}composer.json`
}
