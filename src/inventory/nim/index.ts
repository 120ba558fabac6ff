import type { LazyReader } from '../../reading/index.ts'
import type { StatedPackage } from '../stated-packages.ts'
import type { LazyCataloger } from '../types.ts'

const MAX_BYTES = 16 * 1024 ** 2

const nimbleReader: LazyReader<StatedPackage> = {
  id: 'nimble',
  version: 1,
  wants: { any: [{ suffix: '.nimble' }], maxBytes: MAX_BYTES, loss: 'partial' },
  load: async () => (await import('./nimble.ts')).readNimble,
}

const lockReader: LazyReader<StatedPackage> = {
  id: 'nimble-lock',
  version: 1,
  wants: { any: [{ name: 'nimble.lock' }], maxBytes: MAX_BYTES, loss: 'partial' },
  load: async () => (await import('./nimble.ts')).readNimbleLock,
}

/** Packages of Nim. */
export const nim: LazyCataloger<StatedPackage> = {
  id: 'nim',
  summary: 'Nim packages of Nimble: installed ones, nimble.lock, *.nimble where nothing is locked',
  kind: 'library',
  ecosystems: ['nim'],
  yields: 'both',
  fills: ['licences', 'supplier', 'lines', 'direct', 'depends-on'],
  readers: [nimbleReader, lockReader],
  load: async () => (await import('./assemble.ts')).assembleNim,
}
