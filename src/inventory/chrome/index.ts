import type { LazyReader } from '../../reading/index.ts'
import type { LazyCataloger } from '../types.ts'
import type { ChromeExtension } from './extension.ts'

const MAX_MANIFEST_BYTES = 4 * 1024 ** 2

/** Reads the manifest of an installed extension: `Extensions/ID/VERSION/manifest.json` in a profile. */
const chromeManifestReader: LazyReader<ChromeExtension> = {
  id: 'chrome-manifest',
  version: 1,
  wants: { any: [{ name: 'manifest.json', inside: 'Extensions' }], maxBytes: MAX_MANIFEST_BYTES, loss: 'partial' },
  load: async () => (await import('./extension.ts')).readChromeManifest,
}

/** Extensions of Chrome and of browsers built from Chromium. */
export const chrome: LazyCataloger<ChromeExtension> = {
  id: 'chrome',
  summary: 'Chrome and Chromium extensions in profiles of their users',
  kind: 'library',
  ecosystems: ['chrome-extension'],
  yields: 'installed',
  fills: ['supplier', 'direct', 'scope'],
  readers: [chromeManifestReader],
  load: async () => (await import('./extension.ts')).assembleChromeExtensions,
}
