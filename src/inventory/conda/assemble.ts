import type { PlacedRow } from '../../reading/index.ts'
import { dependsOn } from '../depends-on.ts'
import { libraryComponent } from '../library-component.ts'
import { licencesOf } from '../licences.ts'
import { packageUrl } from '../package-url.ts'
import { RANGE_CONFIDENCE } from '../range-confidence.ts'
import { shownText } from '../recorded-text.ts'
import type { AssembleContext, Assembled } from '../types.ts'
import type { CondaPackage } from './packages.ts'

/** What lies in environments, with who needs whom in each, and what environment files ask for. */
export function assembleConda(rows: readonly PlacedRow<CondaPackage>[], context: AssembleContext): Assembled {
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
        return { component, fact, folder }
      }),
    )
  const relations = [...Map.groupBy(found, ({ folder }) => folder).values()].flatMap((together) =>
    dependsOn(
      together.map(({ component: { id }, fact: { name, needs } }) => ({
        id,
        names: [name],
        provides: [],
        needs: () => needs.map((need) => [need]),
      })),
    ),
  )
  return { components: found.map(({ component }) => component), relations, diagnostics: [] }
}
