import type { LazyReader } from '../../reading/index.ts'
import type { StatedPackage } from '../stated-packages.ts'
import type { LazyCataloger } from '../types.ts'

/** Reads conan.lock of Conan 1 and 2. */
const reader: LazyReader<StatedPackage> = {
  id: 'conan-lock',
  version: 1,
  wants: { any: [{ name: 'conan.lock' }], maxBytes: 64 * 1024 ** 2, loss: 'partial' },
  load: async () => (await import('./lockfile.ts')).readConanLock,
}

/** C and C++ packages of Conan. */
export const conan: LazyCataloger<StatedPackage> = {
  id: 'conan',
  summary: 'C and C++ packages of Conan: conan.lock of Conan 1 and 2',
  kind: 'library',
  ecosystems: ['ConanCenter'],
  yields: 'declared',
  fills: ['direct', 'scope', 'depends-on'],
  readers: [reader],
  load: async () => (await import('../stated-packages.ts')).assembleStated,
}
