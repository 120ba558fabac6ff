import { describe, expect, it } from 'vitest'
import { componentOf, inventoryOf, recordOf } from '../../../test/support/advisories.ts'
import { affects, found, IMAGE, match, until } from '../../../test/support/matching.ts'
import type { Component } from '../../model/component.ts'
import { memoryDatabase } from '../memory.ts'
import { matchInventory } from './match.ts'

describe('libraries', () => {
  const lib = (ecosystem: string, name: string, version: string) => componentOf({ ecosystem, name, version })

  it.each([
    ['PyPI', 'Foo.Bar', 'foo_bar', '1.0'],
    ['Maven', 'org.x:y', 'org.x:y', '1.0'],
    ['NuGet', 'Newtonsoft.Json', 'newtonsoft.json', '1.0'],
    ['Packagist', 'Symfony/Http', 'symfony/http', '1.0.0'],
    ['Go', 'example.org/x', 'example.org/x', 'v1.0.0'],
    ['Go', 'stdlib', 'stdlib', 'go1.0.0'],
    ['Go', 'toolchain', 'toolchain', 'go1.1rc2'],
    ['Bitnami', 'airflow', 'airflow', '1.0.0'],
  ])('finds %s %s under %s', (ecosystem, inRecord, installed, version) => {
    const record = recordOf({ id: 'GHSA-aaaa-bbbb-cccc', affected: [affects(ecosystem, inRecord, until('1.1'))] })
    expect(found([lib(ecosystem, installed, version)], [record])).toHaveLength(1)
  })

  it('merges records that share a name, with every id and the CVE first', () => {
    const records = [
      recordOf({
        id: 'PYSEC-2021-1',
        aliases: ['GHSA-aaaa-bbbb-cccc'],
        affected: [affects('PyPI', 'x', until('2.0'))],
      }),
      recordOf({
        id: 'GHSA-aaaa-bbbb-cccc',
        aliases: ['CVE-2021-0001'],
        summary: 'Bad thing',
        severity: [{ type: 'CVSS_V3', score: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H' }],
        database_specific: { severity: 'MODERATE' },
        affected: [affects('PyPI', 'x', until('2.1'))],
      }),
    ]
    expect(found([lib('PyPI', 'x', '1.9')], records)).toMatchObject([
      {
        title: 'Bad thing',
        names: ['CVE-2021-0001', 'GHSA-aaaa-bbbb-cccc', 'PYSEC-2021-1'],
        severity: { value: 'medium', source: 'ghsa', score: 9.8 },
        severities: [
          { value: 'medium', source: 'ghsa' },
          { value: 'critical', source: 'ghsa', score: 9.8 },
        ],
        fixes: [{ to: '2.1' }],
        remarks: ['only a newer branch is fixed (2.x)'],
      },
    ])
  })

  it('lends a severity to another component whatever was asked before', () => {
    const graded = recordOf({
      id: 'GHSA-aaaa-bbbb-cccc',
      aliases: ['CVE-2024-0001'],
      database_specific: { severity: 'HIGH' },
      affected: [affects('npm', 'left', until('2.0.0'))],
    })
    const ungraded = recordOf({
      id: 'DEBIAN-CVE-2024-0001',
      upstream: ['CVE-2024-0001'],
      affected: [affects('Debian:12', 'node-left', until('2.0.0-1'))],
    })
    const components = [
      componentOf({ name: 'left', version: '1.0.0', ecosystem: 'npm' }),
      componentOf({ name: 'node-left', version: '1.0.0-1', ecosystem: 'Debian:12' }),
    ]
    for (const order of [components, components.toReversed()]) {
      const sources = found(order, [graded, ungraded]).map(({ severity }) => `${severity.value} ${severity.source}`)
      expect(sources.sort()).toEqual(['high ghsa', 'high osv:GHSA-aaaa-bbbb-cccc'])
    }
  })

  it('prefers the fix of the same branch, and skips what is withdrawn', () => {
    const events = [{ introduced: '0' }, { fixed: '1.4.2' }, { introduced: '2.0.0' }, { fixed: '2.3.0' }]
    const record = recordOf({ id: 'GHSA-aaaa-bbbb-cccc', affected: [affects('npm', 'x', events)] })
    expect(found([lib('npm', 'x', '1.2.0')], [record])).toMatchObject([{ fixes: [{ to: '1.4.2' }], remarks: [] }])
    expect(found([lib('npm', 'x', '1.2.0')], [{ ...record, withdrawn: '2024-01-01T00:00:00Z' }])).toEqual([])
  })

  it('lets "no version is affected" of the ecosystem’s own database stand against others', () => {
    const records = [
      recordOf({
        id: 'GHSA-aaaa-bbbb-cccc',
        aliases: ['CVE-2021-0001'],
        affected: [affects('Go', 'x.org/y', until('2.0.0'))],
      }),
      recordOf({ id: 'GO-2021-0001', aliases: ['CVE-2021-0001'], affected: [affects('Go', 'x.org/y', until('0'))] }),
    ]
    expect(found([lib('Go', 'x.org/y', 'v1.0.0')], records)).toMatchObject([
      { disposition: { state: 'not-affected', statedBy: 'go (GO-2021-0001)' } },
    ])
    expect(found([lib('Go', 'x.org/y', 'v1.0.0')], records.slice(0, 1))).toHaveLength(1)
  })

  it('tells malware and abandoned packages from weaknesses', () => {
    const records = [
      recordOf({ id: 'MAL-2024-1', affected: [affects('npm', 'evil', [{ introduced: '0' }])] }),
      recordOf({
        id: 'RUSTSEC-2021-0141',
        affected: [
          affects('crates.io', 'dotenv', [{ introduced: '0' }], {
            database_specific: { informational: 'unmaintained' },
          }),
        ],
      }),
    ]
    expect(found([lib('npm', 'evil', '1.0.0'), lib('crates.io', 'dotenv', '0.15.0')], records)).toMatchObject([
      { kind: 'malicious-package', severity: { value: 'critical', source: 'bulwark' } },
      { kind: 'unmaintained-package', severity: { value: 'unknown' } },
    ])
  })

  it('says what it could not judge', () => {
    const record = recordOf({
      id: 'GHSA-aaaa-bbbb-cccc',
      affected: [{ package: { ecosystem: 'Go', name: 'x.org/y' } }, affects('Go', 'x.org/z', until('1.0.0'))],
    })
    const { diagnostics, unexamined } = match(
      [lib('Go', 'x.org/y', 'v1.0.0'), lib('Go', 'x.org/z', '(devel)')],
      [record],
    )
    expect(diagnostics.map(({ code, effect }) => [code, effect])).toEqual([
      ['component-not-examined', 'notice'],
      ['advisory-without-versions', 'notice'],
    ])
    expect(unexamined).toHaveLength(1)
  })
})

describe('kernel headers', () => {
  const headers = componentOf({
    name: 'linux-libc-dev',
    version: '6.1.1-1',
    ecosystem: 'Debian:12',
    source: { name: 'linux', version: '6.1.1-1' },
  })
  const perf = componentOf({
    name: 'linux-perf',
    version: '6.1.1-1',
    ecosystem: 'Debian:12',
    source: { name: 'linux', version: '6.1.1-1' },
  })
  const record = recordOf({
    id: 'DEBIAN-CVE-2023-0001',
    upstream: ['CVE-2023-0001'],
    affected: [affects('Debian:12', 'linux', until('6.1.2-1'))],
  })

  it('are one line in an image, whose findings are settled', () => {
    const { findings, collapsed } = match([headers], [record])
    expect(collapsed).toEqual([
      {
        component: headers.id,
        name: 'linux-libc-dev',
        version: '6.1.1-1',
        count: 1,
        statement: 'not affected: vulnerable code not present',
      },
    ])
    expect(findings[0].disposition).toMatchObject({
      state: 'not-affected',
      justification: 'vulnerable_code_not_present',
    })
  })

  it('are shown when asked for, outside images, and never stand for what runs', () => {
    const open = (result: ReturnType<typeof match>) =>
      result.findings.filter(({ disposition }) => disposition.state === 'open')
    expect(open(match([headers], [record], { image: true, includeKernelHeaders: true }))).toHaveLength(1)
    expect(open(match([headers], [record], { image: false, includeKernelHeaders: false }))).toHaveLength(1)
    expect(open(match([perf], [record]))).toHaveLength(1)
  })
})

describe('coverage', () => {
  const db = memoryDatabase([
    recordOf({ id: 'DEBIAN-CVE-2023-0001', affected: [affects('Debian:12', 'linux', until('6'))] }),
  ])
  const codes = (ecosystem: string, kind: Component['kind']) =>
    matchInventory(inventoryOf([componentOf({ name: 'x', version: '1', ecosystem, kind })]), db, IMAGE).diagnostics.map(
      ({ code, effect }) => [code, effect],
    )

  it('is blind where advisories exist and are not there, and says so where nobody publishes any', () => {
    expect(codes('Debian:12', 'os')).toEqual([])
    expect(codes('Debian:11', 'os')).toEqual([['advisories-missing', 'blind']])
    expect(codes('Debian', 'os')).toEqual([['advisories-missing', 'blind']])
    expect(codes('npm', 'library')).toEqual([['advisories-missing', 'blind']])
    for (const ecosystem of ['amzn:2', 'alpine:edge', 'centos:stream9', 'ol:8', 'fedora:42', 'kali:2024.1'])
      expect(codes(ecosystem, 'os'), ecosystem).toEqual([['no-advisories-published', 'notice']])
    for (const ecosystem of [
      'centos:7',
      'Red Hat:enterprise_linux:9',
      'Ubuntu:24.10',
      'Wolfi',
      'Azure Linux:3',
      'Photon OS:5.0',
      'Fedora:42',
    ])
      expect(codes(ecosystem, 'os'), ecosystem).toEqual([['advisories-missing', 'blind']])
    expect(codes('dpkg', 'os')).toEqual([['operating-system-unknown', 'blind']])
  })
})
