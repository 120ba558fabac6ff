import type { BodyDigest, LazyRandomReader, LazyReader } from '../../reading/index.ts'
import type { LazyCataloger } from '../types.ts'
import type { NpmFact } from './assemble.ts'
import type { Imported } from './deno.ts'
import type { Manifest } from './installed.ts'
import type { LockedPackage } from './locked-package.ts'
import type { PluggedPackage } from './pnp.ts'

const MAX_LOCKFILE_BYTES = 24 * 1024 ** 2
const MAX_ARCHIVE_BYTES = 4 * 1024 ** 3
const MAX_MANIFEST_BYTES = 4 * 1024 ** 2
/** They prove whose an installed package is: npm packages of Debian, Alpine and Fedora are OS packages' files. */
const OWNERSHIP_DIGESTS: readonly BodyDigest[] = ['md5', 'sha1', 'sha256']

/** Reads `package.json`, wherever it lies. */
const npmManifestReader: LazyReader<Manifest> = {
  id: 'npm-manifest',
  version: 2,
  wants: {
    any: [{ name: 'package.json' }],
    maxBytes: MAX_MANIFEST_BYTES,
    loss: 'partial',
    digests: OWNERSHIP_DIGESTS,
  },
  load: async () => (await import('./installed.ts')).readManifest,
}

/** Reads `package-lock.json` and `npm-shrinkwrap.json`. */
const npmLockReader: LazyReader<LockedPackage> = {
  id: 'npm-lockfile',
  version: 2,
  wants: {
    any: [{ name: 'package-lock.json' }, { name: 'npm-shrinkwrap.json' }],
    maxBytes: MAX_LOCKFILE_BYTES,
    loss: 'partial',
  },
  load: async () => (await import('./lockfile.ts')).readNpmLock,
}

/** Reads `yarn.lock`, of Yarn 1 and later. */
const yarnLockReader: LazyReader<LockedPackage> = {
  id: 'yarn-lockfile',
  version: 1,
  wants: { any: [{ name: 'yarn.lock' }], maxBytes: MAX_LOCKFILE_BYTES, loss: 'partial' },
  load: async () => (await import('./yarn-lock.ts')).readYarnLock,
}

/** Reads `pnpm-lock.yaml`. */
const pnpmLockReader: LazyReader<LockedPackage> = {
  id: 'pnpm-lockfile',
  version: 1,
  wants: { any: [{ name: 'pnpm-lock.yaml' }], maxBytes: MAX_LOCKFILE_BYTES, loss: 'partial' },
  load: async () => (await import('./pnpm-lock.ts')).readPnpmLock,
}

/** Reads `bun.lock`. */
const bunLockReader: LazyReader<LockedPackage> = {
  id: 'bun-lockfile',
  version: 1,
  wants: { any: [{ name: 'bun.lock' }], maxBytes: MAX_LOCKFILE_BYTES, loss: 'partial' },
  load: async () => (await import('./bun-lock.ts')).readBunLock,
}

/** Reads `deno.lock`. */
const denoLockReader: LazyReader<LockedPackage> = {
  id: 'deno-lockfile',
  version: 1,
  wants: { any: [{ name: 'deno.lock' }], maxBytes: MAX_LOCKFILE_BYTES, loss: 'partial' },
  load: async () => (await import('./deno-lock.ts')).readDenoLock,
}

/** Reads import maps of Deno. */
const denoConfigReader: LazyReader<Imported> = {
  id: 'deno-config',
  version: 1,
  wants: {
    any: [{ name: 'deno.json' }, { name: 'deno.jsonc' }, { name: 'import_map.json' }],
    maxBytes: MAX_MANIFEST_BYTES,
    loss: 'partial',
  },
  load: async () => (await import('./deno.ts')).readDenoConfig,
}

/**
 * Reads modules by the names that Deno's manual gives to those that a program begins with or keeps its imports in. All modules of an
 * image would be hundreds of thousands.
 */
const denoSourceReader: LazyReader<Imported> = {
  id: 'deno-source',
  version: 1,
  wants: {
    any: ['deps', 'dev_deps', 'test_deps', 'mod', 'main', 'server'].flatMap((stem) =>
      ['ts', 'tsx', 'mts'].map((ending) => ({ name: `${stem}.${ending}` })),
    ),
    maxBytes: MAX_MANIFEST_BYTES,
    loss: 'partial',
  },
  load: async () => (await import('./deno.ts')).readDenoSource,
}

/** Reads packages in extensions of VS Code and in Yarn's cache (of a project, or the user's), which keeps each as a zip archive. */
const npmZipReader: LazyRandomReader<Manifest> = {
  id: 'npm-zip',
  version: 1,
  wants: {
    any: [
      { suffix: '.vsix' },
      { suffix: '.zip', inside: '.yarn/cache' },
      { suffix: '.zip', inside: '.yarn/berry/cache' },
    ],
    maxBytes: MAX_ARCHIVE_BYTES,
    loss: 'partial',
  },
  loadRandom: async () => (await import('./archived.ts')).readZippedManifests,
}

/** Reads packages in archives of Electron. */
const npmAsarReader: LazyRandomReader<Manifest> = {
  id: 'npm-asar',
  version: 1,
  wants: { any: [{ suffix: '.asar' }], maxBytes: MAX_ARCHIVE_BYTES, loss: 'partial' },
  loadRandom: async () => (await import('./archived.ts')).readAsarManifests,
}

/** Reads what Yarn's Plug'n'Play finds packages by. */
const pnpReader: LazyReader<PluggedPackage> = {
  id: 'yarn-pnp',
  version: 1,
  wants: {
    any: [{ name: '.pnp.cjs' }, { name: '.pnp.js' }, { name: '.pnp.data.json' }],
    maxBytes: MAX_LOCKFILE_BYTES,
    loss: 'partial',
  },
  load: async () => (await import('./pnp.ts')).readPnp,
}

/** Packages of Node.js, whatever installed or locked them. */
export const npm: LazyCataloger<NpmFact> = {
  id: 'npm',
  summary:
    "npm packages: lockfiles of npm, Yarn, pnpm, Bun and Deno, installed package.json, Plug'n'Play, Yarn cache, .vsix, .asar",
  kind: 'library',
  ecosystems: ['npm'],
  yields: 'both',
  fills: ['licences', 'hashes', 'lines', 'direct', 'scope', 'depends-on'],
  readers: [
    npmLockReader,
    npmManifestReader,
    yarnLockReader,
    pnpmLockReader,
    bunLockReader,
    denoLockReader,
    denoConfigReader,
    denoSourceReader,
    npmZipReader,
    npmAsarReader,
    pnpReader,
  ],
  load: async () => (await import('./assemble.ts')).assembleNpm,
}
