import { EXECUTABLE_MAGIC } from '../lib/executable/magic.ts'
import type { Finding } from '../model/finding.ts'
import type { AnyReader, LazyRandomReader, LazyReader } from '../reading/index.ts'
import type { Linkage } from './elf/linkage.ts'
import type { EntryFile } from './entry/read-file.ts'
import type { GoFunctions } from './go/function-table.ts'
import type { StatedClassPath } from './java/class-path.ts'
import type { ReachabilityContext } from './types.ts'

const MAX_PROGRAM_BYTES = 4 * 1024 ** 3

const goFunctionReader: LazyRandomReader<GoFunctions> = {
  id: 'go-functions',
  version: 1,
  wants: {
    any: [],
    magic: { bytes: EXECUTABLE_MAGIC, minBytes: 512 },
    maxBytes: MAX_PROGRAM_BYTES,
    loss: 'partial',
  },
  loadRandom: async () => (await import('./go/function-table.ts')).readGoFunctions,
}

const linkageReader: LazyRandomReader<Linkage> = {
  id: 'elf-linkage',
  version: 1,
  wants: {
    any: [],
    magic: { bytes: [Uint8Array.of(0x7f, 0x45, 0x4c, 0x46)], minBytes: 64 },
    maxBytes: MAX_PROGRAM_BYTES,
    loss: 'partial',
  },
  loadRandom: async () => (await import('./elf/linkage.ts')).readLinkage,
}

/** Of single files only, whatever they are called. */
const entryReader: LazyReader<EntryFile> = {
  id: 'entry-file',
  version: 1,
  wants: { any: [{}], maxBytes: 4 * 1024 ** 2, loss: 'partial' },
  load: async () => (await import('./entry/read-file.ts')).readEntryFile,
}

const classPathReader: LazyRandomReader<StatedClassPath> = {
  id: 'java-class-path',
  version: 1,
  wants: { any: [{}], maxBytes: 1024 ** 3, loss: 'partial' },
  loadRandom: async () => (await import('./java/class-path.ts')).readClassPath,
}

/** What is read of every layer. */
export const REACHABILITY_READERS: readonly AnyReader[] = [goFunctionReader, linkageReader]

/** What is read of single files that the entry point leads to: worker threads must have them, and no layer is read with them. */
export const ENTRY_READERS: readonly AnyReader[] = [entryReader, classPathReader]

/**
 * The findings with whether what runs in the image loads what they speak of. They keep their order; findings about which nothing is known
 * stay as they are. The code is loaded, and files are read, only where there is something to judge.
 */
export async function judgeReachability(
  findings: readonly Finding[],
  context: ReachabilityContext,
): Promise<readonly Finding[]> {
  const { affectedCode, startedWith } = context
  const starts = startedWith !== undefined && startedWith.entrypoint.length + startedWith.command.length > 0
  const concerned = findings.some(({ component }) => component !== undefined)
  if (!concerned || (affectedCode.size === 0 && !starts)) return findings
  const { judgeFindings } = await import('./judge.ts')
  const readers = {
    functions: goFunctionReader.id,
    linkage: linkageReader.id,
    entry: entryReader as AnyReader,
    classPath: classPathReader as AnyReader,
  }
  return await judgeFindings(findings, context, readers)
}
