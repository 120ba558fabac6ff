/** OSV's ecosystem name without the release: `Debian:12` gives `Debian`. */
export function bareEcosystem(ecosystem: string): string {
  const colon = ecosystem.indexOf(':')
  return colon < 0 ? ecosystem : ecosystem.slice(0, colon)
}

/** The release of an ecosystem name: `Debian:12` gives `12`, `Ubuntu:Pro:22.04:LTS` gives `Pro:22.04:LTS`, `npm` the empty text. */
export function ecosystemRelease(ecosystem: string): string {
  const colon = ecosystem.indexOf(':')
  return colon < 0 ? '' : ecosystem.slice(colon + 1)
}

/**
 * The one spelling under which a package is filed and looked up, by the rules of its ecosystem. Idempotent. `ecosystem` with
 * or without a release. Ecosystems whose registries tell names apart by case (npm, Go, Maven, RubyGems, CRAN, Hackage, and
 * the Linux distributions) keep the name as it is.
 */
export function packageKey(ecosystem: string, name: string): string {
  switch (bareEcosystem(ecosystem)) {
    case 'PyPI': // https://peps.python.org/pep-0503/#normalized-names
      return name.replace(/[-_.]+/g, '-').toLowerCase()
    case 'crates.io': // one name per crate whatever the case and whether - or _ (https://doc.rust-lang.org/cargo/reference/registry-index.html#name-restrictions)
      return name.replaceAll('_', '-').toLowerCase()
    case 'NuGet': // package ids are case-insensitive (https://learn.microsoft.com/nuget/reference/nuspec#id)
    case 'Packagist': // https://getcomposer.org/doc/04-schema.md#name
    case 'GitHub Actions': // owners and repositories are case-insensitive
    case 'Bitnami':
    case 'VSCode':
    case 'Hex':
    case 'Pub':
      return name.toLowerCase()
    case 'SwiftURL':
      return swiftKey(name)
    default:
      return name
  }
}

/** A Git URL without scheme, user, trailing slash and `.git`: packages are told apart by host and path, case-insensitively. */
function swiftKey(name: string): string {
  let key = name.toLowerCase()
  const scheme = key.indexOf('://')
  if (scheme >= 0) key = key.slice(scheme + 3)
  if (key.startsWith('git@')) key = key.slice(4).replace(':', '/')
  while (key.endsWith('/')) key = key.slice(0, -1)
  while (key.endsWith('.git')) key = key.slice(0, -4)
  return key
}
