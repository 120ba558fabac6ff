import type { LazyReader } from '../../reading/index.ts'
import type { StatedPackage } from '../stated-packages.ts'
import type { LazyCataloger } from '../types.ts'

const bundleReader: LazyReader<StatedPackage> = {
  id: 'mac-application',
  version: 1,
  wants: { any: [{ name: 'Info.plist', inside: 'Contents' }], maxBytes: 2 * 1024 ** 2, loss: 'partial' },
  load: async () => (await import('./bundle.ts')).readBundle,
}

/** Applications of macOS. */
export const macapps: LazyCataloger<StatedPackage> = {
  id: 'macapps',
  summary: 'macOS applications: Contents/Info.plist of a bundle',
  kind: 'library',
  ecosystems: ['macapps'],
  yields: 'installed',
  fills: [],
  readers: [bundleReader],
  load: async () => (await import('../stated-packages.ts')).assembleStated,
}
