import type { Component } from '../../model/component.ts'
import { bareEcosystem, ecosystemRelease } from '../package-key.ts'
import type { AffectedEntry } from '../types.ts'

/** One question to the database about a component. */
export interface Query {
  /** OSV's name without release. */
  readonly ecosystem: string
  readonly name: string
  /** The version that this name's advisories speak about: the source package's for a source name. */
  readonly version: string
  /** Whether the advisories name the package that was built, or the one that it was built from. */
  readonly by: 'binary' | 'source'
}

/** How the advisories of an ecosystem name packages. */
interface Naming {
  readonly by: readonly ('binary' | 'source')[]
  /** RPM: modules, and builds that an advisory names as fixed beside one another. */
  readonly rpm?: true
}

const SOURCE: Naming = { by: ['source'] }
const BOTH: Naming = { by: ['source', 'binary'] }

/**
 * By which name each distribution's records file a package. Debian's and Ubuntu's trackers and Alpine's secdb know source
 * packages only; AlmaLinux and Red Hat list every binary RPM; Rocky Linux lists source names with some binaries; SUSE and
 * openSUSE source names in their updates and binary ones in their OVAL; Mageia, openEuler, Photon and Azure Linux source names. Wolfi, Chainguard and MinimOS file origins and, for some, the
 * subpackages too. Fedora's updates name source packages, Oracle's every binary RPM, Arch's each package. What is not here is a library: its own name.
 */
const NAMING: ReadonlyMap<string, Naming> = new Map<string, Naming>([
  ['Debian', SOURCE],
  ['Ubuntu', SOURCE],
  ['Echo', SOURCE],
  ['Alpine', SOURCE],
  ['Alpaquita', BOTH],
  ['BellSoft Hardened Containers', BOTH],
  ['Wolfi', BOTH],
  ['Chainguard', BOTH],
  ['MinimOS', BOTH],
  ['CleanStart', BOTH],
  ['AlmaLinux', { by: ['binary'], rpm: true }],
  ['Red Hat', { by: ['binary'], rpm: true }],
  ['Rocky Linux', { by: ['binary', 'source'], rpm: true }],
  ['Mageia', { by: ['binary', 'source'], rpm: true }],
  ['openEuler', { by: ['binary', 'source'], rpm: true }],
  ['SUSE', { by: ['source', 'binary'], rpm: true }],
  ['openSUSE', { by: ['source', 'binary'], rpm: true }],
  ['Fedora', { by: ['source'], rpm: true }],
  ['EPEL', { by: ['source'], rpm: true }],
  ['Oracle Linux', { by: ['binary'], rpm: true }],
  ['Photon OS', { by: ['binary', 'source'], rpm: true }],
  ['Amazon Linux', { by: ['binary'], rpm: true }],
  ['Arch Linux', { by: ['binary'] }],
  ['Azure Linux', { by: ['binary', 'source'], rpm: true }],
])

/**
 * Whose records are read for a system that OSV gives no name of its own: CentOS Linux was built from RHEL's sources with RHEL's
 * versions, so Red Hat's speak for it. AlmaLinux and Rocky Linux publish their own. CentOS Stream runs ahead of RHEL, Oracle
 * Linux, Amazon Linux and Fedora number their builds differently: nobody's records are bent to fit them.
 */
const READ_AS: ReadonlyMap<string, string> = new Map([
  ['centos', 'Red Hat'],
  ['rhel', 'Red Hat'],
  ['redhat', 'Red Hat'],
])

/** The OSV ecosystem, with release, whose records are read for a component's ecosystem: `centos:7` reads `Red Hat:7`. */
export function readAs(ecosystem: string): string {
  const target = READ_AS.get(bareEcosystem(ecosystem))
  const release = ecosystemRelease(ecosystem)
  return target === undefined || !/^\d/.test(release) ? ecosystem : `${target}:${release}`
}

/** Whether an ecosystem's packages are RPMs with modules and epochs. */
export function isRpm(ecosystem: string): boolean {
  return NAMING.get(bareEcosystem(ecosystem))?.rpm === true
}

/** What is asked of the database for a component: (ecosystem, name, version), at most two questions. */
export function queriesFor(component: Component): readonly Query[] {
  const ecosystem = bareEcosystem(readAs(component.ecosystem))
  const naming = NAMING.get(ecosystem)
  if (naming === undefined) {
    return [{ ecosystem, name: libraryName(component), version: libraryVersion(component), by: 'binary' }]
  }
  const queries: Query[] = []
  for (const by of naming.by) {
    const name = by === 'source' ? (component.source?.name ?? component.name) : component.name
    if (queries.some((query) => query.name === name)) continue
    queries.push({ ecosystem, name, version: by === 'source' ? sourceVersion(component) : component.version, by })
  }
  return queries
}

/**
 * The source package's version. A source RPM's file name has no epoch although its advisories write one: the built package's
 * is taken, which is the same unless a spec file sets another for one of its packages.
 */
function sourceVersion(component: Component): string {
  const version = component.source?.version ?? ''
  if (version === '') return component.version
  if (!isRpm(readAs(component.ecosystem)) || /^\d+:/.test(version)) return version
  const epoch = /^\d+:/.exec(component.version)
  return epoch === null ? version : `${epoch[0]}${version}`
}

/** The distribution's mark at the end of a release: `1.3.1-1.azl3`. */
const DISTRIBUTION_TAG = /\.(?:azl|cm)\d+$/

/**
 * The installed version as an ecosystem's advisories write it. Azure Linux's may end without the mark that every build has, and
 * say `last_affected: 1.2.13-1` about `1.2.13-1.azl3`: where none of the entries writes it, it is left out.
 */
export function judgedVersion(ecosystem: string, version: string, entries: readonly AffectedEntry[]): string {
  if (bareEcosystem(ecosystem) !== 'Azure Linux') return version
  const marked = entries.some((entry) =>
    entry.ranges.some((range) =>
      range.events.some(({ fixed, last_affected: last }) => DISTRIBUTION_TAG.test(fixed ?? last ?? '')),
    ),
  )
  return marked ? version : version.replace(DISTRIBUTION_TAG, '')
}

/** `group:artifact` for Maven, also where only the package URL holds the group; every other name as it is. */
function libraryName(component: Component): string {
  if (bareEcosystem(component.ecosystem) !== 'Maven' || component.name.includes(':')) return component.name
  const group = /^pkg:maven\/([^/@?#]+)\//.exec(component.purl)?.[1]
  return group === undefined ? component.name : `${decodeURIComponent(group)}:${component.name}`
}

/** Go's versions without the `v` of its modules or the `go` of its toolchain: OSV writes semantic versions (https://go.dev/security/vuln/database#schema). */
function libraryVersion(component: Component): string {
  if (bareEcosystem(component.ecosystem) !== 'Go') return component.version
  if (component.name === 'stdlib' || component.name === 'toolchain') return toolchainVersion(component.version)
  return component.version.replace(/^v(?=\d)/, '')
}

/**
 * A toolchain's version as semver: `go1.21rc2` is 1.21.0-rc.2, `go1.21` is 1.21.0 (https://go.dev/doc/toolchain#version). What a
 * vendor or an experiment adds behind it (`go1.22.3 X:boringcrypto`, `go1.22.3-fips`) is not part of it.
 */
function toolchainVersion(version: string): string {
  const parts = /^(?:go|v)?(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:-?(alpha|beta|rc)\.?(\d+))?/.exec(version)
  if (parts === null) return version
  const [, major, minor = '0', patch = '0', stage, number] = parts
  return `${major}.${minor}.${patch}${stage === undefined ? '' : `-${stage}.${number}`}`
}
