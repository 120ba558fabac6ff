import type { LazyReader } from '../../reading/index.ts'
import type { StatedPackage } from '../stated-packages.ts'
import type { LazyCataloger } from '../types.ts'

const spackSpecReader: LazyReader<StatedPackage> = {
  id: 'spack-spec',
  version: 1,
  wants: { any: [{ name: 'spec.json', inside: '.spack' }], maxBytes: 8 * 1024 ** 2, loss: 'partial' },
  load: async () => (await import('./specs.ts')).readSpackSpec,
}

const spackLockReader: LazyReader<StatedPackage> = {
  id: 'spack-lockfile',
  version: 1,
  wants: { any: [{ name: 'spack.lock' }], maxBytes: 24 * 1024 ** 2, loss: 'partial' },
  load: async () => (await import('./specs.ts')).readSpackLock,
}

/** Packages of Spack. */
export const spack: LazyCataloger<StatedPackage> = {
  id: 'spack',
  summary: 'Spack packages: installed .spack/spec.json, spack.lock',
  kind: 'library',
  ecosystems: ['spack'],
  yields: 'both',
  fills: ['direct', 'depends-on'],
  readers: [spackSpecReader, spackLockReader],
  load: async () => (await import('./assemble.ts')).assembleSpack,
}
