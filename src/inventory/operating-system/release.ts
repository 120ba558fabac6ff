/** What a system says of itself, brought to one form before release and ecosystem are derived. */
export interface Claim {
  readonly id: string
  readonly name: string
  /** os-release's `NAME`, where it tells apart what shares an ID. */
  readonly product: string
  /** os-release's `VERSION`, which may hold more than the number: `24.03 (LTS-SP1)`. */
  readonly versionText: string
  readonly version: string
}

/** What advisories and support dates are keyed by, and OSV's ecosystem; see `OperatingSystem`. */
export interface Keys {
  readonly release: string
  readonly ecosystem?: string
}

type Rule = (claim: Claim) => Keys

/** The first `count` numbers of a version. */
function numbers(version: string, count: number): string {
  return new RegExp(`^\\d+(?:\\.\\d+){0,${count - 1}}`).exec(version)?.[0] ?? ''
}

const major = ({ version }: Claim) => numbers(version, 1)

/** `name:release`, or undefined where there is no release. */
function scoped(name: string, release: string): string | undefined {
  return release === '' ? undefined : `${name}:${release}`
}

const byMajor =
  (ecosystem?: string): Rule =>
  (claim) => ({ release: major(claim), ecosystem: ecosystem && scoped(ecosystem, major(claim)) })

const rolling =
  (ecosystem?: string): Rule =>
  () => ({ release: '', ecosystem })

const debian: Rule = ({ version }) => {
  const release = version.endsWith('sid') ? 'sid' : numbers(version, Number.parseInt(version, 10) < 4 ? 2 : 1)
  return { release, ecosystem: scoped('Debian', release) }
}

const ubuntu: Rule = ({ version }) => {
  const release = numbers(version, 2)
  // Long-term releases are those of April in even years, since 6.06.
  const longTerm = /^(\d*[02468])\.04$/.test(release) || release === '6.06'
  return { release, ecosystem: scoped('Ubuntu', release && release + (longTerm ? ':LTS' : '')) }
}

const alpine: Rule = ({ version }) => {
  if (version === 'edge' || /_alpha\d{8}/.test(version)) return { release: 'edge' }
  const release = numbers(version, 2)
  return release.includes('.') ? { release: `v${release}`, ecosystem: `Alpine:v${release}` } : { release: '' }
}

const centos: Rule = (claim) => {
  if (/stream/i.test(`${claim.product} ${claim.name}`)) return { release: major(claim) && `stream${major(claim)}` }
  return byMajor()(claim)
}

/** Amazon Linux 1 counted by year and month (`2018.03`); later ones are 2, 2022, 2023. */
const amazon: Rule = ({ version }) => {
  const first = numbers(version, 1)
  const release = /^20(?:1\d|20|21)\./.test(version) ? '1' : first
  return { release, ecosystem: scoped('Amazon Linux', release) }
}

const sles: Rule = ({ version, name }) => {
  const [, first = '', pack = '0'] = /^(\d+)(?:(?:\.|-SP| SP)(\d+))?/i.exec(version) ?? []
  const named = Number(first) >= 16 ? numbers(version, 2) : pack === '0' ? first : `${first} SP${pack}`
  return { release: named, ecosystem: suse(name) ?? scoped('SUSE', named && `Linux Enterprise Server ${named}`) }
}

/** OSV names SUSE's products as os-release's `PRETTY_NAME` does, without the first word. */
function suse(name: string): string | undefined {
  return /^SUSE Linux [\w .-]{1,80}$/.test(name) ? `SUSE:${name.slice(5)}` : undefined
}

const suseProduct: Rule = ({ version, name }) => ({ release: numbers(version, 2), ecosystem: suse(name) })

const leap: Rule = ({ version }) => {
  const release = numbers(version, 2)
  return { release, ecosystem: scoped('openSUSE', release && `Leap ${release}`) }
}

const leapMicro: Rule = ({ version }) => {
  const release = numbers(version, 2)
  return { release, ecosystem: scoped('openSUSE', release && `Leap Micro ${release}`) }
}

const photon: Rule = ({ version }) => {
  const release = numbers(version, 2)
  const full = release === '' || release.includes('.') ? release : `${release}.0`
  return { release: full, ecosystem: scoped('Photon OS', full) }
}

/** Microsoft publishes for Mariner 2 and later, under the name that it has had since 3. */
const azure: Rule = ({ version }) => {
  const first = numbers(version, 1)
  const release = numbers(version, 2)
  return { release, ecosystem: Number(first) >= 2 ? `Azure Linux:${first}` : undefined }
}

const openEuler: Rule = ({ version, versionText }) => {
  const release = numbers(version, 2)
  const kind = /LTS(?:-SP\d{1,2})?/.exec(`${version} ${versionText}`)?.[0]
  const full = release === '' || kind === undefined ? release : `${release}-${kind}`
  return { release: full, ecosystem: kind === undefined ? undefined : scoped('openEuler', full) }
}

const alpaquita: Rule = ({ version }) => {
  const release = version === 'stream' ? version : numbers(version, 1)
  return { release, ecosystem: scoped('Alpaquita', release) }
}

const whole: Rule = ({ version }) => ({ release: version })

/** How each distribution's version becomes its release, by ID. */
const RULES: ReadonlyMap<string, Rule> = new Map([
  ['debian', debian],
  ['ubuntu', ubuntu],
  ['alpine', alpine],
  ['rhel', byMajor('Red Hat:enterprise_linux')],
  ['centos', centos],
  ['almalinux', byMajor('AlmaLinux')],
  ['rocky', byMajor('Rocky Linux')],
  ['ol', byMajor('Oracle Linux')],
  ['scientific', byMajor()],
  ['fedora', byMajor('Fedora')],
  ['amzn', amazon],
  ['sles', sles],
  ['sles_sap', sles],
  ['sled', sles],
  ['sle_hpc', sles],
  ['sle-micro', suseProduct],
  ['sle-micro-rancher', suseProduct],
  ['sl-micro', suseProduct],
  ['opensuse-leap', leap],
  ['opensuse-leap-micro', leapMicro],
  ['opensuse-tumbleweed', rolling('openSUSE:Tumbleweed')],
  // Built from Tumbleweed's packages.
  ['opensuse-microos', rolling('openSUSE:Tumbleweed')],
  ['opensuse', leap],
  ['photon', photon],
  ['mariner', azure],
  ['azurelinux', azure],
  ['openeuler', openEuler],
  ['mageia', byMajor('Mageia')],
  ['wolfi', rolling('Wolfi')],
  ['chainguard', rolling('Chainguard')],
  ['minimos', rolling('MinimOS')],
  ['echo', rolling('Echo')],
  ['alpaquita', alpaquita],
  ['arch', rolling('Arch Linux')],
  ['archarm', rolling()],
  ['gentoo', rolling()],
  ['bottlerocket', whole],
  ['flatcar', byMajor()],
  ['cos', byMajor()],
])

/** Release and ecosystem of a system; a distribution without a rule keeps its version as release, and has no ecosystem. */
export function keysOf(claim: Claim): Keys {
  return (RULES.get(claim.id) ?? whole)(claim)
}

/** IDs that are rolling: their version says when the image was made, not which release it is. */
export function isRolling(id: string): boolean {
  return RULES.has(id) && keysOf({ id, name: '', product: '', versionText: '', version: '1.0' }).release === ''
}

/** IDs of the distributions whose versions are understood, sorted. */
export function distributionIds(): readonly string[] {
  return [...RULES.keys()].sort()
}
