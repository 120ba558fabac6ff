import { bareEcosystem, ecosystemRelease } from '../package-key.ts'

/**
 * How an entry's release stands to the installed one: `main`: it speaks about it; `extended`: it speaks about it for those who
 * pay for longer support (Ubuntu Pro); undefined: it is about something else.
 */
export type ReleaseScope = 'main' | 'extended' | undefined

type ReleaseRule = (installed: string, entry: string, version: string) => ReleaseScope

const same: ReleaseRule = (installed, entry) => (installed === entry ? 'main' : undefined)

const sameMajor: ReleaseRule = (installed, entry) => (majorOf(installed) === majorOf(entry) ? 'main' : undefined)

/** The ecosystems that write a release behind their name. What is not here has none: every entry speaks about every version. */
export const releaseRules: ReadonlyMap<string, ReleaseRule> = new Map<string, ReleaseRule>([
  ['Debian', sameMajor],
  ['Echo', same],
  ['Ubuntu', ubuntu],
  ['Alpine', (installed, entry) => (alpine(installed) === alpine(entry) ? 'main' : undefined)],
  ['Alpaquita', same],
  ['BellSoft Hardened Containers', same],
  ['AlmaLinux', sameMajor],
  ['Rocky Linux', sameMajor],
  ['Red Hat', redHat],
  ['SUSE', suse],
  ['openSUSE', (installed, entry) => (installed.toLowerCase() === entry.toLowerCase() ? 'main' : undefined)],
  ['Mageia', same],
  ['openEuler', same],
  ['Fedora', same],
  ['EPEL', sameMajor],
  ['Oracle Linux', oracle],
  ['Amazon Linux', sameMajor],
  ['Photon OS', sameMajor],
  ['Azure Linux', sameMajor],
  ['Android', same],
])

/**
 * Whether an entry of `entryEcosystem` speaks about what is installed in `installedEcosystem` (both with release; the same
 * ecosystem). An entry that names no release speaks about all. `version` is the installed one: a build for FIPS is judged by the
 * records for FIPS builds only.
 */
export function releaseScope(installedEcosystem: string, entryEcosystem: string, version: string): ReleaseScope {
  const rule = releaseRules.get(bareEcosystem(installedEcosystem))
  const entry = ecosystemRelease(entryEcosystem)
  if (rule === undefined || entry === '') return 'main'
  return rule(ecosystemRelease(installedEcosystem), entry, version)
}

function majorOf(release: string): string {
  const dot = release.indexOf('.')
  return dot < 0 ? release : release.slice(0, dot)
}

/** `3.10`, `v3.10` and `v3.10.2` are one release. */
function alpine(release: string): string {
  const numbers = /^v?(\d+\.\d+)/.exec(release)
  return numbers === null ? release : numbers[1]
}

/**
 * Ubuntu (https://documentation.ubuntu.com/security/security-updates/osv/): `22.04:LTS`, `24.10`; Pro's `Pro:16.04:LTS` and
 * `Pro:22.04:LTS:Realtime:Kernel` name fixes that only subscribers get; `Pro:FIPS-updates:18.04:LTS` is another stream, which
 * speaks about FIPS builds alone. What else stands before or behind the release (`Nvidia-BlueField:22.04:LTS`,
 * `22.04:LTS:for:NVIDIA:BlueField`) is another product.
 */
function ubuntu(installed: string, entry: string, version: string): ReleaseScope {
  const parts = /^((?:[A-Za-z][^:]*:)*)(\d+\.\d+)(?::LTS)?((?::[A-Za-z][^:]*)*)$/.exec(entry)
  if (parts === null || parts[2] !== /\d+\.\d+/.exec(installed)?.[0]) return undefined
  const [, stream, , product] = parts
  const fips = /fips/i.test(version)
  if (/^Pro:FIPS/.test(stream)) return fips ? 'extended' : undefined
  if (fips) return undefined
  if (stream === '') return product === '' ? 'main' : undefined
  const pro = product === '' || /^:Realtime/i.test(product)
  return pro && /^Pro:(?:Realtime[^:]*:)?$/i.test(stream) ? 'extended' : undefined
}

/**
 * Red Hat's releases are CPE suffixes: `enterprise_linux:8::appstream`. Extended streams are products of their own (`rhel_eus:8.6`,
 * `rhel_aus`, `rhel_e4s`, `rhel_tus`, `rhel_els`, `enterprise_linux_eus:10.0`): their fixes never reach the main one.
 */
function redHat(installed: string, entry: string): ReleaseScope {
  const wanted = product(installed)
  const found = product(entry)
  if (wanted.name !== found.name) return undefined
  if (wanted.name !== 'enterprise_linux') return wanted.version === found.version ? 'main' : undefined
  return majorOf(wanted.version) === majorOf(found.version) ? 'main' : undefined
}

function product(release: string): { readonly name: string; readonly version: string } {
  if (/^\d/.test(release)) return { name: 'enterprise_linux', version: release }
  const [name, version = ''] = release.split(':')
  return { name, version }
}

/** Oracle's builds for Ksplice (`8:ksplice`) are numbered beside the others: only such a build is judged by what is said about them. */
function oracle(installed: string, entry: string, version: string): ReleaseScope {
  const [release, stream] = entry.split(':')
  if ((stream === 'ksplice') !== /ksplice/.test(version)) return undefined
  return sameMajor(installed, release, version)
}

/** SUSE's products that a system has beside the base server and that are sold as longer or other support. */
const SUSE_EXTENDED =
  /LTSS|ESPOS|TERADATA|BCL|SAP|High Performance|Real Time|Live Patching|Manager|OpenStack|Storage|CaaS/i

/**
 * SUSE: `Linux Enterprise Server 15 SP5` is served by the modules of the same service pack
 * (`Linux Enterprise Module for Basesystem 15 SP5`), never by `…-LTSS` or `… for SAP Applications`.
 */
function suse(installed: string, entry: string): ReleaseScope {
  if (installed === entry) return 'main'
  if (SUSE_EXTENDED.test(entry) || !installed.startsWith('Linux Enterprise ') || /\bMicro\b/.test(installed + entry))
    return undefined
  const pack = /\b(\d+(?: SP\d+|\.\d+)?)$/
  return pack.exec(installed)?.[1] === pack.exec(entry)?.[1] ? 'main' : undefined
}
