import type { LazyReader } from '../../reading/index.ts'
import type { StatedPackage } from '../stated-packages.ts'
import type { LazyCataloger } from '../types.ts'

const chartReader: LazyReader<StatedPackage> = {
  id: 'helm-dependencies',
  version: 1,
  wants: {
    any: ['Chart.lock', 'requirements.lock', 'Chart.yaml', 'requirements.yaml'].map((name) => ({ name })),
    maxBytes: 4 * 1024 ** 2,
    loss: 'partial',
  },
  load: async () => (await import('./charts.ts')).readChart,
}

/** Charts that a chart of Helm depends on. */
export const helm: LazyCataloger<StatedPackage> = {
  id: 'helm',
  summary: 'Helm: dependencies of charts in Chart.lock, Chart.yaml, requirements.lock, requirements.yaml',
  kind: 'library',
  ecosystems: ['helm'],
  yields: 'declared',
  fills: ['lines', 'direct'],
  readers: [chartReader],
  load: async () => (await import('./assemble.ts')).assembleHelm,
}
