import type { LazyReader } from '../../reading/index.ts'
import type { StatedPackage } from '../stated-packages.ts'
import type { LazyCataloger } from '../types.ts'

/** Reads stack.yaml.lock, cabal.project.freeze. */
const reader: LazyReader<StatedPackage> = {
  id: 'haskell-lock',
  version: 1,
  wants: {
    any: [{ name: 'stack.yaml.lock' }, { name: 'cabal.project.freeze' }],
    maxBytes: 64 * 1024 ** 2,
    loss: 'partial',
  },
  load: async () => (await import('./lockfile.ts')).readHaskellLock,
}

/** Haskell packages. */
export const hackage: LazyCataloger<StatedPackage> = {
  id: 'hackage',
  summary: 'Haskell packages: stack.yaml.lock, cabal.project.freeze',
  kind: 'library',
  ecosystems: ['Hackage'],
  yields: 'declared',
  fills: ['lines'],
  readers: [reader],
  load: async () => (await import('../stated-packages.ts')).assembleStated,
}
