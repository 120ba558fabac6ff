import type { PlacedRow } from '../../reading/index.ts'
import type { AssembleContext, Assembled } from '../types.ts'
import { declaredPackages } from './declared.ts'
import type { PythonFact } from './facts.ts'
import { installedPackages } from './installed.ts'

/** What lies installed, what lockfiles and lists name, and, where a project has neither, the least that its manifest asks for. */
export function assemblePypi(rows: readonly PlacedRow<PythonFact>[], context: AssembleContext): Assembled {
  const winning = rows.filter(({ wins }) => wins)
  const installed = installedPackages(winning, context)
  const declared = declaredPackages(winning, context)
  return {
    components: [...installed.components, ...declared.components],
    relations: [...installed.relations, ...declared.relations],
    diagnostics: declared.diagnostics,
  }
}
