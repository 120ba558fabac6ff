import { compareText } from './names.ts'

/** Who publishes an advisory and what kind of name its id is. */
export interface Publisher {
  /** As severities and findings name it. */
  readonly source: string
  /** A distribution speaks about its own builds; a registry or catalogue about the software itself. */
  readonly kind: 'distribution' | 'registry' | 'general'
  /** An update that may mend several weaknesses at once, and not a name of one weakness. */
  readonly bundle: boolean
}

const distribution = (source: string, bundle = true): Publisher => ({ source, kind: 'distribution', bundle })
const registry = (source: string): Publisher => ({ source, kind: 'registry', bundle: false })
const general = (source: string): Publisher => ({ source, kind: 'general', bundle: false })

/**
 * Publishers by the prefix of their ids (https://ossf.github.io/osv-schema/#id-modified-fields and the prefixes that OSV's bucket
 * holds). The longest prefix wins; an id of none is a publisher of its own name.
 */
const PUBLISHERS: ReadonlyMap<string, Publisher> = new Map([
  ['ALAS', distribution('amazon')],
  ['ALAS2', distribution('amazon')],
  ['ALAS2022', distribution('amazon')],
  ['ALAS2023', distribution('amazon')],
  ['ALMALINUX', distribution('almalinux', false)],
  ['AMAZON', distribution('amazon', false)],
  ['ARCH', distribution('arch', false)],
  ['ALBA', distribution('almalinux')],
  ['ALEA', distribution('almalinux')],
  ['ALSA', distribution('almalinux')],
  ['ALPINE', distribution('alpine', false)],
  ['ALPAQUITA', distribution('alpaquita', false)],
  ['AVG', distribution('arch')],
  ['AZL', distribution('azurelinux', false)],
  ['BELL', distribution('bellsoft', false)],
  ['CGA', distribution('chainguard', false)],
  ['CGR', distribution('chainguard', false)],
  ['CLEANSTART', distribution('cleanstart', false)],
  ['DEBIAN', distribution('debian', false)],
  ['DLA', distribution('debian')],
  ['DSA', distribution('debian')],
  ['DTSA', distribution('debian')],
  ['ECHO', distribution('echo', false)],
  ['ELSA', distribution('oracle')],
  ['FEDORA', distribution('fedora')],
  ['LSN', distribution('ubuntu')],
  ['MGASA', distribution('mageia')],
  ['MINI', distribution('minimos', false)],
  ['MINIMOS', distribution('minimos', false)],
  ['OESA', distribution('openeuler')],
  ['ORACLE', distribution('oracle', false)],
  ['PHOTON', distribution('photon', false)],
  ['PHSA', distribution('photon')],
  ['REDHAT', distribution('redhat', false)],
  ['RHBA', distribution('redhat')],
  ['RHEA', distribution('redhat')],
  ['RHSA', distribution('redhat')],
  ['RLBA', distribution('rocky')],
  ['RLEA', distribution('rocky')],
  ['RLSA', distribution('rocky')],
  ['ROCKY', distribution('rocky', false)],
  ['ROOT', distribution('root', false)],
  ['RXSA', distribution('rocky')],
  ['SUSE', distribution('suse')],
  ['SUSE-CVE', distribution('suse', false)],
  ['UBUNTU', distribution('ubuntu', false)],
  ['USN', distribution('ubuntu')],
  ['WOLFI', distribution('wolfi', false)],
  ['openSUSE', distribution('suse')],
  ['BIT', registry('bitnami')],
  ['DRUPAL', registry('drupal')],
  ['EEF', registry('erlang')],
  ['FOP', registry('friendsofphp')],
  ['GO', registry('go')],
  ['HSEC', registry('haskell')],
  ['JLSEC', registry('julia')],
  ['MAL', registry('openssf-malicious-packages')],
  ['NSWG', registry('nodejs')],
  ['OSEC', registry('ocaml')],
  ['PSF', registry('psf')],
  ['PYSEC', registry('pypa')],
  ['RSEC', registry('rconsortium')],
  ['RUSTSEC', registry('rustsec')],
  ['CVE', general('nvd')],
  ['GHSA', general('ghsa')],
  ['GSD', general('gsd')],
  ['OSV', general('oss-fuzz')],
])

/** Sources of severity that can be asked for by name, sorted. */
export function severitySources(): readonly string[] {
  return [...new Set([...PUBLISHERS.values()].map(({ source }) => source))].sort(compareText)
}

/** The publisher of an advisory, by its id. */
export function publisherOf(id: string): Publisher {
  const dash = id.indexOf('-')
  const prefix = dash < 0 ? id : id.slice(0, dash)
  const longer = id.startsWith('CVE-', dash + 1) ? PUBLISHERS.get(`${prefix}-CVE`) : undefined
  return longer ?? PUBLISHERS.get(prefix) ?? { source: prefix.toLowerCase(), kind: 'general', bundle: false }
}

/** Vendors whose source is not called like the first word of their ecosystem. */
const VENDORS: ReadonlyMap<string, string> = new Map([
  ['Azure Linux', 'azurelinux'],
  ['Red Hat', 'redhat'],
  ['openSUSE', 'suse'],
])

/** The source that speaks for packages of a system's ecosystem: `redhat` for `Red Hat:8`. */
export function vendorSource(ecosystem: string): string {
  const [name] = ecosystem.split(':', 1)
  return VENDORS.get(name) ?? name.split(' ', 1)[0].toLowerCase()
}

/** Updates that repair or add something and are no security advisories, except where they name a weakness. */
const MAINTENANCE = /^(?:AL[BE]A|RH[BE]A|RL[BE]A|(?:open)?SUSE-[RFO]U)-/

/** Whether an id is of a distribution's bug fix or enhancement (`ALBA-2019:0973`). */
export function isMaintenance(id: string): boolean {
  return MAINTENANCE.test(id)
}

/** Orders names for people: CVE by year and number, then GHSA, then the rest by text. Total. */
export function compareNames(a: string, b: string): number {
  const ranks = nameRank(a) - nameRank(b)
  if (ranks !== 0) return ranks
  if (nameRank(a) === 0 && a.length !== b.length) return compareCves(a, b)
  return compareText(a, b)
}

function nameRank(name: string): number {
  if (/^CVE-\d{4}-\d+$/.test(name)) return 0
  return name.startsWith('GHSA-') ? 1 : 2
}

function compareCves(a: string, b: string): number {
  return compareText(a.slice(4, 8), b.slice(4, 8)) || a.length - b.length
}
