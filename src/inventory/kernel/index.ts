import type { LazyRandomReader } from '../../reading/index.ts'
import type { LazyCataloger } from '../types.ts'
import type { KernelModule } from './module.ts'

const moduleReader: LazyRandomReader<KernelModule> = {
  id: 'kernel-module',
  version: 1,
  wants: { any: [{ suffix: '.ko' }], maxBytes: 1024 ** 3, loss: 'partial', digests: ['md5', 'sha1', 'sha256'] },
  loadRandom: async () => (await import('./module.ts')).readKernelModule,
}

/** Modules of the Linux kernel. */
export const kernel: LazyCataloger<KernelModule> = {
  id: 'kernel',
  summary: 'Linux kernel modules: .ko',
  kind: 'library',
  ecosystems: ['generic'],
  yields: 'installed',
  fills: ['licences', 'supplier'],
  yieldsToOwner: true,
  readers: [moduleReader],
  load: async () => (await import('./module.ts')).assembleKernel,
}
