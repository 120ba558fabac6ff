import type { PlacedRow } from '../../reading/index.ts'
import { assembleStated, type StatedPackage } from '../stated-packages.ts'
import type { AssembleContext, Assembled } from '../types.ts'
import { withoutLocked } from '../unlocked.ts'

/** Packages of manifests and depots, and of projects without a manifest what they ask for. */
export function assembleJulia(rows: readonly PlacedRow<StatedPackage>[], context: AssembleContext): Assembled {
  const { installed = [], asked = [] } = Object.groupBy(rows, isInstalled)
  const left = withoutLocked(asked, context, 'julia-project', () => ['Manifest.toml', 'JuliaManifest.toml'])
  return assembleStated([...installed, ...left], context)
}

function isInstalled({ facts }: PlacedRow<StatedPackage>): 'installed' | 'asked' {
  return facts.some(({ presence }) => presence === 'installed') ? 'installed' : 'asked'
}
