import type { PlacedRow } from '../../reading/index.ts'
import { assembleStated, assembleTogether, type StatedPackage } from '../stated-packages.ts'
import type { AssembleContext, Assembled } from '../types.ts'
import { withoutLocked } from '../unlocked.ts'

/** Rocks of trees, in each of which they need each other; of lockfiles; and of rockspecs in projects without one. */
export function assembleLuarocks(rows: readonly PlacedRow<StatedPackage>[], context: AssembleContext): Assembled {
  const { installed = [], asked = [] } = Object.groupBy(rows, ({ facts }) =>
    facts[0]?.presence === 'installed' ? 'installed' : 'asked',
  )
  const trees = assembleTogether(installed, context, ({ path }) => path.split('/').slice(0, -3).join('/'))
  const projects = assembleStated(
    withoutLocked(asked, context, 'rockspec', () => ['luarocks.lock']),
    context,
  )
  return {
    components: [...trees.components, ...projects.components],
    relations: [...trees.relations, ...projects.relations],
    diagnostics: [],
  }
}
