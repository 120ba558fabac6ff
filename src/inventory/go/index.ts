import type { LazyRandomReader, LazyReader } from '../../reading/index.ts'
import { PROGRAM_FILES } from '../program-files.ts'
import type { LazyCataloger } from '../types.ts'
import type { GoFact } from './assemble.ts'
import type { GoBinary } from './build-information.ts'
import type { GoModule } from './module-file.ts'
import type { GoSums } from './sum-file.ts'
import type { GoVendored } from './vendored.ts'

const MAX_TEXT_BYTES = 24 * 1024 ** 2

/** Programs, whatever they are called. */
export const goBinaryReader: LazyRandomReader<GoBinary> = {
  id: 'go-binary',
  version: 1,
  wants: PROGRAM_FILES,
  loadRandom: async () => (await import('./build-information.ts')).readGoBinary,
}

const goModuleReader: LazyReader<GoModule> = {
  id: 'go-mod',
  version: 1,
  wants: { any: [{ name: 'go.mod' }, { name: 'go.work' }], maxBytes: MAX_TEXT_BYTES, loss: 'partial' },
  load: async () => (await import('./module-file.ts')).readGoModule,
}

const goSumReader: LazyReader<GoSums> = {
  id: 'go-sum',
  version: 1,
  wants: { any: [{ name: 'go.sum' }], maxBytes: MAX_TEXT_BYTES, loss: 'partial' },
  load: async () => (await import('./sum-file.ts')).readGoSum,
}

const vendoredReader: LazyReader<GoVendored> = {
  id: 'go-vendored',
  version: 1,
  wants: { any: [{ name: 'modules.txt', inside: 'vendor' }], maxBytes: MAX_TEXT_BYTES, loss: 'partial' },
  load: async () => (await import('./vendored.ts')).readVendored,
}

/** Modules of Go: what programs say of themselves, and what go.mod asks for. */
export const go: LazyCataloger<GoFact> = {
  id: 'go',
  summary: 'Go modules: build information of programs, go.mod, go.sum, go.work, vendor/modules.txt',
  kind: 'library',
  ecosystems: ['Go'],
  yields: 'both',
  fills: ['hashes', 'lines', 'direct', 'depends-on'],
  readers: [goBinaryReader, goModuleReader, goSumReader, vendoredReader],
  load: async () => (await import('./assemble.ts')).assembleGo,
}
