import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { componentOf, inventoryOf, recordOf } from '../../../test/support/advisories.ts'
import { affects, found, IMAGE, names, until } from '../../../test/support/matching.ts'
import type { Finding } from '../../model/finding.ts'
import { memoryDatabase } from '../memory.ts'
import { endOfLifeFinding } from './end-of-life.ts'
import { filterFindings } from './filter.ts'
import { matchInventory } from './match.ts'
import { compareFindings } from './order.ts'

const libssl = componentOf({
  name: 'libssl1.1',
  version: '1.1.1n-0+deb11u3',
  ecosystem: 'Debian:11',
  source: { name: 'openssl', version: '1.1.1n-0+deb11u3' },
})

describe('end of life', () => {
  const os = (endOfLife: string, endOfExtendedSupport?: string) => ({
    id: 'ubuntu',
    name: 'Ubuntu 16.04',
    version: '16.04.7',
    release: '16.04',
    idLike: [],
    support: {
      endOfLife,
      endOfExtendedSupport,
      extendedBy: 'Ubuntu Pro (ESM)',
      source: 'https://endoflife.date/ubuntu',
    },
    evidence: [],
  })
  const now = new Date('2026-01-01T00:00:00Z')

  it('is a finding of its own, and extended support is named', () => {
    expect(endOfLifeFinding({ os: os('2026-01-01') }, now)).toBeUndefined()
    expect(endOfLifeFinding({ os: os('2025-12-31') }, now)).toMatchObject({
      kind: 'end-of-life',
      severity: { value: 'high', source: 'bulwark' },
    })
    expect(endOfLifeFinding({ os: os('2021-04-30', '2026-04-30') }, now)).toMatchObject({
      severity: { value: 'medium' },
      remarks: ['Ubuntu Pro (ESM) continues to 2026-04-30'],
    })
  })
})

