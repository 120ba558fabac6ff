import { bareEcosystem } from './package-key.ts'

/** What is known of an ecosystem before any record is read. */
export interface EcosystemFacts {
  readonly name: string
  /** SPDX expression of the records' licence where their publisher states one. */
  readonly licence: string
  /** A Linux distribution or another operating system: its advisories bundle CVEs. */
  readonly system: boolean
}

const NOT_STATED = 'not stated by the publisher'

/**
 * The ecosystems for which records are published, by OSV (https://osv.dev/list, the names by
 * https://ossf.github.io/osv-schema/#defined-ecosystems) or by a feed of their own, with the licences that the publishers state
 * (https://google.github.io/osv.dev/data/). Ecosystems served from several databases name each licence.
 */
const FACTS: readonly EcosystemFacts[] = [
  system('AlmaLinux', 'MIT'),
  system('Alpaquita'),
  system('Alpine'),
  system('Amazon Linux'),
  system('Android'),
  system('Arch Linux'),
  system('Azure Linux'),
  system('BellSoft Hardened Containers'),
  library('Bitnami', 'Apache-2.0'),
  library('CRAN', 'Apache-2.0'),
  system('Chainguard'),
  system('CleanStart'),
  library('crates.io', 'CC0-1.0 AND CC-BY-4.0'),
  system('Debian'),
  system('Echo'),
  system('EPEL'),
  system('Fedora'),
  library('GHC', 'CC0-1.0'),
  library('GIT'),
  library('GitHub Actions', 'CC-BY-4.0'),
  library('Go', 'CC-BY-4.0'),
  library('Hackage', 'CC0-1.0'),
  library('Hex', 'CC-BY-4.0'),
  library('Julia'),
  system('Linux'),
  system('Mageia'),
  library('Maven', 'CC-BY-4.0'),
  system('MinimOS'),
  library('npm', 'CC-BY-4.0 AND Apache-2.0'),
  library('NuGet', 'CC-BY-4.0'),
  library('OSS-Fuzz', 'CC-BY-4.0'),
  library('opam', 'CC0-1.0'),
  system('openEuler'),
  system('openSUSE', 'CC-BY-4.0'),
  system('Oracle Linux'),
  library('Packagist', 'CC-BY-4.0'),
  library('Pub', 'CC-BY-4.0'),
  system('Photon OS'),
  library('PyPI', 'CC-BY-4.0 AND Apache-2.0'),
  system('Red Hat', 'CC-BY-4.0'),
  system('Rocky Linux', 'BSD-3-Clause'),
  library('RubyGems', 'CC-BY-4.0'),
  system('SUSE', 'CC-BY-4.0'),
  library('SwiftURL', 'CC-BY-4.0'),
  system('Ubuntu', 'CC-BY-SA-4.0'),
  library('VSCode', 'Apache-2.0'),
  system('Wolfi'),
]

function system(name: string, licence: string = NOT_STATED): EcosystemFacts {
  return { name, licence, system: true }
}

function library(name: string, licence: string = NOT_STATED): EcosystemFacts {
  return { name, licence, system: false }
}

const BY_NAME: ReadonlyMap<string, EcosystemFacts> = new Map(FACTS.map((facts) => [facts.name, facts]))

/** Ecosystems, without release, for which OSV or a feed publishes advisories: an OS or ecosystem outside this list has no publisher. */
export const knownEcosystems: readonly string[] = FACTS.map((facts) => facts.name)

/** Licence of an ecosystem's records (SPDX expression), or a phrase that says that none is stated. */
export function ecosystemLicence(ecosystem: string): string {
  return BY_NAME.get(bareEcosystem(ecosystem))?.licence ?? NOT_STATED
}

/** Whether the ecosystem is an operating system's, whose advisories may each bundle several CVEs. */
export function isSystemEcosystem(ecosystem: string): boolean {
  return BY_NAME.get(bareEcosystem(ecosystem))?.system ?? false
}

/** Whether text can be an ecosystem's bare name: it becomes a folder and part of an address, so nothing else is accepted. */
export function isEcosystemName(name: string): boolean {
  return name.length <= 64 && /^[A-Za-z0-9](?:[A-Za-z0-9 ._-]*[A-Za-z0-9])?$/.test(name) && !name.includes('..')
}

/** Whether text can be a record's ID: an unknown prefix is fine, a path separator or control character is not. */
export function isRecordId(id: string): boolean {
  return id.length <= 200 && /^[A-Za-z0-9][A-Za-z0-9:._+@~-]*$/.test(id) && !id.includes('..')
}
