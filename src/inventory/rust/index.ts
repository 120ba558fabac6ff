import type { LazyRandomReader, LazyReader } from '../../reading/index.ts'
import { PROGRAM_FILES } from '../program-files.ts'
import type { LazyCataloger } from '../types.ts'
import type { CratesFact } from './crates.ts'

const MAX_TEXT_BYTES = 24 * 1024 ** 2

const cargoLockReader: LazyReader<CratesFact> = {
  id: 'cargo-lockfile',
  version: 1,
  wants: { any: [{ name: 'Cargo.lock' }], maxBytes: MAX_TEXT_BYTES, loss: 'partial' },
  load: async () => (await import('./cargo-lock.ts')).readCargoLock,
}

const cargoManifestReader: LazyReader<CratesFact> = {
  id: 'cargo-manifest',
  version: 1,
  wants: { any: [{ name: 'Cargo.toml' }], maxBytes: MAX_TEXT_BYTES, loss: 'partial' },
  load: async () => (await import('./cargo-manifest.ts')).readCargoManifest,
}

/** Programs, whatever they are called. */
const auditableReader: LazyRandomReader<CratesFact> = {
  id: 'cargo-auditable',
  version: 1,
  wants: PROGRAM_FILES,
  loadRandom: async () => (await import('./auditable.ts')).readAuditable,
}

/** Crates of Rust. */
export const rust: LazyCataloger<CratesFact> = {
  id: 'rust',
  summary: 'Rust crates: Cargo.lock, Cargo.toml, programs built by cargo-auditable',
  kind: 'library',
  ecosystems: ['crates.io'],
  yields: 'both',
  fills: ['hashes', 'lines', 'direct', 'scope', 'depends-on'],
  readers: [cargoLockReader, cargoManifestReader, auditableReader],
  load: async () => (await import('./assemble.ts')).assembleRust,
}
