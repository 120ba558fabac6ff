import type { PlacedRow } from '../../reading/index.ts'
import { assembleStated, type StatedPackage } from '../stated-packages.ts'
import type { AssembleContext, Assembled } from '../types.ts'

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
  return assembleStated(counted, context)
}

function folderOf(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf('/'), 0))
}
