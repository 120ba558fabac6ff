import type { LazyReader } from '../../reading/index.ts'
import type { LazyCataloger } from '../types.ts'
import type { ComposerFact } from './assemble.ts'

const MAX_BYTES = 64 * 1024 ** 2

/** Reads `composer.lock`. */
const lockReader: LazyReader<ComposerFact> = {
  id: 'composer-lock',
  version: 1,
  wants: { any: [{ name: 'composer.lock' }], maxBytes: MAX_BYTES, loss: 'partial' },
  load: async () => (await import('./composer.ts')).readComposerLock,
}

/** Reads `vendor/composer/installed.json`. */
const installedReader: LazyReader<ComposerFact> = {
  id: 'composer-installed',
  version: 1,
  wants: {
    any: [{ name: 'installed.json' }],
    maxBytes: MAX_BYTES,
    loss: 'partial',
    digests: ['md5', 'sha1', 'sha256'],
  },
  load: async () => (await import('./composer.ts')).readComposerInstalled,
}

/** Reads `composer.json` for what a project asks for by name. */
const manifestReader: LazyReader<ComposerFact> = {
  id: 'composer-manifest',
  version: 1,
  wants: { any: [{ name: 'composer.json' }], maxBytes: 4 * 1024 ** 2, loss: 'partial' },
  load: async () => (await import('./composer.ts')).readComposerManifest,
}

/** Packages of PHP's Composer. */
export const packagist: LazyCataloger<ComposerFact> = {
  id: 'packagist',
  summary: 'Composer packages of PHP: composer.lock, vendor/composer/installed.json, direct by composer.json',
  kind: 'library',
  ecosystems: ['Packagist'],
  yields: 'both',
  fills: ['licences', 'lines', 'direct', 'scope', 'depends-on'],
  readers: [lockReader, installedReader, manifestReader],
  load: async () => (await import('./assemble.ts')).assembleComposer,
}
