import type { LazyReader } from '../../reading/index.ts'
import type { StatedPackage } from '../stated-packages.ts'
import type { LazyCataloger } from '../types.ts'

/** Reads Manifest.toml, formats 1 and 2. */
const reader: LazyReader<StatedPackage> = {
  id: 'julia-manifest',
  version: 1,
  wants: {
    any: [
      { prefix: 'Manifest', suffix: '.toml' },
      { prefix: 'JuliaManifest', suffix: '.toml' },
    ],
    maxBytes: 64 * 1024 ** 2,
    loss: 'partial',
  },
  load: async () => (await import('./lockfile.ts')).readManifest,
}

/** Julia packages. */
export const julia: LazyCataloger<StatedPackage> = {
  id: 'julia',
  summary: 'Julia packages: Manifest.toml, formats 1 and 2',
  kind: 'library',
  ecosystems: ['Julia'],
  yields: 'declared',
  fills: ['depends-on'],
  readers: [reader],
  load: async () => (await import('../stated-packages.ts')).assembleStated,
}
