import { apk } from './apk.ts'
import { bitnami } from './bitnami.ts'
import { cran } from './cran.ts'
import { dpkg } from './dpkg.ts'
import { go } from './go.ts'
import { hackage } from './hackage.ts'
import { hex } from './hex.ts'
import { maven } from './maven.ts'
import { nuget } from './nuget.ts'
import { packagist } from './packagist.ts'
import { pacman } from './pacman.ts'
import { pep440 } from './pep440.ts'
import { pub } from './pub.ts'
import { rpm } from './rpm.ts'
import { rubygems } from './rubygems.ts'
import { semver } from './semver.ts'
import type { VersionScheme } from './types.ts'

export type { VersionScheme } from './types.ts'
export {
  apk,
  bitnami,
  cran,
  dpkg,
  go,
  hackage,
  hex,
  maven,
  nuget,
  packagist,
  pacman,
  pep440,
  pub,
  rpm,
  rubygems,
  semver,
}

/** Every scheme, one a line. */
export const SCHEMES: readonly VersionScheme<unknown>[] = [
  dpkg,
  apk,
  rpm,
  pacman,
  semver,
  pep440,
  maven,
  rubygems,
  nuget,
  packagist,
  go,
  hex,
  pub,
  cran,
  hackage,
  bitnami,
]

const BY_ECOSYSTEM: ReadonlyMap<string, VersionScheme<unknown>> = new Map(
  SCHEMES.flatMap((scheme) => scheme.ecosystems.map((ecosystem) => [ecosystem.toLowerCase(), scheme] as const)),
)

/** Ecosystems that hold patched packages of others under the other's versions, its name after theirs: `Root:Alpine:3.18`. */
const WRAPPING = new Set(['root', 'docker hardened images', 'tuxcare'])

/**
 * The scheme that orders an ecosystem's versions, undefined for an ecosystem that no scheme lists. `ecosystem` is OSV's name with
 * or without its release (`Debian:12`, `npm`), or an operating system's ID with its release (`amzn:2`), in any case.
 */
export function schemeFor(ecosystem: string): VersionScheme<unknown> | undefined {
  const colon = ecosystem.indexOf(':')
  const name = (colon < 0 ? ecosystem : ecosystem.slice(0, colon)).toLowerCase()
  if (colon >= 0 && WRAPPING.has(name)) {
    const rest = ecosystem.slice(colon + 1)
    const end = rest.indexOf(':')
    const wrapped = BY_ECOSYSTEM.get((end < 0 ? rest : rest.slice(0, end)).toLowerCase())
    if (wrapped !== undefined) return wrapped
  }
  return BY_ECOSYSTEM.get(name)
}
