import type { Relation } from '../../model/component.ts'
import type { PlacedRow } from '../../reading/index.ts'
import { libraryComponent } from '../library-component.ts'
import type { StatedPackage } from '../stated-packages.ts'
import type { AssembleContext, Assembled } from '../types.ts'

/** One component for each version of a formula or cask, from the first of its files, and who needs whom by the formulae's names. */
export function assembleHomebrew(rows: readonly PlacedRow<StatedPackage>[], context: AssembleContext): Assembled {
  const found = new Map<string, { readonly fact: StatedPackage; readonly id: string }>()
  const components = rows.flatMap((row) => {
    const fact = row.facts[0]
    if (!row.wins || fact === undefined || found.has(placeOf(fact, row))) return []
    const component = libraryComponent(fact, row, context)
    found.set(placeOf(fact, row), { fact, id: component.id })
    return [component]
  })
  const byKey = new Map([...found.values()].map(({ fact, id }) => [fact.key, id]))
  const relations = [...found.values()].flatMap(({ fact, id }) => {
    const targets = new Set((fact.needs ?? []).map((key) => byKey.get(key)))
    return [...targets].flatMap((to): Relation[] =>
      to === undefined || to === id ? [] : [{ from: id, to, kind: 'depends-on' }],
    )
  })
  return { components, relations, diagnostics: [] }
}

/** The package in the Cellar or Caskroom that it lies in: there may be several. */
function placeOf(fact: StatedPackage, row: PlacedRow): string {
  const root = /^(?:.*\/)?(?:Cellar|Caskroom)(?=\/)/.exec(row.path)?.[0] ?? ''
  return `${root}\0${fact.purl}`
}
