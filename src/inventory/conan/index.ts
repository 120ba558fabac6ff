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

/** Reads conanfile.txt and conanfile.py. */
const recipeReader: LazyReader<StatedPackage> = {
  id: 'conanfile',
  version: 1,
  wants: { any: [{ name: 'conanfile.txt' }, { name: 'conanfile.py' }], maxBytes: 8 * 1024 ** 2, loss: 'partial' },
  load: async () => (await import('./conanfile.ts')).readConanfile,
}

/** C and C++ packages of Conan. */
export const conan: LazyCataloger<StatedPackage> = {
  id: 'conan',
  summary:
    'C and C++ packages of Conan: conan.lock of Conan 1 and 2; conanfile.txt and conanfile.py where nothing is locked',
  kind: 'library',
  ecosystems: ['ConanCenter'],
  yields: 'declared',
  fills: ['lines', 'direct', 'scope', 'depends-on'],
  readers: [reader, recipeReader],
  load: async () => (await import('./assemble.ts')).assembleConan,
}
