import type { ExtractorSlice, Place } from './types.ts'

/** Packages of the languages that have no slice of their own. */
export const languages: ExtractorSlice = {
  places: new Map<string, Place>([
    ['language/cpp/conanlock', { cataloger: 'conan', path: () => 'app/conan.lock' }],
    ['language/swift/packageresolved', { cataloger: 'swift', path: () => 'app/Package.resolved' }],
    ['language/swift/podfilelock', { cataloger: 'cocoapods', path: () => 'app/Podfile.lock' }],
    ['language/dart/pubspec', { cataloger: 'pub', path: () => 'app/pubspec.lock' }],
    ['language/erlang/mixlock', { cataloger: 'hex', path: () => 'app/mix.lock' }],
    ['language/haskell/cabal', { cataloger: 'hackage', path: () => 'app/cabal.project.freeze' }],
    ['language/haskell/stacklock', { cataloger: 'hackage', path: () => 'app/stack.yaml.lock' }],
    ['language/julia/manifesttoml', { cataloger: 'julia', path: () => 'app/Manifest.toml' }],
    ['language/julia/projecttoml', { cataloger: 'julia', path: () => 'app/Project.toml' }],
    ['language/gleam/gleamtoml', { cataloger: 'gleam', path: () => 'app/gleam.toml' }],
    ['language/perl/cpan', { cataloger: 'cpan', path: (file) => `app/META.${file.endsWith('.yml') ? 'yml' : 'json'}` }],
    ['language/r/renvlock', { cataloger: 'cran', path: () => 'app/renv.lock' }],
  ]),
  notBuilt: [],
  gaps: {
    'language/gleam/gleamtoml/testdata/deps-and-dev-deps.toml':
      'of a range the least version counts, with little confidence; the case has the range for a version',
    'language/gleam/gleamtoml/testdata/git-and-local-deps.toml':
      'of a range the least version counts, and a dependency out of Git has none; the case has the range, and an empty version',
    'language/erlang/mixlock/testdata/git.lock':
      'a dependency out of Git has its commit for a version; the case has an empty one',
    'language/haskell/cabal/testdata/valid_2':
      'a constraint without the qualifier any. pins its package too; the case leaves it out',
  },
}