describe('order and filters', () => {
  const base = found(
    [libssl],
    [recordOf({ id: 'DEBIAN-CVE-2023-0464', affected: [affects('Debian:11', 'openssl', until('2'))] })],
  )[0]
  const arbitrary = fc
    .record({
      id: fc.string({ minLength: 1 }),
      value: fc.constantFrom('critical', 'high', 'medium', 'low', 'negligible', 'unknown' as const),
      fixed: fc.boolean(),
      known: fc.boolean(),
      probability: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
      name: fc.constantFrom('CVE-1-1', 'CVE-1-2'),
      reachable: fc.constantFrom('yes', 'no', 'unknown' as const),
    })
    .map(
      ({ id, value, fixed, known, probability, name, reachable }): Finding => ({
        ...base,
        id,
        reachable: reachable as Finding['reachable'],
        names: [name],
        severity: { value: value as Finding['severity']['value'], source: 'x' },
        fixes: fixed ? base.fixes : [],
        exploit: {
          maturity: 'none-known',
          ...(known && { knownSince: '2024-01-01' }),
          ...(probability !== null && { epss: { probability, percentile: 0, on: '2024-01-01' } }),
        },
      }),
    )

  it('puts what nothing loads after what is equally severe, and before what is less severe', () => {
    const one = (id: string, reachable: Finding['reachable'], value: Finding['severity']['value']): Finding => ({
      ...base,
      id,
      reachable,
      severity: { value, source: 'x' },
    })
    const mixed = [one('a', 'no', 'high'), one('b', 'unknown', 'high'), one('c', 'yes', 'high'), one('d', 'yes', 'low')]
    expect(mixed.sort(compareFindings).map(({ id }) => id)).toEqual(['b', 'c', 'a', 'd'])
    const all = filterFindings(mixed, inventoryOf([libssl]), {
      ignoreUnfixed: false,
      pkgTypes: ['os', 'library'],
      reachable: ['yes'],
    })
    expect(all.kept.map(({ id }) => id)).toEqual(['c', 'd'])
    expect(all.leftOut).toEqual([{ filter: '--reachable', count: 2, unknownSeverity: 0 }])
  })

  it('orders totally', () => {
    fc.assert(
      fc.property(arbitrary, arbitrary, arbitrary, (a, b, c) => {
        expect(Math.sign(compareFindings(a, b))).toBe(-Math.sign(compareFindings(b, a)) + 0)
        if (a.id !== b.id) expect(compareFindings(a, b)).not.toBe(0)
        if (compareFindings(a, b) < 0 && compareFindings(b, c) < 0) expect(compareFindings(a, c)).toBeLessThan(0)
      }),
    )
  })

  it('says how many findings of unknown severity a filter hides', () => {
    const inventory = inventoryOf([libssl])
    const unfixed = { ...base, fixes: [] }
    const result = filterFindings([base, unfixed], inventory, {
      severities: ['high'],
      ignoreUnfixed: true,
      pkgTypes: ['os', 'library'],
    })
    expect(result).toEqual({
      kept: [],
      leftOut: [
        { filter: '--severity', count: 1, unknownSeverity: 1 },
        { filter: '--ignore-unfixed', count: 1, unknownSeverity: 1 },
      ],
    })
    expect(filterFindings([base], inventory, { ignoreUnfixed: false, pkgTypes: ['library'] }).leftOut).toEqual([
      { filter: '--pkg-types', count: 1, unknownSeverity: 1 },
    ])
  })

  it('takes exploitation from KEV and EPSS, and puts what is exploited first', () => {
    const record = (number: number) =>
      recordOf({
        id: `DEBIAN-CVE-2023-000${number}`,
        upstream: [`CVE-2023-000${number}`],
        affected: [affects('Debian:11', 'openssl', until('2'))],
      })
    const db = memoryDatabase([record(1), record(2), record(3)], {
      kev: [{ cve: 'CVE-2023-0003', dateAdded: '2023-06-01', ransomware: true, name: 'x' }],
      epss: new Map([['CVE-2023-0002', { probability: 0.4, percentile: 0.97, on: '2026-01-01' }]]),
    })
    const { findings } = matchInventory(inventoryOf([libssl]), db, IMAGE)
    expect(names(findings)).toEqual(['CVE-2023-0003', 'CVE-2023-0002', 'CVE-2023-0001'])
    expect(findings[0].exploit).toEqual({ knownSince: '2023-06-01', ransomware: true, maturity: 'weaponised' })
    expect(findings[1].exploit.epss).toEqual({ probability: 0.4, percentile: 0.97, on: '2026-01-01' })
  })

  it('never gives one weakness twice for one component', () => {
    const ids = [
      'CVE-2020-0001',
      'CVE-2020-0002',
      'GHSA-aaaa-aaaa-aaaa',
      'GHSA-bbbb-bbbb-bbbb',
      'PYSEC-2020-1',
      'DSA-1-1',
      'DSA-2-1',
      'DEBIAN-CVE-2020-0001',
    ]
    const records = fc.uniqueArray(
      fc.record({ id: fc.constantFrom(...ids), aliases: fc.subarray(ids), upstream: fc.subarray(ids) }),
      { selector: ({ id }) => id, minLength: 1 },
    )
    fc.assert(
      fc.property(records, fc.constantFrom('Debian:11', 'PyPI'), (some, ecosystem) => {
        const component = componentOf({ name: 'x', version: '1.0', ecosystem })
        const made = some.map((one) => recordOf({ ...one, affected: [affects(ecosystem, 'x', until('2.0'))] }))
        const findings = found([component], made)
        const cves = findings.flatMap((finding) => finding.names.filter((name) => name.startsWith('CVE-')))
        expect(new Set(cves).size).toBe(cves.length)
        expect(new Set(findings.map(({ id }) => id)).size).toBe(findings.length)
        const said = new Set(findings.flatMap((finding) => finding.advisories.map(({ id }) => id)))
        expect(said).toEqual(new Set(made.map(({ id }) => id)))
      }),
    )
  })
})
