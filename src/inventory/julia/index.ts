import type { LazyReader } from '../../reading/index.ts'
import type { StatedPackage } from '../stated-packages.ts'
import type { LazyCataloger } from '../types.ts'

/** Reads Manifest.toml, formats 1 and 2. */
const reader: LazyReader<StatedPackage> = {
  id: 'julia-manifest',
  version: 1,
  wants: {
    any: [
      { prefix: 'Manifest', suffix: '.toml' },
      { prefix: 'JuliaManifest', suffix: '.toml' },
    ],
    maxBytes: 64 * 1024 ** 2,
    loss: 'partial',
  },
  load: async () => (await import('./lockfile.ts')).readManifest,
}

/** Reads Project.toml of projects, and of packages in a depot. */
const projectReader: LazyReader<StatedPackage> = {
  id: 'julia-project',
  version: 1,
  wants: {
    any: [{ name: 'Project.toml' }, { name: 'JuliaProject.toml' }],
    maxBytes: 16 * 1024 ** 2,
    loss: 'partial',
  },
  load: async () => (await import('./project.ts')).readProject,
}

/** Julia packages. */
export const julia: LazyCataloger<StatedPackage> = {
  id: 'julia',
  summary:
    'Julia packages: Manifest.toml, formats 1 and 2; Project.toml of installed packages, and of projects where nothing is locked',
  kind: 'library',
  ecosystems: ['Julia'],
  yields: 'both',
  fills: ['direct', 'scope', 'depends-on'],
  readers: [reader, projectReader],
  load: async () => (await import('./assemble.ts')).assembleJulia,
}
