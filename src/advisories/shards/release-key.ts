import { releaseRules } from '../matching/releases.ts'
import { bareEcosystem, ecosystemRelease } from '../package-key.ts'

/**
 * Which shard of an ecosystem holds what is said about a release, a file name's part in lower case. Entries that speak about an installed
 * release (`releaseScope`) are in its shard or in the one without a release; a shard may hold several releases that are read together:
 * Ubuntu's with their Pro streams, Red Hat's by major version, SUSE's by service pack. Empty for ecosystems without releases, and for
 * entries that name none.
 */
export function shardRelease(ecosystem: string): string {
  const bare = bareEcosystem(ecosystem)
  const release = ecosystemRelease(ecosystem).toLowerCase()
  if (release === '' || !releaseRules.has(bare)) return ''
  const rule = RULES.get(bare)
  const key = rule === undefined ? release.split(/[.:]/, 1)[0] : rule(release)
  return key.replace(/[^a-z0-9.]+/g, '-').slice(0, 40)
}

const RULES: ReadonlyMap<string, (release: string) => string> = new Map([
  ['Ubuntu', (release) => /\d+\.\d+/.exec(release)?.[0] ?? release],
  ['Alpine', twoNumbers],
  ['Alpaquita', (release) => release],
  ['BellSoft Hardened Containers', (release) => release],
  ['Red Hat', redHat],
  ['SUSE', servicePack],
  ['openSUSE', (release) => release],
  ['Mageia', (release) => release],
  ['openEuler', (release) => release],
])

/** `linux enterprise module for python 3 15 sp5` gives `15 sp5`, and so does a server that is supported longer, `… 15 sp5-ltss`. */
function servicePack(release: string): string {
  return /\b(\d+(?: sp\d+|\.\d+)?)(?:-[a-z-]+)?$/.exec(release)?.[1] ?? release
}

function twoNumbers(release: string): string {
  return /^v?(\d+\.\d+)/.exec(release)?.[1] ?? release
}

/** `enterprise_linux:8::appstream`, `rhel_eus:8.6` and `8.9` are read together; other products are not read with them. */
function redHat(release: string): string {
  const [name, version = ''] = /^\d/.test(release) ? ['enterprise_linux', release] : release.split(':')
  const major = version.split('.', 1)[0]
  return /^(?:enterprise_linux|rhel_)/.test(name) ? major : 'other'
}
