import type { LazyReader } from '../../reading/index.ts'
import type { StatedPackage } from '../stated-packages.ts'
import type { LazyCataloger } from '../types.ts'

/** Reads Package.resolved, versions 1 to 3. */
const reader: LazyReader<StatedPackage> = {
  id: 'swift-package-resolved',
  version: 1,
  wants: {
    any: [{ name: 'Package.resolved' }, { name: '.package.resolved' }],
    maxBytes: 64 * 1024 ** 2,
    loss: 'partial',
  },
  load: async () => (await import('./lockfile.ts')).readPackageResolved,
}

/** Swift packages. */
export const swift: LazyCataloger<StatedPackage> = {
  id: 'swift',
  summary: 'Swift packages: Package.resolved, versions 1 to 3',
  kind: 'library',
  ecosystems: ['SwiftURL'],
  yields: 'declared',
  fills: [],
  readers: [reader],
  load: async () => (await import('../stated-packages.ts')).assembleStated,
}
