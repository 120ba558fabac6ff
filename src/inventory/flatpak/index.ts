import type { LazyReader } from '../../reading/index.ts'
import type { LazyCataloger } from '../types.ts'
import type { FlatpakFact } from './flatpak.ts'

const metadataReader: LazyReader<FlatpakFact> = {
  id: 'flatpak-metadata',
  version: 1,
  wants: {
    any: [
      { name: 'metadata', inside: 'flatpak/app' },
      { name: 'metadata', inside: 'flatpak/runtime' },
      { name: '.flatpak-info' },
    ],
    maxBytes: 1024 ** 2,
    loss: 'partial',
  },
  load: async () => (await import('./flatpak.ts')).readFlatpakMetadata,
}

const descriptionReader: LazyReader<FlatpakFact> = {
  id: 'flatpak-appdata',
  version: 1,
  wants: {
    any: [
      { suffix: '.metainfo.xml', inside: 'flatpak/app' },
      { suffix: '.appdata.xml', inside: 'flatpak/app' },
    ],
    maxBytes: 8 * 1024 ** 2,
    loss: 'partial',
  },
  load: async () => (await import('./flatpak.ts')).readAppdata,
}

/** Applications and runtimes that Flatpak installed. */
export const flatpak: LazyCataloger<FlatpakFact> = {
  id: 'flatpak',
  summary: 'Flatpak: installed applications with the version of their appdata, runtimes by branch',
  kind: 'library',
  ecosystems: ['flatpak'],
  yields: 'installed',
  fills: ['licences', 'supplier', 'depends-on'],
  readers: [metadataReader, descriptionReader],
  load: async () => (await import('./assemble.ts')).assembleFlatpak,
}
