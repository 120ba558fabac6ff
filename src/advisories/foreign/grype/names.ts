/** Ecosystems by the types of packages that Grype files them under (https://github.com/anchore/syft, `syft/pkg`, Type). */
const LANGUAGES: ReadonlyMap<string, string> = new Map([
  ['bitnami', 'Bitnami'],
  ['composer', 'Packagist'],
  ['conan', 'ConanCenter'],
  ['dart-pub', 'Pub'],
  ['dotnet', 'NuGet'],
  ['erlang-otp', 'Hex'],
  ['gem', 'RubyGems'],
  ['github-action', 'GitHub Actions'],
  ['go', 'Go'],
  ['go-module', 'Go'],
  ['hex', 'Hex'],
  ['java', 'Maven'],
  ['java-archive', 'Maven'],
  ['maven', 'Maven'],
  ['npm', 'npm'],
  ['nuget', 'NuGet'],
  ['php-composer', 'Packagist'],
  ['pub', 'Pub'],
  ['pypi', 'PyPI'],
  ['python', 'PyPI'],
  ['r-package', 'CRAN'],
  ['rubygems', 'RubyGems'],
  ['rust-crate', 'crates.io'],
  ['swift', 'SwiftURL'],
])

/** The ecosystem of a package that belongs to no system; undefined for one that is not known. */
export function languageOf(type: string): string | undefined {
  return LANGUAGES.get(type.toLowerCase())
}

/** A row of `operating_systems`. */
export interface GrypeSystem {
  readonly name: string
  readonly major: string
  readonly minor: string
  /** `edge`, `unstable`: a release without a number. */
  readonly label: string
  /** `eus`: a stream beside the release's own. */
  readonly channel: string
}

const named = (ecosystem: string) => () => ecosystem
const byMajor =
  (ecosystem: string) =>
  ({ major, label }: GrypeSystem) =>
    `${ecosystem}:${major || label}`
const byBoth =
  (ecosystem: string) =>
  ({ major, minor, label }: GrypeSystem) =>
    `${ecosystem}:${minor === '' ? major || label : `${major}.${minor}`}`

const SYSTEMS: ReadonlyMap<string, (system: GrypeSystem) => string> = new Map([
  ['almalinux', byMajor('AlmaLinux')],
  ['alpine', alpine],
  ['amazon', byMajor('Amazon Linux')],
  ['amazonlinux', byMajor('Amazon Linux')],
  ['amzn', byMajor('Amazon Linux')],
  ['arch', named('Arch Linux')],
  ['archlinux', named('Arch Linux')],
  ['azurelinux', byMajor('Azure Linux')],
  ['chainguard', named('Chainguard')],
  ['debian', byMajor('Debian')],
  ['echo', byMajor('Echo')],
  ['fedora', byMajor('Fedora')],
  ['mariner', byMajor('Azure Linux')],
  ['minimos', named('MinimOS')],
  ['ol', byMajor('Oracle Linux')],
  ['opensuse', byBoth('openSUSE:Leap')],
  ['opensuse-leap', byBoth('openSUSE:Leap')],
  ['oracle', byMajor('Oracle Linux')],
  ['oraclelinux', byMajor('Oracle Linux')],
  ['photon', byBoth('Photon OS')],
  ['redhat', redHat],
  ['rhel', redHat],
  ['rocky', byMajor('Rocky Linux')],
  ['rockylinux', byMajor('Rocky Linux')],
  ['sles', suse],
  ['suse', suse],
  ['ubuntu', byBoth('Ubuntu')],
  ['wolfi', named('Wolfi')],
])

function alpine({ major, minor, label }: GrypeSystem): string {
  return `Alpine:${major === '' ? label : `v${major}.${minor}`}`
}

function redHat({ major, minor, channel }: GrypeSystem): string {
  if (channel === '') return `Red Hat:enterprise_linux:${major}`
  return `Red Hat:rhel_${channel}:${minor === '' ? major : `${major}.${minor}`}`
}

function suse({ major, minor }: GrypeSystem): string {
  return `SUSE:Linux Enterprise Server ${major}${minor === '' || minor === '0' ? '' : ` SP${minor}`}`
}

/** Systems' names in Grype's database that belong to an ecosystem without release. */
export function systemsOf(ecosystem: string): readonly string[] {
  const probe: GrypeSystem = { name: '', major: '1', minor: '1', label: '', channel: '' }
  return [...SYSTEMS].filter(([, name]) => name(probe).split(':', 1)[0] === ecosystem).map(([name]) => name)
}

/** Types of packages that belong to an ecosystem. */
export function typesOf(ecosystem: string): readonly string[] {
  return [...LANGUAGES].filter(([, name]) => name === ecosystem).map(([type]) => type)
}

/** The ecosystem with release of a system; undefined for one that is not known. */
export function systemEcosystem(system: GrypeSystem): string | undefined {
  return SYSTEMS.get(system.name.toLowerCase())?.(system).replace('openSUSE:Leap:', 'openSUSE:Leap ')
}

/** Providers whose records name the weakness: what is put in front of its CVE number, as OSV names theirs. */
const PREFIXES: ReadonlyMap<string, string> = new Map([
  ['alma', 'ALMALINUX'],
  ['almalinux', 'ALMALINUX'],
  ['alpine', 'ALPINE'],
  ['amazon', 'AMAZON'],
  ['arch', 'ARCH'],
  ['bitnami', 'BIT'],
  ['chainguard', 'CGR'],
  ['debian', 'DEBIAN'],
  ['echo', 'ECHO'],
  ['fedora', 'FEDORA'],
  ['github', 'GHSA'],
  ['mariner', 'AZL'],
  ['minimos', 'MINIMOS'],
  ['oracle', 'ORACLE'],
  ['photon', 'PHOTON'],
  ['rhel', 'REDHAT'],
  ['rocky', 'ROCKY'],
  ['sles', 'SUSE'],
  ['ubuntu', 'UBUNTU'],
  ['wolfi', 'WOLFI'],
])

/** The name of a provider's record about `name`: its own where it has one, the provider's with the CVE number behind it otherwise. */
export function recordName(provider: string, name: string): string {
  if (!/^CVE-/i.test(name) || provider === 'nvd') return name
  return `${PREFIXES.get(provider) ?? provider.toUpperCase()}-${name}`
}
