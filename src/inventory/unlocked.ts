import type { PlacedRow } from '../reading/index.ts'
import type { AssembleContext } from './types.ts'

/**
 * The rows without those of `reader` that a lockfile in the same folder answers: where there is one, the manifest's ranges say nothing more
 * about versions. `lockfiles` names those that a manifest of that name would have.
 */
export function withoutLocked<Fact>(
  rows: readonly PlacedRow<Fact>[],
  context: AssembleContext,
  reader: string,
  lockfiles: (manifest: string) => readonly string[],
): readonly PlacedRow<Fact>[] {
  return rows.filter((row) => {
    if (row.reader !== reader) return true
    const start = row.path.lastIndexOf('/') + 1
    const folder = row.path.slice(0, start)
    return !lockfiles(row.path.slice(start)).some((name) => context.tree.resolve(`${folder}${name}`) !== undefined)
  })
}
