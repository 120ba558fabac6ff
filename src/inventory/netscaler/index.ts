import type { LazyReader } from '../../reading/index.ts'
import type { StatedPackage } from '../stated-packages.ts'
import type { LazyCataloger } from '../types.ts'

const netscalerReader: LazyReader<StatedPackage> = {
  id: 'netscaler-version',
  version: 1,
  wants: {
    any: [{ name: 'ns.conf' }, { name: 'loader.conf', inside: 'boot' }],
    maxBytes: 32 * 1024 ** 2,
    loss: 'partial',
  },
  load: async () => (await import('./version.ts')).readNetscalerVersion,
}

/** The release of a NetScaler (Citrix ADC) appliance. */
export const netscaler: LazyCataloger<StatedPackage> = {
  id: 'netscaler',
  summary: 'NetScaler (Citrix ADC): ns.conf, boot/loader.conf',
  kind: 'library',
  ecosystems: ['netscaler'],
  yields: 'installed',
  fills: ['lines', 'cpes'],
  readers: [netscalerReader],
  load: async () => (await import('../stated-packages.ts')).assembleStated,
}
