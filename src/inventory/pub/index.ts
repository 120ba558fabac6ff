import type { LazyReader } from '../../reading/index.ts'
import type { StatedPackage } from '../stated-packages.ts'
import type { LazyCataloger } from '../types.ts'

/** Reads pubspec.lock. */
const reader: LazyReader<StatedPackage> = {
  id: 'pubspec-lock',
  version: 1,
  wants: { any: [{ name: 'pubspec.lock' }], maxBytes: 64 * 1024 ** 2, loss: 'partial' },
  load: async () => (await import('./lockfile.ts')).readPubspecLock,
}

/** Dart and Flutter packages. */
export const pub: LazyCataloger<StatedPackage> = {
  id: 'pub',
  summary: 'Dart and Flutter packages: pubspec.lock',
  kind: 'library',
  ecosystems: ['Pub'],
  yields: 'declared',
  fills: ['hashes', 'lines', 'direct', 'scope'],
  readers: [reader],
  load: async () => (await import('../stated-packages.ts')).assembleStated,
}
