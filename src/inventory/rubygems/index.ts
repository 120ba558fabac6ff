import type { LazyReader } from '../../reading/index.ts'
import type { LazyCataloger } from '../types.ts'
import type { RubyFact } from './assemble.ts'

/** Reads `Gemfile.lock` and `gems.locked`. */
const lockReader: LazyReader<RubyFact> = {
  id: 'bundler-lock',
  version: 1,
  wants: {
    any: [{ suffix: 'Gemfile.lock' }, { name: 'gems.locked' }],
    maxBytes: 16 * 1024 ** 2,
    loss: 'partial',
  },
  load: async () => (await import('./lockfile.ts')).readBundlerLock,
}

/** Reads `Gemfile` and `gems.rb` for what gems are for. */
const gemfileReader: LazyReader<RubyFact> = {
  id: 'gemfile',
  version: 1,
  wants: { any: [{ suffix: 'Gemfile' }, { name: 'gems.rb' }], maxBytes: 1024 ** 2, loss: 'partial' },
  load: async () => (await import('./gemfile.ts')).readGemfile,
}

/** Reads `.gemspec` files: of installed gems below `specifications`, else of a project. */
const specificationReader: LazyReader<RubyFact> = {
  id: 'gemspec',
  version: 1,
  wants: {
    any: [{ suffix: '.gemspec' }],
    maxBytes: 1024 ** 2,
    loss: 'partial',
    digests: ['md5', 'sha1', 'sha256'],
  },
  load: async () => (await import('./specification.ts')).readSpecification,
}

/** Reads the file in which a gem's project keeps its version. */
const versionReader: LazyReader<RubyFact> = {
  id: 'gem-version',
  version: 1,
  wants: { any: [{ name: 'version.rb', inside: 'lib' }], maxBytes: 256 * 1024, loss: 'partial' },
  load: async () => (await import('./specification.ts')).readVersionFile,
}

/** Gems of Ruby. */
export const rubygems: LazyCataloger<RubyFact> = {
  id: 'rubygems',
  summary:
    'gems of Ruby: Gemfile.lock, gems.locked (what for by the Gemfile beside), installed specifications, .gemspec of projects',
  kind: 'library',
  ecosystems: ['RubyGems'],
  yields: 'both',
  fills: ['licences', 'hashes', 'lines', 'direct', 'scope', 'depends-on'],
  readers: [lockReader, gemfileReader, specificationReader, versionReader],
  load: async () => (await import('./assemble.ts')).assembleGems,
}
