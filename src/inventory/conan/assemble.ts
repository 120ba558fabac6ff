import type { PlacedRow } from '../../reading/index.ts'
import { assembleStated, type StatedPackage } from '../stated-packages.ts'
import type { AssembleContext, Assembled } from '../types.ts'
import { withoutLocked } from '../unlocked.ts'

/** Packages of lockfiles, and of projects without one what they ask for. */
export function assembleConan(rows: readonly PlacedRow<StatedPackage>[], context: AssembleContext): Assembled {
  return assembleStated(
    withoutLocked(rows, context, 'conanfile', () => ['conan.lock']),
    context,
  )
}
