import type { LazyReader } from '../../reading/index.ts'
import type { LazyCataloger } from '../types.ts'
import type { CondaPackage } from './packages.ts'

const installedReader: LazyReader<CondaPackage> = {
  id: 'conda-meta',
  version: 1,
  wants: { any: [{ inside: 'conda-meta', suffix: '.json' }], maxBytes: 16 * 1024 ** 2, loss: 'partial' },
  load: async () => (await import('./packages.ts')).readCondaMeta,
}

const environmentReader: LazyReader<CondaPackage> = {
  id: 'conda-environment',
  version: 1,
  wants: {
    any: [{ name: 'environment.yml' }, { name: 'environment.yaml' }],
    maxBytes: 4 * 1024 ** 2,
    loss: 'partial',
  },
  load: async () => (await import('./packages.ts')).readCondaEnvironment,
}

/** Packages of Conda. */
export const conda: LazyCataloger<CondaPackage> = {
  id: 'conda',
  summary: 'Conda packages: installed conda-meta, environment.yml',
  kind: 'library',
  ecosystems: ['conda'],
  yields: 'both',
  fills: ['licences', 'hashes', 'lines', 'depends-on'],
  readers: [installedReader, environmentReader],
  load: async () => (await import('./assemble.ts')).assembleConda,
}
