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

/** Reads pubspec.yaml. */
const pubspecReader: LazyReader<StatedPackage> = {
  id: 'pubspec',
  version: 1,
  wants: { any: [{ name: 'pubspec.yaml' }], maxBytes: 16 * 1024 ** 2, loss: 'partial' },
  load: async () => (await import('./pubspec.ts')).readPubspec,
}

/** Dart and Flutter packages. */
export const pub: LazyCataloger<StatedPackage> = {
  id: 'pub',
  summary:
    'Dart and Flutter packages: pubspec.lock; pubspec.yaml of packages in the cache, and of projects where nothing is locked',
  kind: 'library',
  ecosystems: ['Pub'],
  yields: 'both',
  fills: ['hashes', 'lines', 'direct', 'scope'],
  readers: [reader, pubspecReader],
  load: async () => (await import('./assemble.ts')).assemblePub,
}
