import type { PlacedRow } from '../../reading/index.ts'
import { assembleStated, assembleTogether, type StatedPackage } from '../stated-packages.ts'
import type { AssembleContext, Assembled } from '../types.ts'
import { withoutLocked } from '../unlocked.ts'

/** Locked packages, what projects without a lockfile ask for, and installed applications, which need each other within one folder `lib`. */
export function assembleHex(rows: readonly PlacedRow<StatedPackage>[], context: AssembleContext): Assembled {
  const { installed = [], asked = [] } = Object.groupBy(rows, ({ reader }) =>
    reader === 'otp-application' ? 'installed' : 'asked',
  )
  const applications = assembleTogether(installed, context, ({ path }) => path.split('/').slice(0, -3).join('/'))
  const projects = assembleStated(
    withoutLocked(asked, context, 'mix-project', () => ['mix.lock']),
    context,
  )
  return {
    components: [...applications.components, ...projects.components],
    relations: [...applications.relations, ...projects.relations],
    diagnostics: [],
  }
}
