import { compareSemantic, parseSemantic, type SemanticVersion } from './semver.ts'
import { compareDigits } from './text.ts'
import type { VersionScheme } from './types.ts'

interface BitnamiVersion {
  readonly version: SemanticVersion
  /** Digits of Bitnami's own revision; empty for none and for zero. */
  readonly revision: string
}

/**
 * Bitnami's versions: Semantic Versioning, but a number alone after the dash is the packaging revision, which comes after the
 * version itself (`1.2.3-4` after `1.2.3`). `-0` alone stays what advisories mean by it: before all pre-releases.
 */
export const bitnami: VersionScheme<BitnamiVersion> = {
  id: 'bitnami',
  ecosystems: ['Bitnami'],
  specification: 'https://github.com/bitnami/go-version',
  parse(text) {
    const version = parseSemantic(text)
    const only = version.preRelease.length === 1 ? version.preRelease[0] : undefined
    if (only === undefined || !only.number || only.value === '') return { version, revision: '' }
    return { version: { ...version, preRelease: [] }, revision: only.value }
  },
  compare(a, b) {
    return compareSemantic(a.version, b.version) || compareDigits(a.revision, b.revision)
  },
}
