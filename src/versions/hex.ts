import { compareSemantic, parseSemantic, type SemanticVersion } from './semver.ts'
import type { VersionScheme } from './types.ts'

/** Hex's versions, as Elixir's `Version` orders them: Semantic Versioning, build metadata left out. */
export const hex: VersionScheme<SemanticVersion> = {
  id: 'hex',
  ecosystems: ['Hex'],
  specification: 'https://hexdocs.pm/elixir/Version.html',
  parse: parseSemantic,
  compare: compareSemantic,
}
