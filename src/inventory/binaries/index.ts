import { EXECUTABLE_MAGIC } from '../../lib/executable/magic.ts'
import type { LazyRandomReader } from '../../reading/index.ts'
import type { LazyCataloger } from '../types.ts'
import type { RecognisedProgram } from './recognise.ts'

const programReader: LazyRandomReader<RecognisedProgram> = {
  id: 'binary-program',
  version: 1,
  wants: {
    any: [],
    magic: { bytes: EXECUTABLE_MAGIC, minBytes: 512 },
    maxBytes: 4 * 1024 ** 3,
    loss: 'partial',
    digests: ['md5', 'sha1', 'sha256'],
  },
  loadRandom: async () => (await import('./recognise.ts')).recognisePrograms,
}

/** Programs that no package manager installed, recognised by what stands in them. */
export const binaries: LazyCataloger<RecognisedProgram> = {
  id: 'binaries',
  summary: 'programs recognised by their content: ELF, PE, Mach-O',
  kind: 'library',
  ecosystems: ['Bitnami', 'generic'],
  yields: 'installed',
  fills: ['cpes', 'depends-on'],
  yieldsToOwner: true,
  readers: [programReader],
  load: async () => (await import('./assemble.ts')).assembleBinaries,
}
