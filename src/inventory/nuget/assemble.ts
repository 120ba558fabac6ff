import type { PlacedRow } from '../../reading/index.ts'
import { reachedScopes } from '../reached-scopes.ts'
import { assembleStated, type StatedPackage } from '../stated-packages.ts'
import type { AssembleContext, Assembled } from '../types.ts'

type Row = PlacedRow<StatedPackage>

/**
 * What lies in .NET folders and what projects ask for. What a project asks for is left to its lockfile where it has one, and versions
 * of libraries to the program's own list of packages where one lies beside them.
 */
export function assembleNuget(rows: readonly PlacedRow<StatedPackage>[], context: AssembleContext): Assembled {
  const winning = rows.filter((row) => row.wins)
  const folders = (reader: string) =>
    new Set(winning.filter((row) => row.reader === reader).map(({ path }) => folderOf(path)))
  const locked = folders('nuget-lock')
  const restored = folders('nuget-assets')
  const listed = folders('dotnet-deps')
  const paketLocked = folders('paket-lock')
  const counted = winning.filter(({ reader, path }) => {
    const folder = folderOf(path)
    if (reader === 'dotnet-project')
      return path.endsWith('.props') || !(locked.has(folder) || restored.has(folder === '' ? 'obj' : `${folder}/obj`))
    if (reader === 'paket-dependencies') return !paketLocked.has(folder)
    if (reader === 'pe-version') return !listed.has(folder)
    return true
  })
  const projects = Map.groupBy(
    winning.filter(({ reader, path }) => reader === 'dotnet-project' && !path.endsWith('.props')),
    ({ path }) => folderOf(path),
  )
  const scoped = counted.map((row) =>
    row.reader === 'nuget-lock' ? withScopes(row, projects.get(folderOf(row.path)) ?? []) : row,
  )
  return assembleStated(scoped, context)
}

/**
 * Locked packages with what they are for, where projects lie beside the lockfile: for development is what only references with private assets
 * lead to. A reference whose version stands elsewhere is not among the projects' facts, and counts as one for running.
 */
function withScopes(row: Row, projects: readonly Row[]): Row {
  const references = projects.flatMap(({ facts }) => facts)
  if (references.length === 0) return row
  const names = (scope: string) =>
    new Set(references.filter((one) => one.scope === scope).map(({ name }) => name.toLowerCase()))
  const [running, developing] = [names('runtime'), names('development')]
  const isDevelopment = ({ name }: StatedPackage) =>
    developing.has(name.toLowerCase()) && !running.has(name.toLowerCase())
  const direct = row.facts.filter((fact) => fact.direct === true)
  const keys = (facts: readonly StatedPackage[]) => facts.map(({ key = '' }) => key)
  const scopes = reachedScopes(row.facts, {
    runtime: keys(direct.filter((fact) => !isDevelopment(fact))),
    development: keys(direct.filter(isDevelopment)),
  })
  return { ...row, facts: row.facts.map((fact, at) => ({ ...fact, scope: scopes[at] ?? 'unknown' })) }
}

function folderOf(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf('/'), 0))
}
