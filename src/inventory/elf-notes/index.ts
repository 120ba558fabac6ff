import type { LazyRandomReader } from '../../reading/index.ts'
import type { StatedPackage } from '../stated-packages.ts'
import type { LazyCataloger } from '../types.ts'

const noteReader: LazyRandomReader<StatedPackage> = {
  id: 'elf-package-note',
  version: 1,
  wants: {
    any: [],
    magic: { bytes: [Uint8Array.of(0x7f, 0x45, 0x4c, 0x46)], minBytes: 512 },
    maxBytes: 4 * 1024 ** 3,
    loss: 'partial',
    digests: ['md5', 'sha1', 'sha256'],
  },
  loadRandom: async () => (await import('./package-note.ts')).readPackageNote,
}

/** Programs and libraries that say in a note of which package they were built. */
export const elfNotes: LazyCataloger<StatedPackage> = {
  id: 'elf-notes',
  summary: 'programs and libraries of ELF that name their package: .note.package',
  kind: 'library',
  ecosystems: ['generic'],
  yields: 'installed',
  fills: ['cpes'],
  yieldsToOwner: true,
  readers: [noteReader],
  load: async () => (await import('../stated-packages.ts')).assembleStated,
}
