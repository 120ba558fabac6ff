import type { LazyRandomReader } from '../../reading/index.ts'
import type { StatedPackage } from '../stated-packages.ts'
import type { LazyCataloger } from '../types.ts'

const databaseReader: LazyRandomReader<StatedPackage> = {
  id: 'nix-database',
  version: 1,
  wants: { any: [{ path: 'nix/var/nix/db/db.sqlite' }], maxBytes: 4 * 1024 ** 3, loss: 'partial' },
  loadRandom: async () => (await import('./store.ts')).readNixDatabase,
}

/** Images that Nix built have no database: what their store paths hold says that these are there. */
const storeReader: LazyRandomReader<StatedPackage> = {
  id: 'nix-store-path',
  version: 1,
  wants: {
    any: [
      { under: 'nix/store', inside: 'bin' },
      { under: 'nix/store', suffix: '.so' },
      { under: 'nix/store', suffix: '.pc' },
    ],
    maxBytes: 4 * 1024 ** 3,
    loss: 'partial',
  },
  loadRandom: async () => (await import('./store.ts')).readStoreFile,
}

/** Packages in the store of Nix. */
export const nix: LazyCataloger<StatedPackage> = {
  id: 'nix',
  summary: 'Nix: the database of the store, else store paths of programs and libraries',
  kind: 'library',
  ecosystems: ['nix'],
  yields: 'installed',
  fills: [],
  readers: [databaseReader, storeReader],
  load: async () => (await import('./assemble.ts')).assembleNix,
}
