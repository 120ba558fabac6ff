import type { PackageUrlParts } from '../lib/package-url/package-url.ts'

/** How the parts of a package URL make the name under which advisories file a package. */
type Naming = (namespace: string, name: string) => string

const PLAIN: Naming = (_, name) => name
const PATH: Naming = (namespace, name) => (namespace === '' ? name : `${namespace}/${name}`)
const MAVEN: Naming = (namespace, name) => (namespace === '' ? name : `${namespace}:${name}`)

/**
 * OSV's ecosystem (https://ossf.github.io/osv-schema/#defined-ecosystems) for each type of package URL
 * (https://github.com/package-url/purl-spec/tree/main/types) that has one, with how it names packages.
 */
const ECOSYSTEMS: ReadonlyMap<string, readonly [ecosystem: string, naming: Naming]> = new Map([
  ['bioconductor', ['Bioconductor', PLAIN]],
  ['bitnami', ['Bitnami', PLAIN]],
  ['cargo', ['crates.io', PLAIN]],
  ['composer', ['Packagist', PATH]],
  ['conan', ['ConanCenter', PLAIN]],
  ['cran', ['CRAN', PLAIN]],
  ['gem', ['RubyGems', PLAIN]],
  ['githubactions', ['GitHub Actions', PATH]],
  ['golang', ['Go', PATH]],
  ['hackage', ['Hackage', PLAIN]],
  ['hex', ['Hex', PLAIN]],
  ['julia', ['Julia', PLAIN]],
  ['maven', ['Maven', MAVEN]],
  ['npm', ['npm', PATH]],
  ['nuget', ['NuGet', PLAIN]],
  ['opam', ['opam', PLAIN]],
  ['pub', ['Pub', PLAIN]],
  ['pypi', ['PyPI', PLAIN]],
  ['swift', ['SwiftURL', PATH]],
  ['vscode-extension', ['VSCode', PATH]],
])

/** Types of packages that a distribution's own package manager installs. */
const OF_SYSTEMS: ReadonlySet<string> = new Set(['alpm', 'apk', 'deb', 'ebuild', 'opkg', 'portage', 'rpm'])

/** Whether packages of that type are an operating system's. */
export function isSystemPackageUrl(type: string): boolean {
  return OF_SYSTEMS.has(type)
}

/**
 * Ecosystem and name of the package that a package URL means: as OSV has them; where OSV has no such ecosystem, the type and the name
 * without its namespace. Operating systems' packages are of their type too: their release is not told by the URL alone.
 */
export function purlEcosystem(parts: PackageUrlParts): { readonly ecosystem: string; readonly name: string } {
  const [ecosystem, naming] = ECOSYSTEMS.get(parts.type) ?? [parts.type, PLAIN]
  return { ecosystem, name: naming(parts.namespace ?? '', parts.name) }
}
