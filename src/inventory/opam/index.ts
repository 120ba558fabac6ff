import type { LazyReader } from '../../reading/index.ts'
import type { StatedPackage } from '../stated-packages.ts'
import type { LazyCataloger } from '../types.ts'

const MAX_BYTES = 8 * 1024 ** 2

const installedReader: LazyReader<StatedPackage> = {
  id: 'opam-switch',
  version: 1,
  wants: { any: [{ name: 'opam', inside: '.opam-switch/packages' }], maxBytes: MAX_BYTES, loss: 'partial' },
  load: async () => (await import('./opam.ts')).readInstalledOpam,
}

const lockReader: LazyReader<StatedPackage> = {
  id: 'opam-lock',
  version: 1,
  wants: { any: [{ name: 'opam.locked' }, { suffix: '.opam.locked' }], maxBytes: MAX_BYTES, loss: 'partial' },
  load: async () => (await import('./opam.ts')).readOpamDepends,
}

const projectReader: LazyReader<StatedPackage> = {
  id: 'opam-project',
  version: 1,
  wants: { any: [{ suffix: '.opam' }], maxBytes: MAX_BYTES, loss: 'partial' },
  load: async () => (await import('./opam.ts')).readOpamDepends,
}

/** Packages of OCaml. */
export const opam: LazyCataloger<StatedPackage> = {
  id: 'opam',
  summary: 'OCaml packages of opam: switches, opam.locked, *.opam where nothing is locked',
  kind: 'library',
  ecosystems: ['opam'],
  yields: 'both',
  fills: ['licences', 'hashes', 'supplier', 'lines', 'direct', 'scope', 'depends-on'],
  readers: [installedReader, lockReader, projectReader],
  load: async () => (await import('./assemble.ts')).assembleOpam,
}
