import type { PlacedRow } from '../../reading/index.ts'
import { assembleStated, assembleTogether, type StatedPackage } from '../stated-packages.ts'
import type { AssembleContext, Assembled } from '../types.ts'
import { withoutLocked } from '../unlocked.ts'

/** Packages of switches, in each of which they need each other; of lockfiles; and of projects without one. */
export function assembleOpam(rows: readonly PlacedRow<StatedPackage>[], context: AssembleContext): Assembled {
  const { installed = [], asked = [] } = Object.groupBy(rows, ({ reader }) =>
    reader === 'opam-switch' ? 'installed' : 'asked',
  )
  const switches = assembleTogether(installed, context, ({ path }) => path.split('/').slice(0, -2).join('/'))
  const left = withoutLocked(asked, context, 'opam-project', (name) => ['opam.locked', `${name}.locked`])
  const projects = assembleStated(left, context)
  return {
    components: [...switches.components, ...projects.components],
    relations: switches.relations,
    diagnostics: [],
  }
}
