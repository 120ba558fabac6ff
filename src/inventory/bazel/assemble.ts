import type { PlacedRow } from '../../reading/index.ts'
import { reachedScopes } from '../reached-scopes.ts'
import { assembleStated, type StatedPackage } from '../stated-packages.ts'
import type { AssembleContext, Assembled } from '../types.ts'
import { withoutLocked } from '../unlocked.ts'
import type { BazelFile } from './modules.ts'

/** Modules of lockfiles, with what the `MODULE.bazel` beside each asks for itself; and of projects without a lockfile what they ask for. */
export function assembleBazel(rows: readonly PlacedRow<BazelFile>[], context: AssembleContext): Assembled {
  const projects = new Map<string, BazelFile>()
  for (const { wins, reader, path, facts } of rows)
    if (wins && reader === 'bazel-module' && facts[0] !== undefined) projects.set(`${path}.lock`, facts[0])
  const stated = withoutLocked(rows, context, 'bazel-module', (name) => [`${name}.lock`]).map(
    (row): PlacedRow<StatedPackage> => ({
      ...row,
      facts: row.facts.flatMap((file) => {
        const project = projects.get(row.path)
        return project === undefined ? file.packages : asked(file.packages, project)
      }),
    }),
  )
  return assembleStated(stated, context)
}

/** What nothing in the project leads to by the lockfile is of unknown scope: newer lockfiles do not say what modules need. */
function asked(packages: readonly StatedPackage[], project: BazelFile): readonly StatedPackage[] {
  const keys = (names: readonly string[]) => {
    const wanted = new Set(names)
    return packages.filter(({ name }) => wanted.has(name)).map(({ key = '' }) => key)
  }
  const roots = { runtime: keys(project.runtime), development: keys(project.development) }
  const direct = new Set([...project.runtime, ...project.development])
  const scopes = reachedScopes(packages, roots)
  return packages.map((pkg, at) => ({ ...pkg, direct: direct.has(pkg.name), scope: scopes[at] ?? 'unknown' }))
}
