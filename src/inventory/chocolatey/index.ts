import type { LazyReader } from '../../reading/index.ts'
import type { StatedPackage } from '../stated-packages.ts'
import type { LazyCataloger } from '../types.ts'

const nuspecReader: LazyReader<StatedPackage> = {
  id: 'chocolatey-nuspec',
  version: 1,
  wants: {
    any: ['chocolatey/lib', 'Chocolatey/lib'].map((inside) => ({ inside, suffix: '.nuspec' })),
    maxBytes: 4 * 1024 ** 2,
    loss: 'partial',
  },
  load: async () => (await import('./nuspec.ts')).readChocolatey,
}

/** Packages that Chocolatey installed. */
export const chocolatey: LazyCataloger<StatedPackage> = {
  id: 'chocolatey',
  summary: 'Chocolatey: .nuspec of chocolatey/lib',
  kind: 'library',
  ecosystems: ['chocolatey'],
  yields: 'installed',
  fills: ['licences', 'supplier'],
  readers: [nuspecReader],
  load: async () => (await import('../stated-packages.ts')).assembleStated,
}
