import { describe, expect, it } from 'vitest'
import { componentOf, hasMirror, inventoryOf, mirrorRecords } from '../../../test/support/advisories.ts'
import type { Component } from '../../model/component.ts'
import type { Finding } from '../../model/finding.ts'
import { memoryDatabase } from '../memory.ts'
import type { OsvRecord } from '../types.ts'
import { matchInventory } from './match.ts'

const found = (records: readonly OsvRecord[], ...components: Component[]): readonly Finding[] =>
  matchInventory(inventoryOf(components), memoryDatabase(records), { image: true, includeKernelHeaders: false })
    .findings
const names = (findings: readonly Finding[]) => findings.map((finding) => finding.names[0]).sort()
const inMirror = (ecosystem: string, behaviour: string) =>
  hasMirror(ecosystem) ? behaviour : `${behaviour} (skipped: the advisory slice of ${ecosystem} is not there)`
const itOn = (ecosystem: string, behaviour: string, run: () => Promise<void>) =>
  it.skipIf(!hasMirror(ecosystem))(inMirror(ecosystem, behaviour), run)

describe('real advisories', () => {
  itOn('Alpine', 'find libssl by its origin package in its own release', async () => {
    const records = await mirrorRecords('Alpine')
    const libssl = componentOf({
      name: 'libssl1.1',
      version: '1.1.1c-r0',
      ecosystem: 'Alpine:v3.10',
      source: { name: 'openssl', version: '1.1.1c-r0' },
    })
    const findings = found(records, libssl)
    const of1549 = findings.find((finding) => finding.names[0] === 'CVE-2019-1549')
    expect(of1549).toMatchObject({
      names: ['CVE-2019-1549', 'ALPINE-CVE-2019-1549'],
      fixes: [{ to: '1.1.1d-r0' }],
      vendorStatus: 'fixed',
    })
    expect(names(findings)).not.toContain('CVE-2019-1551')
    const fixed = { ...libssl, version: '1.1.1d-r0', source: { name: 'openssl', version: '1.1.1d-r0' } }
    expect(names(found(records, fixed))).not.toContain('CVE-2019-1549')
  })

  itOn('Debian', 'make one finding of each CVE of a DSA and merge it with the tracker', async () => {
    const records = await mirrorRecords('Debian', (id) => /^(?:DSA-4539-1|DEBIAN-CVE-2019-15(?:47|63))$/.test(id))
    const component = componentOf({
      name: 'libssl1.1',
      version: '1.1.1c-1',
      ecosystem: 'Debian:10',
      source: { name: 'openssl', version: '1.1.1c-1' },
    })
    const findings = found(records, component)
    expect(findings.map((finding) => finding.names)).toEqual([
      ['CVE-2019-1547', 'DEBIAN-CVE-2019-1547', 'DSA-4539-1'],
      ['CVE-2019-1563', 'DEBIAN-CVE-2019-1563', 'DSA-4539-1'],
    ])
    expect(findings[0].fixes).toEqual([{ kind: 'upgrade', to: '1.1.1d-0+deb10u1', availableSince: '2019-10-01' }])
    expect(found(records, { ...component, ecosystem: 'Debian:11' })).toEqual([])
  })

  itOn('AlmaLinux', 'match modules by their stream and release', async () => {
    const records = await mirrorRecords('AlmaLinux', (id) => /^ALSA-202[23]:(?:7821|8833|1582|5850|8832)$/.test(id))
    const node = (version: string, module: string | undefined, ecosystem = 'AlmaLinux:8') =>
      componentOf({ name: 'nodejs', version, ecosystem, ...(module !== undefined && { module }) })
    const sixteen = found(records, node('1:16.19.0-1.module_el8.7.0+3400+aaaaaaaa', 'nodejs:16:8070020230101:abc'))
    expect([...new Set(sixteen.flatMap((finding) => finding.advisories.map(({ id }) => id)))].sort()).toEqual([
      'ALSA-2023:1582',
      'ALSA-2023:5850',
    ])
    expect(sixteen.find((finding) => finding.names[0] === 'CVE-2023-44487')).toMatchObject({
      severity: { value: 'high', source: 'almalinux' },
      fixes: [{ to: '1:16.20.2-3.module_el8.8.0+3653+c77a731f' }],
    })
    const eighteen = found(records, node('1:18.9.1-1.module_el8.7.0+3343+ea2b7901', 'nodejs:18:8070020221001:abc'))
    expect(names(eighteen)).toEqual(['CVE-2022-3517', 'CVE-2022-43548'])
    expect(found(records, node('1:10.1.0-1.el8', undefined))).toEqual([])
  })

  itOn('Go', 'consider all affected entries of the standard library', async () => {
    const records = await mirrorRecords('Go', (id) => id === 'GO-2023-2185')
    const stdlib = (version: string) => found(records, componentOf({ name: 'stdlib', version, ecosystem: 'Go' }))
    expect(stdlib('go1.20.10')).toMatchObject([
      { names: ['CVE-2023-45283', expect.stringContaining('G')], fixes: [{ to: '1.20.12' }] },
    ])
    expect(stdlib('1.20.11')).toMatchObject([{ fixes: [{ to: '1.20.12' }] }])
    expect(stdlib('v1.21.4')).toMatchObject([{ fixes: [{ to: '1.21.5' }] }])
    expect(stdlib('go1.21rc2')).toHaveLength(1)
    expect([...stdlib('go1.20.12'), ...stdlib('go1.21.5')]).toEqual([])
  })

  itOn('Bitnami', 'take intervals that touch as one and empty ones as none', async () => {
    const records = await mirrorRecords('Bitnami', (id) => /^BIT-(?:apache-2021-42013|discourse-2025-66488)$/.test(id))
    const bitnami = (name: string, version: string) =>
      found(records, componentOf({ name, version, ecosystem: 'Bitnami' }))
    expect(bitnami('apache', '2.4.50')).toMatchObject([
      { fixes: [{ to: '2.4.51' }], severity: { value: 'critical', source: 'bitnami', score: 9.8 } },
    ])
    expect(bitnami('apache', '2.4.49')).toMatchObject([{ fixes: [{ to: '2.4.51' }] }])
    expect([...bitnami('apache', '2.4.51'), ...bitnami('discourse', '2026.1.0')]).toEqual([])
    expect(bitnami('discourse', '2025.11.1')).toHaveLength(1)
  })

  itOn('PyPI', 'read the range after a GIT range, and skip the withdrawn', async () => {
    const ids = new Set(['PYSEC-2021-108', 'PYSEC-2021-104', 'PYSEC-2020-221'])
    const records = await mirrorRecords('PyPI', (id) => ids.has(id))
    const pypi = (name: string, version: string) => componentOf({ name, version, ecosystem: 'PyPI' })
    expect(found(records, pypi('urllib3', '1.26.4'))).toMatchObject([
      {
        names: expect.arrayContaining(['CVE-2021-33503', 'GHSA-q2q7-5pp4-w6pg', 'PYSEC-2021-108']),
        fixes: [{ to: '1.26.5' }],
      },
    ])
    expect(found(records, pypi('urllib3', '1.26.5'))).toEqual([])
    expect(found(records, pypi('Zope', '5.1'))).toMatchObject([{ fixes: [{ to: '5.2.1' }] }])
    expect(found(records, pypi('zope', '4.6.1'))).toEqual([])
    expect(found(records, pypi('ansible', '1.1'))).toEqual([])
  })

  itOn('crates.io', 'tell abandoned crates from vulnerable ones, with the score of the vector', async () => {
    const records = await mirrorRecords('crates.io')
    const crate = (name: string, version: string) =>
      found(records, componentOf({ name, version, ecosystem: 'crates.io' }))
    expect(crate('dotenv', '0.15.0')).toMatchObject([{ kind: 'unmaintained-package', names: ['RUSTSEC-2021-0141'] }])
    const scored = records.find(
      (record) =>
        record.severity.length > 0 && record.affected[0]?.ranges?.[0]?.events[0]?.introduced?.startsWith('0.0.0'),
    )
    const name = scored?.affected[0]?.package?.name ?? ''
    const finding = crate(name, '0.0.0').find((one) => one.advisories.some(({ id }) => id === scored?.id))
    expect(finding?.severities[0]).toMatchObject({ source: 'rustsec', vector: scored?.severity[0].score })
  })
})
