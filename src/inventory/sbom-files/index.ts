import type { LazyReader, Wants } from '../../reading/index.ts'
import type { StatedPackage } from '../stated-packages.ts'
import type { LazyCataloger } from '../types.ts'

const MAX_SBOM_BYTES = 64 * 1024 ** 2

function wants(any: Wants['any']): Wants {
  return { any, maxBytes: MAX_SBOM_BYTES, loss: 'partial' }
}

const spdxReader: LazyReader<StatedPackage> = {
  id: 'sbom-spdx',
  version: 1,
  wants: wants([{ suffix: '.spdx.json' }, { suffix: '.spdx' }, { prefix: '.spdx.', suffix: '.json' }]),
  load: async () => (await import('./spdx.ts')).readSpdx,
}

const cyclonedxReader: LazyReader<StatedPackage> = {
  id: 'sbom-cyclonedx',
  version: 1,
  wants: wants([
    { suffix: '.cdx.json' },
    { suffix: '.cdx' },
    { suffix: '.cdx.xml' },
    ...['bom.json', 'sbom.json', 'bom.xml', 'sbom.xml'].map((name) => ({ name })),
  ]),
  load: async () => (await import('./cyclonedx.ts')).readCyclonedx,
}

/** Packages that bills of materials inside a target name. */
export const sbomFiles: LazyCataloger<StatedPackage> = {
  id: 'sbom-files',
  summary: 'bills of materials inside the target: SPDX (JSON, tag-value), CycloneDX (JSON, XML)',
  kind: 'library',
  ecosystems: ['Bitnami'],
  yields: 'installed',
  fills: ['licences', 'hashes', 'supplier', 'cpes', 'lines', 'depends-on'],
  readers: [spdxReader, cyclonedxReader],
  load: async () => (await import('./assemble.ts')).assembleSbomFiles,
}
