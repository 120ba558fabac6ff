/** What an older release file says: the system's ID, its name for people, and its version. */
export interface OlderRelease {
  readonly id: string
  readonly name: string
  readonly version: string
}

/** Names as they stand in release files, in os-release's NAME, lsb-release and CPE, and the IDs they mean; the first that fits counts. */
const NAMES: readonly (readonly [RegExp, string])[] = [
  [/^alma ?linux/i, 'almalinux'],
  [/^rocky/i, 'rocky'],
  [/^(?:oracle|enterprise linux)/i, 'ol'],
  [/^cent ?os/i, 'centos'],
  [/^fedora/i, 'fedora'],
  [/^scientific/i, 'scientific'],
  [/^amazon/i, 'amzn'],
  [/^red ?hat/i, 'rhel'],
  [/^vmware photon|^photon/i, 'photon'],
  [/^(?:common base linux|cbl-)mariner|^common base linux mariner/i, 'mariner'],
  [/^microsoft azure linux|^azure ?linux/i, 'azurelinux'],
  [/^openeuler/i, 'openeuler'],
  [/^mageia/i, 'mageia'],
  [/^opensuse tumbleweed/i, 'opensuse-tumbleweed'],
  [/^opensuse/i, 'opensuse-leap'],
  [/^suse/i, 'sles'],
  [/^alpine/i, 'alpine'],
  [/^debian/i, 'debian'],
  [/^ubuntu/i, 'ubuntu'],
  [/^arch/i, 'arch'],
  [/^wolfi/i, 'wolfi'],
  [/^chainguard/i, 'chainguard'],
  [/^minimos/i, 'minimos'],
  [/^bottlerocket/i, 'bottlerocket'],
  [/^flatcar/i, 'flatcar'],
  [/^container-optimized os/i, 'cos'],
]

/** The ID that a distribution's name means, undefined for a name that is not known. */
export function idOfName(name: string): string | undefined {
  return NAMES.find(([pattern]) => pattern.test(name))?.[1]
}

/** Reads one older release file by its path; undefined where it says nothing that is known. */
export function readOlderRelease(file: string, lines: readonly string[]): OlderRelease | undefined {
  const first = lines.find((line) => line !== '') ?? ''
  if (file === 'etc/arch-release') return { id: 'arch', name: 'Arch Linux', version: '' }
  if (first === '') return undefined
  if (file === 'etc/alpine-release') {
    return /^\d/.test(first) ? { id: 'alpine', name: `Alpine Linux ${first}`, version: first } : undefined
  }
  if (file === 'etc/debian_version') {
    return /^\d|sid$/.test(first) ? { id: 'debian', name: `Debian GNU/Linux ${first}`, version: first } : undefined
  }
  if (file === 'etc/system-release-cpe') return readCpe(first)
  if (file === 'etc/SuSE-release') return readSuse(first, lines)
  const id = idOfName(first)
  const version = /(?:release |version |\s|^)v?(\d[\w.]*)/i.exec(first)?.[1]
  return id === undefined || version === undefined ? undefined : { id, name: first, version }
}

/** `cpe:/o:centos:linux:6:GA`, `cpe:2.3:o:amazon:amazon_linux:2`: vendor, then product, then version. */
function readCpe(cpe: string): OlderRelease | undefined {
  const [vendor = '', product = '', version = ''] = cpe.replace(/^cpe:(?:2\.3:o:|\/o:)/, '').split(':')
  const id = idOfName(vendor === 'fedoraproject' ? product : vendor)
  const digits = /^\d+(?:\.\d+)*/.exec(version)?.[0]
  return id === undefined || digits === undefined
    ? undefined
    : { id, name: `${vendor} ${product} ${version}`, version: digits }
}

/** `SUSE Linux Enterprise Server 11 (x86_64)` with `VERSION = 11` and `PATCHLEVEL = 4` below. */
function readSuse(first: string, lines: readonly string[]): OlderRelease | undefined {
  const id = idOfName(first)
  const version = /(\d+(?:\.\d+)?)/.exec(first)?.[1]
  if (id === undefined || version === undefined) return undefined
  const pack = lines.map((line) => /^PATCHLEVEL\s*=\s*(\d{1,2})$/.exec(line)?.[1]).find((found) => found !== undefined)
  const whole = id === 'sles' && pack !== undefined && pack !== '0' ? `${version}.${pack}` : version
  return { id, name: first.replace(/ \(.*\)$/, '').replace(/^SUSE LINUX/, 'SUSE Linux'), version: whole }
}
