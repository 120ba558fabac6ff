import type { LazyReader } from '../../reading/index.ts'
import type { StatedPackage } from '../stated-packages.ts'
import type { LazyCataloger } from '../types.ts'

const MAX_BYTES = 1024 ** 2

/** Reads `wp-includes/version.php`. */
const coreReader: LazyReader<StatedPackage> = {
  id: 'wordpress-core',
  version: 1,
  wants: { any: [{ name: 'version.php', inside: 'wp-includes' }], maxBytes: MAX_BYTES, loss: 'partial' },
  load: async () => (await import('./header.ts')).readCore,
}

/** Reads the heads of plugins' PHP files and of themes' `style.css`. */
const extensionReader: LazyReader<StatedPackage> = {
  id: 'wordpress-extension',
  version: 1,
  wants: {
    any: [
      { suffix: '.php', inside: 'wp-content/plugins' },
      { suffix: '.php', inside: 'wp-content/mu-plugins' },
      { name: 'style.css', inside: 'wp-content/themes' },
    ],
    maxBytes: 4 * 1024 ** 2,
    loss: 'partial',
  },
  load: async () => (await import('./header.ts')).readExtension,
}

/** WordPress with its plugins and themes. */
export const wordpress: LazyCataloger<StatedPackage> = {
  id: 'wordpress',
  summary: 'WordPress: wp-includes/version.php, heads of plugins and themes',
  kind: 'library',
  ecosystems: ['WordPress'],
  yields: 'installed',
  fills: ['licences', 'supplier', 'lines', 'cpes'],
  readers: [coreReader, extensionReader],
  load: async () => (await import('../stated-packages.ts')).assembleStated,
}
