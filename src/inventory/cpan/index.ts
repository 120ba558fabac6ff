import type { LazyReader } from '../../reading/index.ts'
import type { StatedPackage } from '../stated-packages.ts'
import type { LazyCataloger } from '../types.ts'

/** Reads META.json and META.yml. */
const reader: LazyReader<StatedPackage> = {
  id: 'cpan-meta',
  version: 1,
  wants: {
    any: [{ name: 'META.json' }, { name: 'META.yml' }, { name: 'MYMETA.json' }, { name: 'MYMETA.yml' }],
    maxBytes: 64 * 1024 ** 2,
    loss: 'partial',
  },
  load: async () => (await import('./lockfile.ts')).readMeta,
}

/** Perl distributions. */
export const cpan: LazyCataloger<StatedPackage> = {
  id: 'cpan',
  summary: 'Perl distributions: META.json and META.yml',
  kind: 'library',
  ecosystems: ['cpan'],
  yields: 'installed',
  fills: ['licences'],
  readers: [reader],
  load: async () => (await import('../stated-packages.ts')).assembleStated,
}
