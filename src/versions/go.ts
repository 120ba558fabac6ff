import { compareSemantic, parseSemantic, type SemanticVersion } from './semver.ts'
import type { VersionScheme } from './types.ts'

/** What Go calls its own releases: `go1.21rc2`, `go1.19.5`, `go1.22.1 X:boringcrypto`, `1.20beta1`. */
const RELEASE = /^(?:go)?(\d+)\.(\d+)(?:\.(\d+))?(?:(alpha|beta|rc)(\d+))?(?:b\d+)?(?=$|[ +]|-)/
const PREFIXED = /^(?:devel )?go\d/

/**
 * Go's versions: Semantic Versioning with a leading `v`, pseudo-versions (`v0.0.0-20210101000000-abcdef123456`) and
 * `+incompatible`, which does not count. Releases of Go itself are read as Go's vulnerability database writes them: `go1.21rc2` is
 * `1.21.0-rc.2`. A development build of Go is before the release that it names, after its betas.
 */
export const go: VersionScheme<SemanticVersion> = {
  id: 'go',
  ecosystems: ['Go'],
  specification: 'https://go.dev/ref/mod#versions',
  parse(text) {
    return parseSemantic(asSemantic(text.trim()))
  },
  compare: compareSemantic,
}

function asSemantic(text: string): string {
  const development = text.startsWith('devel ')
  const name = development ? text.slice(6) : text
  const match = RELEASE.exec(name)
  if (match === null) return text
  const [, major, minor, patch, kind, number] = match
  if (!PREFIXED.test(text) && kind === undefined) return text
  const version = `${major}.${minor}.${patch ?? '0'}`
  if (development) return `${version}-devel`
  return kind === undefined ? version : `${version}-${kind}.${number}`
}
