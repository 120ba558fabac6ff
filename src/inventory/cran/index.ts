import type { LazyReader } from '../../reading/index.ts'
import type { StatedPackage } from '../stated-packages.ts'
import type { LazyCataloger } from '../types.ts'

/** Reads renv.lock. */
const reader: LazyReader<StatedPackage> = {
  id: 'renv-lock',
  version: 1,
  wants: { any: [{ name: 'renv.lock' }], maxBytes: 64 * 1024 ** 2, loss: 'partial' },
  load: async () => (await import('./lockfile.ts')).readRenvLock,
}

/** R packages. */
export const cran: LazyCataloger<StatedPackage> = {
  id: 'cran',
  summary: 'R packages: renv.lock',
  kind: 'library',
  ecosystems: ['CRAN'],
  yields: 'declared',
  fills: ['depends-on'],
  readers: [reader],
  load: async () => (await import('../stated-packages.ts')).assembleStated,
}
