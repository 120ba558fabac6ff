import type { PlacedRow } from '../../reading/index.ts'
import { assembleStated, assembleTogether, type StatedPackage } from '../stated-packages.ts'
import type { AssembleContext, Assembled } from '../types.ts'
import { withoutLocked } from '../unlocked.ts'

/** Packages that Nimble installed, in each folder of which they need each other; of lockfiles; and of projects without one. */
export function assembleNim(rows: readonly PlacedRow<StatedPackage>[], context: AssembleContext): Assembled {
  const { installed = [], asked = [] } = Object.groupBy(rows, ({ facts }) =>
    facts[0]?.presence === 'installed' ? 'installed' : 'asked',
  )
  const folders = assembleTogether(installed, context, ({ path }) => path.split('/').slice(0, -2).join('/'))
  const projects = assembleStated(
    withoutLocked(asked, context, 'nimble', () => ['nimble.lock']),
    context,
  )
  return {
    components: [...folders.components, ...projects.components],
    relations: [...folders.relations, ...projects.relations],
    diagnostics: [],
  }
}
