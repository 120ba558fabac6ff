import type { LazyReader, Wants } from '../../reading/index.ts'
import type { LazyCataloger } from '../types.ts'
import type { BazelFile } from './modules.ts'

function wants(any: Wants['any']): Wants {
  return { any, maxBytes: 64 * 1024 ** 2, loss: 'partial' }
}

const moduleReader: LazyReader<BazelFile> = {
  id: 'bazel-module',
  version: 1,
  wants: wants([{ name: 'MODULE.bazel' }]),
  load: async () => (await import('./modules.ts')).readBazelModule,
}

const lockReader: LazyReader<BazelFile> = {
  id: 'bazel-lock',
  version: 1,
  wants: wants([{ name: 'MODULE.bazel.lock' }]),
  load: async () => (await import('./modules.ts')).readBazelLock,
}

/** Modules of Bazel. */
export const bazel: LazyCataloger<BazelFile> = {
  id: 'bazel',
  summary: 'Bazel modules: MODULE.bazel.lock, MODULE.bazel where nothing is locked',
  kind: 'library',
  ecosystems: ['bazel'],
  yields: 'declared',
  fills: ['lines', 'direct', 'scope', 'depends-on'],
  readers: [moduleReader, lockReader],
  load: async () => (await import('./assemble.ts')).assembleBazel,
}
