import type { LazyReader } from '../../reading/index.ts'
import type { StatedPackage } from '../stated-packages.ts'
import type { LazyCataloger } from '../types.ts'

/** Reads mix.lock. */
const reader: LazyReader<StatedPackage> = {
  id: 'mix-lock',
  version: 1,
  wants: { any: [{ name: 'mix.lock' }], maxBytes: 64 * 1024 ** 2, loss: 'partial' },
  load: async () => (await import('./lockfile.ts')).readMixLock,
}

/** Elixir and Erlang packages. */
export const hex: LazyCataloger<StatedPackage> = {
  id: 'hex',
  summary: 'Elixir and Erlang packages: mix.lock',
  kind: 'library',
  ecosystems: ['Hex'],
  yields: 'declared',
  fills: ['hashes', 'lines', 'depends-on'],
  readers: [reader],
  load: async () => (await import('../stated-packages.ts')).assembleStated,
}
