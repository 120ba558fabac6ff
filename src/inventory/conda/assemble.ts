import type { Relation } from '../../model/component.ts'
import type { PlacedRow } from '../../reading/index.ts'
import { libraryComponent } from '../library-component.ts'
import { licencesOf } from '../licences.ts'
import { packageUrl } from '../package-url.ts'
import { RANGE_CONFIDENCE } from '../range-confidence.ts'
import { shownText } from '../recorded-text.ts'
import type { AssembleContext, Assembled } from '../types.ts'
import type { CondaPackage } from './packages.ts'

/** What lies in environments, with who needs whom in each, and what environment files ask for. */
export function assembleConda(rows: readonly PlacedRow<CondaPackage>[], context: AssembleContext): Assembled {
  const byPlace = new Map<string, string>()
  const found = rows
    .filter((row) => row.wins)
    .flatMap((row) =>
      row.facts.map((fact) => {
        const { name, version, presence, licence, hash, lines, ranged } = fact
        const component = libraryComponent(
          {
            purl: packageUrl({ type: 'conda', name, version }),
            name,
            version,
            ecosystem: 'conda',
            presence,
            licences: licencesOf(shownText(licence ?? '')),
            ...(hash && { hashes: [hash] }),
            ...(lines && { lines, direct: true }),
            ...(ranged && { confidence: RANGE_CONFIDENCE }),
          },
          row,
          context,
        )
        const folder = row.path.slice(0, row.path.lastIndexOf('/') + 1)
        byPlace.set(`${folder}\0${name}`, component.id)
        return { component, fact, folder }
      }),
    )
  const relations = found.flatMap(({ component, fact, folder }) =>
    [...new Set(fact.needs.map((name) => byPlace.get(`${folder}\0${name}`)))].flatMap((to): Relation[] =>
      to === undefined || to === component.id ? [] : [{ from: component.id, to, kind: 'depends-on' }],
    ),
  )
  return { components: found.map(({ component }) => component), relations, diagnostics: [] }
}
