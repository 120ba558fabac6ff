import type { PlacedRow } from '../../reading/index.ts'
import { assembleStated, type StatedPackage } from '../stated-packages.ts'
import type { AssembleContext, Assembled } from '../types.ts'
import { withoutLocked } from '../unlocked.ts'

/** Packages of lockfiles and of pub's cache, and of projects without a lockfile what they ask for. */
export function assemblePub(rows: readonly PlacedRow<StatedPackage>[], context: AssembleContext): Assembled {
  return assembleStated(
    withoutLocked(rows, context, 'pubspec', () => ['pubspec.lock']),
    context,
  )
}
