import type { LazyReader } from '../../reading/index.ts'
import type { StatedPackage } from '../stated-packages.ts'
import type { LazyCataloger } from '../types.ts'

const MAX_BYTES = 8 * 1024 ** 2

const rockspecReader: LazyReader<StatedPackage> = {
  id: 'rockspec',
  version: 1,
  wants: { any: [{ suffix: '.rockspec' }], maxBytes: MAX_BYTES, loss: 'partial' },
  load: async () => (await import('./rocks.ts')).readRockspec,
}

const lockReader: LazyReader<StatedPackage> = {
  id: 'luarocks-lock',
  version: 1,
  wants: { any: [{ name: 'luarocks.lock' }], maxBytes: MAX_BYTES, loss: 'partial' },
  load: async () => (await import('./rocks.ts')).readRocksLock,
}

/** Rocks of Lua. */
export const luarocks: LazyCataloger<StatedPackage> = {
  id: 'luarocks',
  summary: 'Lua rocks: installed trees, luarocks.lock, rockspecs of projects',
  kind: 'library',
  ecosystems: ['luarocks'],
  yields: 'both',
  fills: ['licences', 'supplier', 'direct', 'scope', 'depends-on'],
  readers: [rockspecReader, lockReader],
  load: async () => (await import('./assemble.ts')).assembleLuarocks,
}
