import { CATALOGERS, OS_READERS } from '../inventory/index.ts'
import { ENTRY_READERS, REACHABILITY_READERS } from '../reachability/index.ts'
import type { AnyReader } from '../reading/index.ts'

/** Every reader that a scan runs, each once. The command and its worker threads must have the same list. */
export const READERS: readonly AnyReader[] = uniqueById([
  ...OS_READERS,
  ...CATALOGERS.flatMap(({ readers }) => readers),
  ...REACHABILITY_READERS,
])

/** Those of the worker threads: also what is only asked for single files, after the layers are merged. */
export const WORKER_READERS: readonly AnyReader[] = [...READERS, ...ENTRY_READERS]

/** Those that only packages of the operating system need: what asks for nothing else need not be read. */
export const SYSTEM_READERS: readonly AnyReader[] = uniqueById([
  ...OS_READERS,
  ...CATALOGERS.filter(({ kind }) => kind === 'os').flatMap(({ readers }) => readers),
])

/** Catalogers may share a reader. */
function uniqueById(readers: readonly AnyReader[]): readonly AnyReader[] {
  return [...new Map(readers.map((reader) => [reader.id, reader])).values()]
}
