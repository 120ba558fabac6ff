import type { LazyReader } from '../../reading/index.ts'
import type { StatedPackage } from '../stated-packages.ts'
import type { LazyCataloger } from '../types.ts'

const MAX_RELEASE_BYTES = 256 * 1024

const releaseReader: LazyReader<StatedPackage> = {
  id: 'jdk-release',
  version: 1,
  wants: { any: [{ name: 'release' }], maxBytes: MAX_RELEASE_BYTES, loss: 'partial' },
  load: async () => (await import('./release.ts')).readJdkRelease,
}

/** Java itself: the runtime or development kit that a folder holds. */
export const jdk: LazyCataloger<StatedPackage> = {
  id: 'jdk',
  summary: 'Java runtimes and development kits (OpenJDK, Oracle JDK, GraalVM): their release file',
  kind: 'library',
  ecosystems: ['Bitnami', 'generic'],
  yields: 'installed',
  fills: ['supplier', 'cpes', 'lines'],
  readers: [releaseReader],
  load: async () => (await import('../stated-packages.ts')).assembleStated,
}
