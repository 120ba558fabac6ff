import type { Component } from '../model/component.ts'
import type { Digest } from '../model/digest.ts'
import type { OperatingSystem } from '../model/operating-system.ts'
import type { PlacedRow } from '../reading/index.ts'
import { componentId } from './component-id.ts'
import type { AssembleContext } from './types.ts'

/** What a package database says of one installed package, with its purl already built. */
export interface OsPackage {
  readonly purl: string
  readonly name: string
  readonly version: string
  readonly source?: { readonly name: string; readonly version: string }
  readonly architecture?: string
  readonly supplier?: string
  readonly licences?: readonly string[]
  readonly hashes?: readonly Digest[]
  /** Line of the record's first line in its file, 1-based, and its last. */
  readonly lines?: readonly [number, number]
}

/** A component with the layer index since which its record has been there. */
export interface PlacedComponent {
  readonly component: Component
  readonly since: number
}

/** Makes the component of one record of a package database. `key` is the record's, as its reader's `keys` gives it. */
export function osComponent(
  pkg: OsPackage,
  row: PlacedRow,
  key: string,
  ecosystem: string,
  context: AssembleContext,
): PlacedComponent {
  const since = context.tree.since(row.reader, row.path, key) ?? row.layer
  const read = context.layer(row.layer)
  const brought = context.layer(since)
  const component: Component = {
    id: componentId(pkg.purl, row.path),
    kind: 'os',
    purl: pkg.purl,
    name: pkg.name,
    version: pkg.version,
    ecosystem,
    ...(pkg.source && { source: pkg.source }),
    ...(pkg.architecture && { architecture: pkg.architecture }),
    ...(pkg.supplier && { supplier: pkg.supplier }),
    licences: pkg.licences ?? [],
    hashes: pkg.hashes ?? [],
    cpes: [],
    direct: 'unknown',
    scope: 'unknown',
    presence: 'installed',
    evidence: [
      {
        path: row.path,
        ...(pkg.lines && { lines: pkg.lines }),
        ...(read && { layer: read }),
        ...(brought && { since: brought }),
        confidence: 1,
      },
    ],
    origin: 'unknown',
  }
  return { component, since }
}

/** Distributions by their package manager: what os-release(5) calls them, and what others call themselves like. */
const FAMILIES: Readonly<Record<string, readonly string[]>> = {
  dpkg: ['debian', 'ubuntu', 'kali', 'raspbian', 'linuxmint', 'devuan', 'pop'],
  apk: ['alpine', 'wolfi', 'chainguard', 'minimos', 'postmarketos'],
  rpm: 'rhel fedora centos rocky almalinux ol amzn sles suse opensuse opensuse-leap opensuse-tumbleweed mariner azurelinux photon'.split(
    ' ',
  ),
  pacman: ['arch', 'archarm', 'manjaro'],
  portage: ['gentoo', 'flatcar', 'chromeos'],
  cos: ['cos'],
  opkg: ['openwrt'],
  bottlerocket: ['bottlerocket'],
}

/** A package manager's family, as {@link nativeSystem} knows it. */
export type PackageFamily = 'dpkg' | 'apk' | 'rpm' | 'pacman' | 'portage' | 'cos' | 'opkg' | 'bottlerocket'

/**
 * The operating system, when packages of this family are the ones that it is made of. A dpkg database in an Alpine image is
 * not Alpine's: its packages must not be looked up among Alpine's advisories, so the answer is undefined. A system that no
 * family knows is believed.
 */
export function nativeSystem(os: OperatingSystem | undefined, family: PackageFamily): OperatingSystem | undefined {
  if (os === undefined) return undefined
  const names = [os.id, ...os.idLike]
  if (names.some((name) => FAMILIES[family]?.includes(name))) return os
  const foreign = Object.keys(FAMILIES).some((other) => names.some((name) => FAMILIES[other]?.includes(name)))
  return foreign ? undefined : os
}

/** OSV's ecosystem with release, or the system's id and release, or, for packages of no known system, the family's own name. */
export function osEcosystem(os: OperatingSystem | undefined, family: PackageFamily): string {
  if (os === undefined) return family
  return os.ecosystem ?? (os.release === '' ? os.id : `${os.id}:${os.release}`)
}

/**
 * One component for each purl. A package that two files record (a database below `lib/` and below `usr/lib/`, say) is one
 * component with the evidence of both.
 */
export function uniqueComponents(placed: readonly PlacedComponent[]): PlacedComponent[] {
  const byPurl = new Map<string, PlacedComponent>()
  for (const entry of placed) {
    const first = byPurl.get(entry.component.purl)
    if (first === undefined) byPurl.set(entry.component.purl, entry)
    else if (!first.component.evidence.some((evidence) => evidence.path === entry.component.evidence[0]?.path)) {
      const evidence = [...first.component.evidence, ...entry.component.evidence]
      byPurl.set(entry.component.purl, {
        component: { ...first.component, evidence },
        since: Math.min(first.since, entry.since),
      })
    }
  }
  return [...byPurl.values()]
}
