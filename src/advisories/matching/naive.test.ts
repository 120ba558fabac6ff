import { describe, expect, it } from 'vitest'
import { componentOf, hasMirror, inventoryOf, mirrorRecords } from '../../../test/support/advisories.ts'
import type { Component } from '../../model/component.ts'
import { schemeFor, type VersionScheme } from '../../versions/index.ts'
import { memoryDatabase } from '../memory.ts'
import { bareEcosystem, packageKey } from '../package-key.ts'
import type { OsvAffected, OsvEvent, OsvRecord } from '../types.ts'
import { matchInventory } from './match.ts'

type Scheme = VersionScheme<unknown>

interface Entry {
  readonly record: OsvRecord
  readonly affected: OsvAffected
}

/** A package as it could be installed. */
interface Probe {
  readonly ecosystem: string
  readonly name: string
  readonly version: string
}

const ECOSYSTEMS = [
  'Debian',
  'Alpine',
  'AlmaLinux',
  'Go',
  'PyPI',
  'npm',
  'RubyGems',
  'Packagist',
  'crates.io',
  'Maven',
  'Hex',
  'Bitnami',
]

/** Bug fixes and enhancements are no weaknesses, except these few of the slice. */
const REPAIRS_THAT_NAME_A_CVE = ['ALBA-2019:3693', 'ALBA-2021:4604', 'ALEA-2021:4539']

/** Packages of each ecosystem that are probed, taken at even steps. */
const PACKAGES = 130
/** Probes of one package. */
const VERSIONS = 10

/**
 * The schema's evaluation (https://ossf.github.io/osv-schema/#evaluation) as it stands there, without any of the matcher's code: only the
 * order of versions is shared.
 */
function saysAffected(affected: OsvAffected, version: string, scheme: Scheme): boolean {
  if (affected.versions?.includes(version)) return true
  return (affected.ranges ?? []).some((range) => range.type !== 'GIT' && includedIn(range.events, version, scheme))
}

function includedIn(events: readonly OsvEvent[], version: string, scheme: Scheme): boolean {
  const compare = (a: string, b: string) =>
    a === '0' || b === '0' ? Number(b === '0') - Number(a === '0') : scheme.compare(scheme.parse(a), scheme.parse(b))
  const at = (event: OsvEvent) => event.introduced ?? event.fixed ?? event.last_affected ?? ''
  let vulnerable = false
  for (const point of [...new Set(events.map(at))].sort(compare)) {
    // Where one interval ends and the next begins, the end comes first; one that ends where it begins comes the other way round.
    const kinds = vulnerable ? ENDS_FIRST : BEGINS_FIRST
    const side = compare(version, point)
    for (const kind of kinds) {
      if (!events.some((event) => event[kind] !== undefined && compare(event[kind], point) === 0)) continue
      if (kind === 'introduced' && side >= 0) vulnerable = true
      if (kind === 'fixed' && side >= 0) vulnerable = false
      if (kind === 'last_affected' && side > 0) vulnerable = false
    }
  }
  return vulnerable
}

const ENDS_FIRST = ['fixed', 'last_affected', 'introduced'] as const
const BEGINS_FIRST = ['introduced', 'fixed', 'last_affected'] as const

/** RPM: a build within a module and one outside are two packages, and a build that an update names as its fix is fixed. */
function concernsBuild(all: readonly OsvAffected[], affected: OsvAffected, version: string): boolean {
  const fixes = (of: OsvAffected) =>
    (of.ranges ?? []).flatMap((range) => range.events.flatMap(({ fixed }) => fixed ?? []))
  const modular = (text: string) => text.includes('.module_') || text.includes('.module+')
  return (
    fixes(affected).some((fixed) => modular(fixed) === modular(version)) &&
    !all.some((one) => fixes(one).includes(version))
  )
}

