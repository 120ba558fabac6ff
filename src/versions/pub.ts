import { compareBuild, compareSemantic, parseSemantic, type SemanticVersion } from './semver.ts'
import type { VersionScheme } from './types.ts'

/** Dart's versions: Semantic Versioning, and then build metadata, which is after the same version without. */
export const pub: VersionScheme<SemanticVersion> = {
  id: 'pub',
  ecosystems: ['Pub'],
  specification: 'https://pub.dev/documentation/pub_semver/latest/pub_semver/Version/compareTo.html',
  parse: parseSemantic,
  compare(a, b) {
    return compareSemantic(a, b) || compareBuild(a, b)
  },
}
