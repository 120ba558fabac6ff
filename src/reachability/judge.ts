import type { Finding } from '../model/finding.ts'
import type { Reachability } from '../model/reachability.ts'
import type { AnyReader, PlacedRow } from '../reading/index.ts'
import type { Linkage } from './elf/linkage.ts'
import { EntryFiles } from './entry/files.ts'
import { loadedComponents } from './entry/loaded-components.ts'
import { withReachability } from './findings.ts'
import type { GoFunctions } from './go/function-table.ts'
import type { StatedClassPath } from './java/class-path.ts'
import type { ReachabilityContext } from './types.ts'

/** The readers of this domain: ids of those of every layer, and those that are asked for single files. */
export interface Readers {
  readonly functions: string
  readonly linkage: string
  readonly entry: AnyReader
  readonly classPath: AnyReader
}

/** As `judgeReachability` of index.ts. */
export async function judgeFindings(
  findings: readonly Finding[],
  context: ReachabilityContext,
  readers: Readers,
): Promise<readonly Finding[]> {
  const { read, inventory, affectedCode, startedWith, owners } = context
  let functions: ReadonlyMap<string, readonly GoFunctions[]> | undefined
  const goFunctions = (): ReadonlyMap<string, readonly GoFunctions[]> => {
    functions ??= winning(read.rows.get(readers.functions) as readonly PlacedRow<GoFunctions>[] | undefined)
    return functions
  }
  const loaded: ReadonlyMap<string, Reachability> =
    // Where only packages of the system are read, programs are not.
    startedWith === undefined || !read.rows.has(readers.linkage)
      ? new Map()
      : await loadedComponents({
          startedWith,
          components: inventory.components,
          tree: read.tree,
          linkage: firstOf(winning(read.rows.get(readers.linkage) as readonly PlacedRow<Linkage>[] | undefined)),
          goFunctions,
          files: new EntryFiles(read, readers.entry),
          classPaths: async (paths) => {
            const rows = paths.length === 0 ? [] : await read.readMore?.(paths, readers.classPath)
            const stated = (rows ?? []) as readonly PlacedRow<StatedClassPath>[]
            return new Map(stated.map(({ path, facts }) => [path, facts[0]?.classPath ?? []]))
          },
          owners,
        })
  return withReachability(findings, { inventory, affectedCode, goFunctions, loaded })
}

function winning<Fact>(rows: readonly PlacedRow<Fact>[] | undefined): ReadonlyMap<string, readonly Fact[]> {
  const kept = (rows ?? []).filter(({ wins, facts }) => wins && facts.length > 0)
  return new Map(kept.map(({ path, facts }) => [path, facts]))
}

function firstOf<Fact>(found: ReadonlyMap<string, readonly Fact[]>): ReadonlyMap<string, Fact> {
  return new Map([...found].map(([path, facts]) => [path, facts[0] as Fact]))
}
