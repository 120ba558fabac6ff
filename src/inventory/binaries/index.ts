import type { LazyRandomReader } from '../../reading/index.ts'
import { PROGRAM_FILES } from '../program-files.ts'
import type { LazyCataloger } from '../types.ts'
import type { RecognisedProgram } from './recognise.ts'

const programReader: LazyRandomReader<RecognisedProgram> = {
  id: 'binary-program',
  version: 1,
  wants: PROGRAM_FILES,
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
