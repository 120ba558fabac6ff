import type { Component } from '../../model/component.ts'
import type { PlacedRow } from '../../reading/index.ts'
import { libraryComponent } from '../library-component.ts'
import type { StatedPackage } from '../stated-packages.ts'
import type { AssembleContext, Assembled } from '../types.ts'

/** One component for each store path: from the database where it names it, else from the first of its files. */
export function assembleNix(rows: readonly PlacedRow<StatedPackage>[], context: AssembleContext): Assembled {
  const found = new Map<string, Component>()
  const ordered = [...rows].sort((a, b) => Number(b.reader === 'nix-database') - Number(a.reader === 'nix-database'))
  for (const row of ordered) {
    if (!row.wins) continue
    for (const fact of row.facts) if (!found.has(fact.purl)) found.set(fact.purl, libraryComponent(fact, row, context))
  }
  return { components: [...found.values()], relations: [], diagnostics: [] }
}
