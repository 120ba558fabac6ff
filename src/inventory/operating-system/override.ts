import { Failure } from '../../lib/failure.ts'
import { distributionIds, isRolling } from './release.ts'

/** What `--distro` asks for. */
export interface DistroOverride {
  /** os-release's ID: `debian`. */
  readonly id: string
  /** Empty for a rolling distribution. */
  readonly version: string
}

/** What people and other scanners call a distribution, and its ID. */
const ALIASES: ReadonlyMap<string, string> = new Map([
  ['redhat', 'rhel'],
  ['red hat', 'rhel'],
  ['alma', 'almalinux'],
  ['rockylinux', 'rocky'],
  ['rocky linux', 'rocky'],
  ['oracle', 'ol'],
  ['oraclelinux', 'ol'],
  ['amazon', 'amzn'],
  ['amazonlinux', 'amzn'],
  ['suse', 'sles'],
  ['opensuse', 'opensuse-leap'],
  ['opensuse.leap', 'opensuse-leap'],
  ['opensuse.tumbleweed', 'opensuse-tumbleweed'],
  ['tumbleweed', 'opensuse-tumbleweed'],
  ['leap', 'opensuse-leap'],
  ['cbl-mariner', 'mariner'],
  ['azure', 'azurelinux'],
  ['archlinux', 'arch'],
])

/**
 * Reads `NAME:VERSION` (`debian:12`, `alpine:3.19`, `centos:stream9`), also with `/` between, and `NAME` alone for a rolling
 * distribution. @throws Failure of kind `usage` for anything else.
 */
export function parseDistroOverride(text: string): DistroOverride {
  const match = /^([A-Za-z][A-Za-z0-9._ -]{0,63})(?:[:/]([A-Za-z0-9][A-Za-z0-9._+~ -]{0,63}|))?$/.exec(text.trim())
  const name = match?.[1].toLowerCase()
  if (name === undefined) throw malformed(text, `--distro takes NAME:VERSION`)
  const id = ALIASES.get(name) ?? name
  const known = distributionIds()
  // A name that is spelled wrong would match against nobody's advisories, and read as clean.
  if (!known.includes(id)) throw malformed(text, `--distro knows no distribution ${id}; it knows ${known.join(', ')}`)
  const version = match?.[2] ?? ''
  if (version === '' && !isRolling(id)) throw malformed(text, `--distro needs a version for ${id}`)
  return { id, version: id === 'alpine' ? version.replace(/^v(?=\d)/, '') : version }
}

function malformed(text: string, message: string): Failure {
  return new Failure('distro-malformed', message, {
    kind: 'usage',
    input: text.slice(0, 100),
    hints: ['as in --distro debian:12 or --distro alpine:3.19'],
  })
}
