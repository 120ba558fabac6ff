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

/** Reads DESCRIPTION of installed packages. */
const descriptionReader: LazyReader<StatedPackage> = {
  id: 'r-description',
  version: 1,
  wants: {
    any: [{ name: 'DESCRIPTION' }],
    maxBytes: 8 * 1024 ** 2,
    loss: 'partial',
    digests: ['md5', 'sha1', 'sha256'],
  },
  load: async () => (await import('./description.ts')).readDescription,
}

/** R packages. */
export const cran: LazyCataloger<StatedPackage> = {
  id: 'cran',
  summary: 'R packages: installed ones of CRAN and Bioconductor, renv.lock',
  kind: 'library',
  ecosystems: ['CRAN', 'Bioconductor'],
  yields: 'both',
  fills: ['licences', 'supplier', 'depends-on'],
  readers: [reader, descriptionReader],
  load: async () => (await import('./assemble.ts')).assembleCran,
}
