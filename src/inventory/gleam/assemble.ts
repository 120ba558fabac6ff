import type { PlacedRow } from '../../reading/index.ts'
import { reachedScopes } from '../reached-scopes.ts'
import { assembleStated, type StatedPackage } from '../stated-packages.ts'
import type { AssembleContext, Assembled } from '../types.ts'
import { withoutLocked } from '../unlocked.ts'
import type { GleamFile } from './gleam.ts'

/** Packages of lockfiles, with the scope that the project beside each says, and of projects without one what they ask for. */
export function assembleGleam(rows: readonly PlacedRow<GleamFile>[], context: AssembleContext): Assembled {
  const projects = new Map(
    rows
      .filter((row) => row.wins && row.reader === 'gleam-project')
      .map((row) => [folderOf(row.path), row.facts[0]] as const),
  )
  const stated = withoutLocked(rows, context, 'gleam-project', () => ['manifest.toml']).map(
    (row): PlacedRow<StatedPackage> => ({
      ...row,
      facts: row.facts.flatMap((fact) =>
        row.reader === 'gleam-project' ? fact.packages : scoped(fact, projects.get(folderOf(row.path))),
      ),
    }),
  )
  return assembleStated(stated, context)
}

function scoped({ packages }: GleamFile, project: GleamFile | undefined): readonly StatedPackage[] {
  if (project === undefined) return packages
  const scopes = reachedScopes(packages, project)
  return packages.map((pkg, at) => ({ ...pkg, scope: scopes[at] ?? 'unknown' }))
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/') + 1)
}
