import type { LazyReader } from '../../reading/index.ts'
import type { StatedPackage } from '../stated-packages.ts'
import type { LazyCataloger } from '../types.ts'

const workflowReader: LazyReader<StatedPackage> = {
  id: 'github-workflow',
  version: 2,
  wants: {
    any: [
      { inside: '.github/workflows', suffix: '.yml' },
      { inside: '.github/workflows', suffix: '.yaml' },
      { name: 'action.yml' },
      { name: 'action.yaml' },
    ],
    maxBytes: 2 * 1024 ** 2,
    loss: 'partial',
  },
  load: async () => (await import('./workflow.ts')).readWorkflow,
}

/** Actions and reusable workflows that GitHub's workflows use. */
export const githubActions: LazyCataloger<StatedPackage> = {
  id: 'github-actions',
  summary: 'GitHub Actions: uses of .github/workflows/*.yml and of composite action.yml',
  kind: 'library',
  ecosystems: ['GitHub Actions'],
  yields: 'declared',
  fills: ['lines', 'direct', 'scope'],
  readers: [workflowReader],
  load: async () => (await import('../stated-packages.ts')).assembleStated,
}
