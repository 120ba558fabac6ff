import type { LazyReader } from '../../reading/index.ts'
import type { StatedPackage } from '../stated-packages.ts'
import type { LazyCataloger } from '../types.ts'

const configReader: LazyReader<StatedPackage> = {
  id: 'pre-commit-config',
  version: 1,
  wants: {
    any: [{ name: '.pre-commit-config.yaml' }, { name: '.pre-commit-config.yml' }],
    maxBytes: 1024 ** 2,
    loss: 'partial',
  },
  load: async () => (await import('./config.ts')).readPreCommit,
}

/** Repositories whose hooks pre-commit runs. */
export const preCommit: LazyCataloger<StatedPackage> = {
  id: 'pre-commit',
  summary: 'pre-commit: repositories of .pre-commit-config.yaml',
  kind: 'library',
  ecosystems: ['github', 'generic'],
  yields: 'declared',
  fills: ['lines', 'direct', 'scope'],
  readers: [configReader],
  load: async () => (await import('../stated-packages.ts')).assembleStated,
}
