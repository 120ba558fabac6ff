/** What a bucket of Trivy's database is about. */
export interface BucketSubject {
  /** As OSV names it, with release. */
  readonly ecosystem: string
  /** Who says it, as Trivy's severities name them: `ghsa`, `ubuntu`, `oracle-oval`. Languages' buckets say it themselves. */
  readonly source?: string
}

/** Ecosystems of language buckets (`npm::GitHub Security Advisory Npm`), by what stands before the colons. */
const LANGUAGES: ReadonlyMap<string, string> = new Map([
  ['bitnami', 'Bitnami'],
  ['cargo', 'crates.io'],
  ['cocoapods', 'CocoaPods'],
  ['composer', 'Packagist'],
  ['conan', 'ConanCenter'],
  ['erlang', 'Hex'],
  ['go', 'Go'],
  ['julia', 'Julia'],
  ['k8s', 'Kubernetes'],
  ['maven', 'Maven'],
  ['npm', 'npm'],
  ['nuget', 'NuGet'],
  ['pip', 'PyPI'],
  ['pub', 'Pub'],
  ['rubygems', 'RubyGems'],
  ['swift', 'SwiftURL'],
])

/** Buckets of distributions (https://github.com/aquasecurity/trivy-db, `pkg/vulnsrc`, the platform formats). */
const PLATFORMS: readonly (readonly [form: RegExp, source: string, ecosystem: (found: RegExpExecArray) => string])[] = [
  [/^alpine (\d+\.\d+|edge)$/, 'alpine', ([, release]) => `Alpine:${release === 'edge' ? release : `v${release}`}`],
  [/^debian (\d+)$/, 'debian', ([, release]) => `Debian:${release}`],
  [/^ubuntu (\d+\.\d+)-ESM$/i, 'ubuntu', ([, release]) => `Ubuntu:Pro:${release}:LTS`],
  [/^ubuntu (\d+\.\d+)$/, 'ubuntu', ([, release]) => `Ubuntu:${release}`],
  [/^alma (\d+)$/, 'alma', ([, release]) => `AlmaLinux:${release}`],
  [/^rocky (\d+)$/, 'rocky', ([, release]) => `Rocky Linux:${release}`],
  [/^Oracle Linux (\d+)$/, 'oracle-oval', ([, release]) => `Oracle Linux:${release}`],
  [/^amazon linux (\d+)$/, 'amazon', ([, release]) => `Amazon Linux:${release}`],
  [/^Photon OS (\d+\.\d+)$/, 'photon', ([, release]) => `Photon OS:${release}`],
  [/^CBL-Mariner (\d+)\.\d+$/, 'cbl-mariner', ([, release]) => `Azure Linux:${release}`],
  [/^Azure Linux (\d+)\.\d+$/, 'azure', ([, release]) => `Azure Linux:${release}`],
  [/^openSUSE (Leap [\d.]+|Tumbleweed)$/, 'suse-cvrf', ([, release]) => `openSUSE:${release}`],
  [/^openSUSE\.Tumbleweed$/i, 'suse-cvrf', () => 'openSUSE:Tumbleweed'],
  [/^SUSE Linux Enterprise Micro ([\d.]+)$/, 'suse-cvrf', ([, release]) => `SUSE:Linux Enterprise Micro ${release}`],
  [
    /^SUSE Linux Enterprise (\d+)(?:[-.](?:SP)?(\d+))?$/,
    'suse-cvrf',
    ([, release, pack]) => `SUSE:Linux Enterprise Server ${release}${pack === undefined ? '' : ` SP${pack}`}`,
  ],
  [/^wolfi$/, 'wolfi', () => 'Wolfi'],
  [/^chainguard$/, 'chainguard', () => 'Chainguard'],
  [/^minimos$/, 'minimos', () => 'MinimOS'],
  [/^echo$/, 'echo', () => 'Echo'],
  [/^archlinux$/, 'arch-linux', () => 'Arch Linux'],
]

/** Buckets that hold no advisories of packages. */
export const OTHER_BUCKETS: ReadonlySet<string> = new Set([
  'data-source',
  'vulnerability',
  'vulnerability-id',
  'vulnerability-detail',
  'advisory-detail',
  'severity',
  'Red Hat CPE',
  'trivy',
])

/** What a top-level bucket is about; undefined for one that is not known. `Red Hat` names no release: its entries do, by CPE. */
export function subjectOf(bucket: string): BucketSubject | undefined {
  const colons = bucket.indexOf('::')
  if (colons > 0) {
    const ecosystem = LANGUAGES.get(bucket.slice(0, colons).toLowerCase())
    return ecosystem === undefined ? undefined : { ecosystem }
  }
  if (bucket === 'Red Hat') return { ecosystem: 'Red Hat', source: 'redhat' }
  for (const [form, source, ecosystem] of PLATFORMS) {
    const found = form.exec(bucket)
    if (found !== null) return { ecosystem: ecosystem(found), source }
  }
  return undefined
}

/** Sources by Trivy's names, where ours differ. */
const SOURCES: ReadonlyMap<string, string> = new Map([
  ['alma', 'almalinux'],
  ['arch-linux', 'arch'],
  ['azure', 'azurelinux'],
  ['cbl-mariner', 'azurelinux'],
  ['oracle-oval', 'oracle'],
  ['redhat-oval', 'redhat'],
  ['suse-cvrf', 'suse'],
  ['ruby-advisory-db', 'rubysec'],
  ['go-vulndb', 'go'],
  ['govulndb', 'go'],
  ['nodejs-security-wg', 'nodejs'],
])

/** A source of Trivy's by the name that findings use. */
export function sourceName(source: string): string {
  return SOURCES.get(source) ?? source
}
