import type { BodyDigest, LazyRandomReader, LazyReader } from '../../reading/index.ts'
import { PROGRAM_FILES } from '../program-files.ts'
import type { LazyCataloger } from '../types.ts'
import type { AskedDistribution, Distribution, Include, LockedDistribution, Project, PythonFact } from './facts.ts'

const MAX_LOCK_BYTES = 24 * 1024 ** 2
const MAX_METADATA_BYTES = 8 * 1024 ** 2
const MAX_LIST_BYTES = 4 * 1024 ** 2
/** They prove whose an installed package is: Python's packages of Debian, Alpine and Fedora are OS packages' files. */
const OWNERSHIP_DIGESTS: readonly BodyDigest[] = ['md5', 'sha1', 'sha256']

/** Reads `*.dist-info/METADATA`, `PKG-INFO` in `*.egg-info` and `EGG-INFO` folders, and `*.egg-info` files. */
const pythonMetadataReader: LazyReader<Distribution> = {
  id: 'python-metadata',
  version: 2,
  wants: {
    any: [{ name: 'METADATA' }, { name: 'PKG-INFO' }, { suffix: '.egg-info' }],
    maxBytes: MAX_METADATA_BYTES,
    loss: 'partial',
    digests: OWNERSHIP_DIGESTS,
  },
  load: async () => (await import('./metadata.ts')).readMetadata,
}

const archiveReader: LazyRandomReader<Distribution> = {
  id: 'python-archive',
  version: 1,
  wants: {
    any: [{ suffix: '.whl' }, { suffix: '.egg' }],
    maxBytes: 4 * 1024 ** 3,
    loss: 'partial',
    digests: OWNERSHIP_DIGESTS,
  },
  loadRandom: async () => (await import('./archives.ts')).readPythonArchive,
}

const frozenReader: LazyRandomReader<Distribution> = {
  id: 'python-frozen-program',
  version: 1,
  wants: PROGRAM_FILES,
  loadRandom: async () => (await import('./archives.ts')).readFrozenProgram,
}

const tomlLockReader: LazyReader<LockedDistribution> = {
  id: 'python-toml-lock',
  version: 2,
  wants: {
    any: [
      { name: 'poetry.lock' },
      { name: 'uv.lock' },
      { name: 'pdm.lock' },
      { name: 'pylock.toml' },
      { prefix: 'pylock.', suffix: '.toml' },
    ],
    maxBytes: MAX_LOCK_BYTES,
    loss: 'partial',
  },
  load: async () => (await import('./toml-locks.ts')).readPythonTomlLock,
}

const pipfileLockReader: LazyReader<LockedDistribution> = {
  id: 'python-pipfile-lock',
  version: 2,
  wants: { any: [{ name: 'Pipfile.lock' }], maxBytes: MAX_LOCK_BYTES, loss: 'partial' },
  load: async () => (await import('./pipfile-lock.ts')).readPipfileLock,
}

/** Reads lists of requirements by the names that they usually have, and of constraints, which lists of requirements refer to. */
const requirementsReader: LazyReader<AskedDistribution | Include> = {
  id: 'python-requirements',
  version: 2,
  wants: {
    any: [
      { prefix: 'requirements', suffix: '.txt' },
      { suffix: 'requirements.txt' },
      { inside: 'requirements', suffix: '.txt' },
      { prefix: 'constraints', suffix: '.txt' },
      { suffix: 'constraints.txt' },
    ],
    maxBytes: MAX_LIST_BYTES,
    loss: 'partial',
  },
  load: async () => (await import('./requirements.ts')).readRequirements,
}

const pyprojectReader: LazyReader<AskedDistribution | Project> = {
  id: 'python-pyproject',
  version: 1,
  wants: { any: [{ name: 'pyproject.toml' }], maxBytes: MAX_LIST_BYTES, loss: 'partial' },
  load: async () => (await import('./pyproject.ts')).readPyproject,
}

const setupProgramReader: LazyReader<AskedDistribution | Project> = {
  id: 'python-setup-program',
  version: 1,
  wants: { any: [{ name: 'setup.py' }], maxBytes: MAX_LIST_BYTES, loss: 'partial' },
  load: async () => (await import('./setup-files.ts')).readSetupProgram,
}

const setupConfigurationReader: LazyReader<AskedDistribution | Project> = {
  id: 'python-setup-configuration',
  version: 1,
  wants: { any: [{ name: 'setup.cfg' }], maxBytes: MAX_LIST_BYTES, loss: 'partial' },
  load: async () => (await import('./setup-files.ts')).readSetupConfiguration,
}

/** Packages of Python. */
export const pypi: LazyCataloger<PythonFact> = {
  id: 'pypi',
  summary:
    'Python packages: installed dist-info, egg-info; wheels and zipped eggs; programs of PyInstaller; poetry.lock, uv.lock, pdm.lock, pylock.toml, Pipfile.lock, requirements*.txt with constraints; pyproject.toml, setup.py and setup.cfg where nothing is locked',
  kind: 'library',
  ecosystems: ['PyPI'],
  yields: 'both',
  fills: ['licences', 'supplier', 'hashes', 'lines', 'direct', 'scope', 'depends-on'],
  readers: [
    pythonMetadataReader,
    archiveReader,
    frozenReader,
    tomlLockReader,
    pipfileLockReader,
    requirementsReader,
    pyprojectReader,
    setupProgramReader,
    setupConfigurationReader,
  ],
  load: async () => (await import('./assemble.ts')).assemblePypi,
}
