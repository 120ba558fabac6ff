import type { LazyRandomReader, LazyReader, PathCondition } from '../../reading/index.ts'
import type { StatedPackage } from '../stated-packages.ts'
import type { LazyCataloger } from '../types.ts'

const MAX_BYTES = 64 * 1024 ** 2
const MAX_PROJECT_BYTES = 4 * 1024 ** 2
const MAX_PROGRAM_BYTES = 2 * 1024 ** 3

function textReader(
  id: string,
  any: readonly PathCondition[],
  maxBytes: number,
  load: LazyReader<StatedPackage>['load'],
  version = 1,
): LazyReader<StatedPackage> {
  return { id, version, wants: { any, maxBytes, loss: 'partial' }, load }
}

/** Reads version resources of programs and libraries of Windows, those of .NET among them. */
const programReader: LazyRandomReader<StatedPackage> = {
  id: 'pe-version',
  version: 1,
  wants: {
    any: [{ suffix: '.dll' }, { suffix: '.exe' }],
    maxBytes: MAX_PROGRAM_BYTES,
    loss: 'partial',
    digests: ['md5', 'sha1', 'sha256'],
  },
  loadRandom: async () => (await import('./program.ts')).readProgramVersion,
}

/** Packages of NuGet, and .NET itself. */
export const nuget: LazyCataloger<StatedPackage> = {
  id: 'nuget',
  summary:
    'NuGet packages: .deps.json, packages.lock.json, project.assets.json, packages.config, projects, paket, versions of .dll and .exe, .NET itself',
  kind: 'library',
  ecosystems: ['NuGet'],
  yields: 'both',
  fills: ['hashes', 'lines', 'direct', 'scope', 'depends-on', 'supplier'],
  readers: [
    textReader('dotnet-deps', [{ suffix: '.deps.json' }], MAX_BYTES, async () => (await import('./graph.ts')).readDeps),
    textReader(
      'nuget-assets',
      [{ name: 'project.assets.json' }],
      MAX_BYTES,
      async () => (await import('./graph.ts')).readAssets,
      2,
    ),
    textReader(
      'nuget-lock',
      [{ suffix: 'packages.lock.json' }],
      MAX_BYTES,
      async () => (await import('./lockfile.ts')).readNugetLock,
    ),
    textReader(
      'nuget-config',
      [{ name: 'packages.config' }],
      MAX_PROJECT_BYTES,
      async () => (await import('./project.ts')).readPackagesConfig,
    ),
    textReader(
      'dotnet-project',
      ['.csproj', '.fsproj', '.vbproj', 'Packages.props'].map((suffix) => ({ suffix })),
      MAX_PROJECT_BYTES,
      async () => (await import('./project.ts')).readProject,
    ),
    textReader(
      'paket-lock',
      [{ name: 'paket.lock' }],
      MAX_BYTES,
      async () => (await import('./paket.ts')).readPaketLock,
    ),
    textReader(
      'paket-dependencies',
      [{ name: 'paket.dependencies' }],
      MAX_PROJECT_BYTES,
      async () => (await import('./paket.ts')).readPaketDependencies,
    ),
    textReader(
      'dotnet-installed',
      [
        { name: '.version', inside: 'shared' },
        { name: '.version', inside: 'sdk' },
      ],
      4096,
      async () => (await import('./installation.ts')).readInstallation,
    ),
    programReader,
  ],
  load: async () => (await import('./assemble.ts')).assembleNuget,
}
