import type { PlacedRow } from '../../reading/index.ts'
import { assembleStated, assembleTogether, type StatedPackage } from '../stated-packages.ts'
import type { AssembleContext, Assembled } from '../types.ts'

/** Packages of libraries, in each of which they need each other, and of lockfiles. */
export function assembleCran(rows: readonly PlacedRow<StatedPackage>[], context: AssembleContext): Assembled {
  const { installed = [], locked = [] } = Object.groupBy(rows, ({ reader }) =>
    reader === 'r-description' ? 'installed' : 'locked',
  )
  const libraries = assembleTogether(installed, context, ({ path }) => path.split('/').slice(0, -2).join('/'))
  const projects = assembleStated(locked, context)
  return {
    components: [...libraries.components, ...projects.components],
    relations: [...libraries.relations, ...projects.relations],
    diagnostics: [],
  }
}
