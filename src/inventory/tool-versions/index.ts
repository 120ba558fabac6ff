import type { LazyReader, PathCondition } from '../../reading/index.ts'
import type { StatedPackage } from '../stated-packages.ts'
import type { LazyCataloger } from '../types.ts'

const SMALL = 256 * 1024

const miseReader: LazyReader<StatedPackage> = {
  id: 'mise-config',
  version: 1,
  wants: {
    any: ['mise.toml', '.mise.toml', 'mise.local.toml', '.mise.local.toml'].map((name) => ({ name })),
    maxBytes: SMALL,
    loss: 'partial',
  },
  load: async () => (await import('./mise.ts')).readMise,
}

const toolVersionsReader: LazyReader<StatedPackage> = {
  id: 'asdf-tool-versions',
  version: 1,
  wants: { any: [{ name: '.tool-versions' }], maxBytes: SMALL, loss: 'partial' },
  load: async () => (await import('./version-files.ts')).readToolVersions,
}

const versionFileReader: LazyReader<StatedPackage> = {
  id: 'runtime-version-file',
  version: 1,
  wants: {
    any: ['.nvmrc', '.node-version', '.python-version', '.ruby-version', '.java-version', '.go-version'].map(
      (name) => ({
        name,
      }),
    ),
    maxBytes: SMALL,
    loss: 'partial',
  },
  load: async () => (await import('./version-files.ts')).readVersionFile,
}

/** Folders in which version managers install, and files that nearly everything they install has at its top: they prove that it is there. */
const INSTALLED: readonly PathCondition[] = [
  '.asdf/installs',
  'mise/installs',
  '.nvm/versions/node',
  'node-versions',
  'tools/image',
].flatMap((inside) =>
  ['LICENSE', 'LICENSE.txt', 'LICENSE.md', 'README.md', 'VERSION'].map((name) => ({ inside, name })),
)

const installedReader: LazyReader<StatedPackage> = {
  id: 'runtime-installed',
  version: 1,
  wants: { any: INSTALLED, maxBytes: 8 * 1024 ** 2, loss: 'partial' },
  load: async () => (await import('./installed.ts')).readInstalledRuntime,
}

/** Runtimes and tools that version managers keep. */
export const toolVersions: LazyCataloger<StatedPackage> = {
  id: 'tool-versions',
  summary: 'runtimes of version managers: asdf, mise, nvm, fnm, Volta, .tool-versions, mise.toml, .nvmrc and their kin',
  kind: 'library',
  ecosystems: ['generic', 'npm', 'PyPI', 'crates.io', 'RubyGems', 'Go'],
  yields: 'both',
  fills: ['lines', 'direct'],
  readers: [miseReader, toolVersionsReader, versionFileReader, installedReader],
  load: async () => (await import('./assemble.ts')).assembleToolVersions,
}