/** Versions of a package that lie at, below and above what its records name. */
function versionsAround(entries: readonly OsvAffected[]): readonly string[] {
  const named = new Set<string>()
  for (const entry of entries) {
    for (const version of (entry.versions ?? []).slice(0, 2)) named.add(version)
    for (const range of entry.ranges ?? [])
      if (range.type !== 'GIT')
        for (const event of range.events) for (const text of Object.values(event)) named.add(text)
  }
  named.delete('0')
  named.delete('*')
  return [...named].flatMap((version) => SUFFIXES.map((suffix) => `${version}${suffix}`))
}

const SUFFIXES = ['', '-0', '.1', '-r1']

/** What a vendor appends to the toolchain's version is not part of it, and Maven's own order runs in a circle around `3-r1`. */
function isProbe(ecosystem: string, name: string, version: string): boolean {
  if (name === 'stdlib') return /^[\d.]+$/.test(version)
  return ecosystem !== 'Maven' || !version.endsWith('-r1')
}

/** At most `most` of a list, at even steps. */
function spread<T>(list: readonly T[], most: number): readonly T[] {
  const step = Math.max(1, list.length / most)
  return Array.from({ length: Math.min(most, list.length) }, (_, index) => list[Math.floor(index * step)])
}

describe('all of the slice', () => {
  for (const ecosystem of ECOSYSTEMS) {
    it.skipIf(!hasMirror(ecosystem))(`${ecosystem} is judged as the text of the schema says`, async () => {
      const records = (await mirrorRecords(ecosystem)).filter((record) => record.withdrawn === undefined)
      const scheme = schemeFor(ecosystem)
      if (scheme === undefined) throw new Error('no scheme')
      const byPackage = new Map<string, Entry[]>()
      for (const record of records)
        for (const affected of record.affected) {
          const of = affected.package
          if (of === undefined || bareEcosystem(of.ecosystem) !== ecosystem) continue
          const key = `${of.ecosystem}\n${packageKey(ecosystem, of.name)}`
          byPackage.set(key, [...(byPackage.get(key) ?? []), { record, affected }])
        }
      const database = memoryDatabase(records)
      const probes: Probe[] = []
      for (const key of spread([...byPackage.keys()], PACKAGES)) {
        const [of, name] = key.split('\n')
        const entries = (byPackage.get(key) ?? []).map(({ affected }) => affected)
        const versions = versionsAround(entries).filter((version) => isProbe(ecosystem, name, version))
        for (const version of spread(versions, VERSIONS)) probes.push({ ecosystem: of, name, version })
      }
      const components = probes.map(({ ecosystem: of, name, version }, index) =>
        componentOf({ id: String(index), ecosystem: of, name, version }),
      )
      const { findings } = matchInventory(inventoryOf(components as Component[]), database, {
        image: true,
        includeKernelHeaders: true,
      })
      const said = new Map<string, Set<string>>()
      for (const finding of findings) {
        const set = said.get(finding.component ?? '') ?? new Set()
        said.set(finding.component ?? '', set)
        for (const { id } of finding.advisories) set.add(id)
      }
      const differences: string[] = []
      probes.forEach((probe, index) => {
        const entries = byPackage.get(`${probe.ecosystem}\n${probe.name}`) ?? []
        const concerned = ({ record, affected }: Entry) =>
          ecosystem !== 'AlmaLinux' ||
          concernsBuild(
            entries.filter((one) => one.record === record).map((one) => one.affected),
            affected,
            probe.version,
          )
        const expected = new Set(
          entries
            .filter((entry) => concerned(entry) && saysAffected(entry.affected, probe.version, scheme))
            .map(({ record }) => record.id)
            .filter((id) => !/^AL[BE]A-/.test(id) || REPAIRS_THAT_NAME_A_CVE.includes(id)),
        )
        const got = said.get(String(index)) ?? new Set()
        const more = [...got].filter((id) => !expected.has(id))
        const fewer = [...expected].filter((id) => !got.has(id))
        if (more.length + fewer.length > 0)
          differences.push(`${probe.ecosystem} ${probe.name} ${probe.version}: more ${more}, fewer ${fewer}`)
      })
      expect(differences).toEqual([])
      expect(findings.length).toBeGreaterThan(probes.length / 4)
    })
  }
})
