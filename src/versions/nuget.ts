import { compareSemantic, parseSemantic, type SemanticVersion } from './semver.ts'
import type { VersionScheme } from './types.ts'

/** NuGet's versions: Semantic Versioning with a fourth component, and pre-releases without regard to case. */
export const nuget: VersionScheme<SemanticVersion> = {
  id: 'nuget',
  ecosystems: ['NuGet'],
  specification: 'https://learn.microsoft.com/nuget/concepts/package-versioning',
  parse(text) {
    return parseSemantic(text.toLowerCase())
  },
  compare: compareSemantic,
}
