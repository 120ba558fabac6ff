import type { LazyRandomReader } from '../../reading/index.ts'
import type { StatedPackage } from '../stated-packages.ts'
import type { LazyCataloger } from '../types.ts'

const MAX_IMAGE_BYTES = 4 * 1024 ** 3
const ELF = Uint8Array.of(0x7f, 0x45, 0x4c, 0x46)
/** No native image is smaller: its heap alone is more. */
const MIN_IMAGE_BYTES = 1 << 20

const embeddedReader: LazyRandomReader<StatedPackage> = {
  id: 'native-image-sbom',
  version: 1,
  wants: {
    any: [],
    magic: { bytes: [ELF], minBytes: MIN_IMAGE_BYTES },
    executable: true,
    maxBytes: MAX_IMAGE_BYTES,
    loss: 'partial',
  },
  loadRandom: async () => (await import('./embedded-sbom.ts')).readEmbeddedSbom,
}

/** Artifacts that GraalVM compiled into a program, by the bill of materials that it left there. */
export const nativeImage: LazyCataloger<StatedPackage> = {
  id: 'native-image',
  summary: 'Java artifacts in GraalVM native images (ELF): the embedded bill of materials',
  kind: 'library',
  ecosystems: ['Maven'],
  yields: 'installed',
  fills: ['licences', 'hashes', 'depends-on'],
  readers: [embeddedReader],
  load: async () => (await import('../stated-packages.ts')).assembleStated,
}
