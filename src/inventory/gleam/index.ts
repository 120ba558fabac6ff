import type { LazyReader } from '../../reading/index.ts'
import type { LazyCataloger } from '../types.ts'
import type { GleamFile } from './gleam.ts'

const MAX_BYTES = 64 * 1024 ** 2

const manifestReader: LazyReader<GleamFile> = {
  id: 'gleam-manifest',
  version: 1,
  wants: { any: [{ name: 'manifest.toml' }], maxBytes: MAX_BYTES, loss: 'partial' },
  load: async () => (await import('./gleam.ts')).readGleamManifest,
}

const projectReader: LazyReader<GleamFile> = {
  id: 'gleam-project',
  version: 1,
  wants: { any: [{ name: 'gleam.toml' }], maxBytes: MAX_BYTES, loss: 'partial' },
  load: async () => (await import('./gleam.ts')).readGleamProject,
}

/** Packages of Gleam, which are Hex's. */
export const gleam: LazyCataloger<GleamFile> = {
  id: 'gleam',
  summary: 'Gleam packages: manifest.toml, gleam.toml where nothing is locked',
  kind: 'library',
  ecosystems: ['Hex'],
  yields: 'declared',
  fills: ['hashes', 'lines', 'direct', 'scope', 'depends-on'],
  readers: [manifestReader, projectReader],
  load: async () => (await import('./assemble.ts')).assembleGleam,
}
