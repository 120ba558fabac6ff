import type { LazyReader } from '../../reading/index.ts'
import type { StatedPackage } from '../stated-packages.ts'
import type { LazyCataloger } from '../types.ts'

/** Reads records of PEAR's registry, in which PECL keeps its extensions too. */
const registryReader: LazyReader<StatedPackage> = {
  id: 'pear-registry',
  version: 1,
  wants: {
    any: [
      { suffix: '.reg', inside: '.registry' },
      { suffix: '.reg', inside: '.registry/.channel.pecl.php.net' },
    ],
    maxBytes: 16 * 1024 ** 2,
    loss: 'partial',
    digests: ['md5', 'sha1', 'sha256'],
  },
  load: async () => (await import('./registry.ts')).readRegistryRecord,
}

/** Packages of PEAR and extensions of PECL. */
export const pear: LazyCataloger<StatedPackage> = {
  id: 'pear',
  summary: 'PEAR packages and PECL extensions of PHP: .registry/*.reg',
  kind: 'library',
  ecosystems: ['pear', 'pecl'],
  yields: 'installed',
  fills: ['licences', 'supplier'],
  readers: [registryReader],
  load: async () => (await import('../stated-packages.ts')).assembleStated,
}
