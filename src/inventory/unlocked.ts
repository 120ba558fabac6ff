import type { PlacedRow } from '../reading/index.ts'
import type { AssembleContext } from './types.ts'

/**
 * The rows without those of `reader` that a file of one of these names in the same folder answers: where there is a lockfile, the manifest's
 * ranges say nothing more about versions.
 */
export function withoutLocked<Fact>(
  rows: readonly PlacedRow<Fact>[],
  context: AssembleContext,
  reader: string,
  lockfiles: readonly string[],
): readonly PlacedRow<Fact>[] {
  return rows.filter((row) => {
    if (row.reader !== reader) return true
    const folder = row.path.slice(0, row.path.lastIndexOf('/') + 1)
    return !lockfiles.some((name) => context.tree.resolve(`${folder}${name}`) !== undefined)
  })
}
