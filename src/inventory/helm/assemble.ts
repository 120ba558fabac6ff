import type { PlacedRow } from '../../reading/index.ts'
import { assembleStated, type StatedPackage } from '../stated-packages.ts'
import type { AssembleContext, Assembled } from '../types.ts'

/** What lockfiles say; the charts' own ranges where no lockfile lies beside them. */
export function assembleHelm(rows: readonly PlacedRow<StatedPackage>[], context: AssembleContext): Assembled {
  const locked = new Set(
    rows.filter(({ wins, path }) => wins && path.endsWith('.lock')).map(({ path }) => folderOf(path)),
  )
  return assembleStated(
    rows.filter(({ path }) => path.endsWith('.lock') || !locked.has(folderOf(path))),
    context,
  )
}

function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')))
}
