import type { LazyReader } from '../../reading/index.ts'
import type { StatedPackage } from '../stated-packages.ts'
import type { LazyCataloger } from '../types.ts'

const snapReader: LazyReader<StatedPackage> = {
  id: 'snap-yaml',
  version: 1,
  wants: { any: [{ name: 'snap.yaml', inside: 'meta' }], maxBytes: 1024 ** 2, loss: 'partial' },
  load: async () => (await import('./snap-yaml.ts')).readSnap,
}

/** Packages of Snap that lie unpacked or mounted. */
export const snap: LazyCataloger<StatedPackage> = {
  id: 'snap',
  summary: 'snaps: meta/snap.yaml',
  kind: 'library',
  ecosystems: ['snap'],
  yields: 'installed',
  fills: ['licences'],
  readers: [snapReader],
  load: async () => (await import('../stated-packages.ts')).assembleStated,
}
