import type { PlacedRow } from '../../reading/index.ts'
import { assembleStated, type StatedPackage } from '../stated-packages.ts'
import type { AssembleContext, Assembled } from '../types.ts'

/** All that is stated; an installed runtime counts once, by whichever of its files came first. */
export function assembleToolVersions(rows: readonly PlacedRow<StatedPackage>[], context: AssembleContext): Assembled {
  const seen = new Set<string>()
  const once = rows.filter((row) => {
    const fact = row.facts[0]
    if (!row.wins || fact?.presence !== 'installed') return row.wins
    const folder = row.path.slice(0, row.path.lastIndexOf('/'))
    const isNew = !seen.has(folder)
    seen.add(folder)
    return isNew
  })
  return assembleStated(once, context)
}
