import type { LazyReader } from '../../reading/index.ts'
import type { StatedPackage } from '../stated-packages.ts'
import type { LazyCataloger } from '../types.ts'

/** Reads Podfile.lock with subspecs. */
const reader: LazyReader<StatedPackage> = {
  id: 'podfile-lock',
  version: 1,
  wants: { any: [{ name: 'Podfile.lock' }], maxBytes: 64 * 1024 ** 2, loss: 'partial' },
  load: async () => (await import('./lockfile.ts')).readPodfileLock,
}

/** CocoaPods. */
export const cocoapods: LazyCataloger<StatedPackage> = {
  id: 'cocoapods',
  summary: 'CocoaPods: Podfile.lock with subspecs',
  kind: 'library',
  ecosystems: ['CocoaPods'],
  yields: 'declared',
  fills: ['lines', 'direct', 'depends-on'],
  readers: [reader],
  load: async () => (await import('../stated-packages.ts')).assembleStated,
}
