import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { componentOf, inventoryOf, recordOf } from '../../../test/support/advisories.ts'
import type { Component } from '../../model/component.ts'
import type { Finding } from '../../model/finding.ts'
import { memoryDatabase } from '../memory.ts'
import type { OsvAffected, OsvEvent, OsvRecord } from '../types.ts'
import { endOfLifeFinding } from './end-of-life.ts'
import { filterFindings } from './filter.ts'
import { matchInventory } from './match.ts'
import { compareFindings } from './order.ts'

const IMAGE = { image: true, includeKernelHeaders: false }
const affects = (
  ecosystem: string,
  name: string,
  events: readonly OsvEvent[],
  more: Partial<OsvAffected> = {},
): OsvAffected => ({
  package: { ecosystem, name },
  ranges: [{ type: 'ECOSYSTEM', events }],
  ...more,
})
const until = (fixed: string): readonly OsvEvent[] => [{ introduced: '0' }, { fixed }]
const match = (components: readonly Component[], records: readonly OsvRecord[], options = IMAGE) =>
  matchInventory(inventoryOf(components), memoryDatabase(records), options)
const found = (components: readonly Component[], records: readonly OsvRecord[]) => match(components, records).findings
const names = (findings: readonly Finding[]) => findings.map((finding) => finding.names[0])

const libssl = componentOf({
  name: 'libssl1.1',
  version: '1.1.1n-0+deb11u3',
  ecosystem: 'Debian:11',
  source: { name: 'openssl', version: '1.1.1n-0+deb11u3' },
})

describe('Debian', () => {
  it('asks by source package, source version and release', () => {
    const records = [
      recordOf({
        id: 'DEBIAN-CVE-2023-0464',
        upstream: ['CVE-2023-0464'],
        affected: [affects('Debian:11', 'openssl', until('1.1.1n-0+deb11u5'))],
      }),
      recordOf({
        id: 'DEBIAN-CVE-2023-9999',
        upstream: ['CVE-2023-9999'],
        affected: [affects('Debian:12', 'openssl', until('3.0.9-1'))],
      }),
      recordOf({
        id: 'DEBIAN-CVE-2023-8888',
        upstream: ['CVE-2023-8888'],
        affected: [affects('Debian:11', 'libssl1.1', until('9'))],
      }),
    ]
    const [finding, ...others] = found([libssl], records)
    expect(others).toEqual([])
    expect(finding).toMatchObject({
      names: ['CVE-2023-0464', 'DEBIAN-CVE-2023-0464'],
      fixes: [{ kind: 'upgrade', to: '1.1.1n-0+deb11u5' }],
      vendorStatus: 'fixed',
      severity: { value: 'unknown' },
    })
    const binNmu = componentOf({
      ...libssl,
      version: '2:9.9-1+b2',
      source: { name: 'openssl', version: '1.1.1n-0+deb11u5' },
    })
    expect(found([binNmu], records)).toEqual([])
  })

  it('makes one finding of each CVE of a DSA, merged with the tracker', () => {
    const dsa = recordOf({
      id: 'DSA-1-1',
      published: '2023-05-31T00:00:00Z',
      upstream: ['CVE-2023-0001', 'CVE-2023-0002'],
      summary: 'openssl - security update',
      affected: [affects('Debian:11', 'openssl', until('1.1.1n-0+deb11u5'))],
    })
    const tracker = recordOf({ id: 'DEBIAN-CVE-2023-0001', upstream: ['CVE-2023-0001'], affected: dsa.affected })
    const findings = found([libssl], [dsa, tracker])
    expect(findings.map((finding) => finding.names)).toEqual([
      ['CVE-2023-0001', 'DEBIAN-CVE-2023-0001', 'DSA-1-1'],
      ['CVE-2023-0002', 'DSA-1-1'],
    ])
    expect(findings[0].advisories.map(({ id }) => id)).toEqual(['DEBIAN-CVE-2023-0001', 'DSA-1-1'])
    expect(findings[0].fixes[0].availableSince).toBe('2023-05-31')
  })

  it('lets the tracker decide about one CVE over an update of several', () => {
    const dsa = recordOf({
      id: 'DSA-1-1',
      upstream: ['CVE-2023-0001', 'CVE-2023-0002'],
      affected: [affects('Debian:11', 'openssl', until('1.1.1n-0+deb11u5'))],
    })
    const cleared = recordOf({
      id: 'DEBIAN-CVE-2023-0001',
      upstream: ['CVE-2023-0001'],
      affected: [affects('Debian:11', 'openssl', until('0'))],
    })
    expect(names(found([libssl], [dsa, cleared]))).toEqual(['CVE-2023-0002'])
  })

  it('maps urgencies, and takes an ungraded CVE from its aliases with the source named', () => {
    const urgency = (word: string) =>
      affects('Debian:11', 'openssl', [{ introduced: '0' }], { ecosystem_specific: { urgency: word } })
    const records = [
      recordOf({ id: 'DEBIAN-CVE-2020-0001', upstream: ['CVE-2020-0001'], affected: [urgency('unimportant')] }),
      recordOf({ id: 'DEBIAN-CVE-2020-0002', upstream: ['CVE-2020-0002'], affected: [urgency('not yet assigned')] }),
      recordOf({
        id: 'CVE-2020-0002',
        severity: [{ type: 'CVSS_V3', score: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H' }],
      }),
      recordOf({ id: 'DEBIAN-CVE-2020-0003', upstream: ['CVE-2020-0003'], affected: [urgency('end-of-life')] }),
    ]
    const byName = new Map(found([libssl], records).map((finding) => [finding.names[0], finding]))
    expect(byName.get('CVE-2020-0001')?.severity).toEqual({ value: 'negligible', source: 'debian' })
    expect(byName.get('CVE-2020-0002')?.severity).toEqual({
      value: 'critical',
      source: 'osv:CVE-2020-0002',
      score: 9.8,
    })
    expect(byName.get('CVE-2020-0003')).toMatchObject({
      severity: { value: 'unknown' },
      vendorStatus: 'end-of-life',
      fixes: [],
    })
  })
})

describe('Ubuntu', () => {
  const pkg = (version: string) =>
    componentOf({ name: 'libssl1.0.0', version, ecosystem: 'Ubuntu:16.04:LTS', source: { name: 'openssl', version } })
  const severity = [{ type: 'Ubuntu', score: 'negligible' }]
  const records = [
    recordOf({
      id: 'UBUNTU-CVE-2022-0001',
      upstream: ['CVE-2022-0001'],
      severity,
      affected: [
        affects('Ubuntu:16.04:LTS', 'openssl', [{ introduced: '0' }]),
        affects('Ubuntu:Pro:16.04:LTS', 'openssl', until('1.0.2g-1ubuntu4.20+esm2')),
        affects('Ubuntu:Pro:FIPS:16.04:LTS', 'openssl', until('1.0.2g-1ubuntu4.fips.4.99')),
        affects('Ubuntu:22.04:LTS', 'openssl', until('3.0.2-0ubuntu1.1')),
      ],
    }),
  ]

  it('says that a fix takes Pro', () => {
    expect(found([pkg('1.0.2g-1ubuntu4.20')], records)).toMatchObject([
      {
        severity: { value: 'negligible', source: 'ubuntu' },
        fixes: [{ to: '1.0.2g-1ubuntu4.20+esm2' }],
        remarks: ['fixed with Ubuntu Pro only'],
      },
    ])
  })

  it('keeps other products of the same release apart', () => {
    const bluefield = (ecosystem: string) =>
      recordOf({
        id: 'UBUNTU-CVE-2025-0001',
        upstream: ['CVE-2025-0001'],
        affected: [affects(ecosystem, 'openssl', until('9'))],
      })
    const of = (ecosystem: string) => found([pkg('1.0.2g-1ubuntu4.20')], [bluefield(ecosystem)])
    expect(of('Ubuntu:Nvidia-BlueField:16.04:LTS')).toEqual([])
    expect(of('Ubuntu:16.04:LTS:for:NVIDIA:BlueField')).toEqual([])
    expect(of('Ubuntu:Pro:FIPS-preview:16.04:LTS')).toEqual([])
    expect(of('Ubuntu:Pro:16.04:LTS:Realtime:Kernel')).toMatchObject([{ remarks: ['fixed with Ubuntu Pro only'] }])
    expect(of('Ubuntu:Pro:Realtime:16.04:LTS')).toHaveLength(1)
    expect(of('Ubuntu:16.04:LTS')).toMatchObject([{ remarks: [] }])
  })

  it('judges a build of Pro by its own entry', () => {
    expect(found([pkg('1.0.2g-1ubuntu4.20+esm1')], records)).toHaveLength(1)
    expect(found([pkg('1.0.2g-1ubuntu4.20+esm2')], records)).toEqual([])
    expect(found([pkg('1.0.2g-1ubuntu4.fips.4.99')], records)).toEqual([])
  })
})

describe('RPM', () => {
  const rpm = (name: string, version: string, more: Partial<Component> = {}) =>
    componentOf({ name, version, ecosystem: 'AlmaLinux:8', ...more })
  const alsa = (id: string, summary: string, name: string, fixed: string, ecosystem = 'AlmaLinux:8') =>
    recordOf({
      id,
      summary,
      related: ['CVE-2023-0001', 'CVE-2023-0002'],
      affected: [affects(ecosystem, name, until(fixed))],
    })

  it('compares with the epoch, and takes the impact from the summary of the update', () => {
    const records = [alsa('ALSA-2023:1', 'Important: bind security update', 'bind', '32:9.11.36-8.el8')]
    const findings = found([rpm('bind', '32:9.11.36-7.el8')], records)
    expect(names(findings)).toEqual(['CVE-2023-0001', 'CVE-2023-0002'])
    expect(findings[0].severity).toEqual({ value: 'high', source: 'almalinux' })
    expect(found([rpm('bind', '32:9.11.36-8.el8')], records)).toEqual([])
    expect(found([rpm('bind', '32:9.11.36-7.el9', { ecosystem: 'AlmaLinux:9' })], records)).toEqual([])
  })

  it('matches a module with its own stream only', () => {
    const node18 = alsa(
      'ALSA-2023:2',
      'Important: nodejs:18 security update',
      'nodejs',
      '1:18.14.2-3.module_el8.7.0+3500+aaaaaaaa',
    )
    const installed = (module: string | undefined, version: string) =>
      rpm('nodejs', version, module === undefined ? {} : { module })
    expect(found([installed('nodejs:18:80900:abc', '1:18.9.1-1.module_el8.7.0+3333+bbbbbbbb')], [node18])).toHaveLength(
      2,
    )
    expect(found([installed('nodejs:16:80900:abc', '1:16.19.1-1.module_el8.7.0+3333+bbbbbbbb')], [node18])).toEqual([])
    expect(found([installed(undefined, '1:10.0.0-1.el8')], [node18])).toEqual([])
  })

  it('reads the stream before the package of the module that an update is about', () => {
    const http2 = alsa('ALSA-2024:4', 'Important: httpd:2.4/mod_http2 security update', 'mod_http2', '2-1.module_el8+1')
    const installed = (module: string) => rpm('mod_http2', '1-1.module_el8+1', { module })
    expect(found([installed('httpd:2.4:80900:abc')], [http2])).toHaveLength(2)
    expect(found([installed('httpd:2.6:80900:abc')], [http2])).toEqual([])
  })

  it('takes bug fixes and enhancements as findings only where they name a weakness', () => {
    const repair = recordOf({
      id: 'ALBA-2023:5',
      summary: 'bind bug fix update',
      affected: [affects('AlmaLinux:8', 'bind', until('32:9.11.36-8.el8'))],
    })
    const installed = rpm('bind', '32:9.11.36-7.el8')
    expect(found([installed], [repair])).toEqual([])
    expect(names(found([installed], [{ ...repair, related: ['CVE-2023-0009'] }]))).toEqual(['CVE-2023-0009'])
    expect(names(found([installed], [{ ...repair, id: 'ALSA-2023:6' }]))).toEqual(['ALSA-2023:6'])
  })

  it('takes each of several fixed builds of one package as the fix that it is', () => {
    const both = recordOf({
      id: 'ALSA-2021:3',
      related: ['CVE-2021-0001'],
      affected: [
        affects('AlmaLinux:8', 'vim', until('2:8.0.1763-16.el8')),
        affects('AlmaLinux:8', 'vim', until('2:8.0.1763-16.el8_5.13')),
      ],
    })
    expect(names(found([rpm('vim', '2:8.0.1763-15.el8')], [both]))).toEqual(['CVE-2021-0001'])
    expect(found([rpm('vim', '2:8.0.1763-16.el8')], [both])).toEqual([])
    expect(names(found([rpm('vim', '2:8.0.1763-16.el8.1')], [both]))).toEqual(['CVE-2021-0001'])
  })

  it('never counts the fix of an extended stream for the main one', () => {
    const rhsa = recordOf({
      id: 'RHSA-2024:1',
      upstream: ['CVE-2024-0001'],
      affected: [
        affects('Red Hat:rhel_eus:8.6::baseos', 'openssl', until('1:1.1.1k-7.el8_6')),
        affects('Red Hat:rhel_e4s:8.4::baseos', 'openssl', until('1:1.1.1k-6.el8_4')),
        affects('Red Hat:rhel_aus:8.2::baseos', 'openssl', until('1:1.1.1k-5.el8_2')),
        affects('Red Hat:enterprise_linux:8::baseos', 'openssl', until('1:1.1.1k-9.el8_10')),
      ],
    })
    const installed = rpm('openssl', '1:1.1.1k-8.el8', { ecosystem: 'Red Hat:8' })
    expect(found([installed], [rhsa])).toMatchObject([{ fixes: [{ to: '1:1.1.1k-9.el8_10' }] }])
    const eusOnly = { ...rhsa, affected: rhsa.affected.slice(0, 3) }
    expect(found([rpm('openssl', '1:1.1.1k-4.el8', { ecosystem: 'centos:8' })], [eusOnly])).toEqual([])
  })

  it('finds Rocky Linux by source name with the built package epoch', () => {
    const rlsa = recordOf({
      id: 'RLSA-2023:1',
      upstream: ['CVE-2023-0001'],
      affected: [affects('Rocky Linux:8', 'openssl', until('1:1.1.1k-9.el8'))],
    })
    const libs = (release: string) =>
      rpm('openssl-libs', `1:1.1.1k-${release}.el8`, {
        ecosystem: 'Rocky Linux:8',
        source: { name: 'openssl', version: `1.1.1k-${release}.el8` },
      })
    expect(found([libs('8')], [rlsa])).toHaveLength(1)
    expect(found([libs('9')], [rlsa])).toEqual([])
  })

  it('reads of SUSE only the packages that an update lists, and no other support product', () => {
    const product = 'SUSE:Linux Enterprise Module for Basesystem 15 SP5'
    const suse = recordOf({
      id: 'SUSE-SU-2024:1',
      upstream: ['CVE-2024-0001'],
      affected: [
        affects(product, 'openssl-1_1', until('1.1.1l-2'), {
          ecosystem_specific: { binaries: [{ libopenssl1_1: '1.1.1l-2' }] },
        }),
        affects('SUSE:Linux Enterprise Server 15 SP5-LTSS', 'openssl-1_1', until('1.1.1l-9')),
      ],
    })
    const installed = (name: string, version: string) =>
      rpm(name, version, { ecosystem: 'SUSE:Linux Enterprise Server 15 SP5', source: { name: 'openssl-1_1', version } })
    expect(found([installed('libopenssl1_1', '1.1.1l-1')], [suse])).toMatchObject([{ fixes: [{ to: '1.1.1l-2' }] }])
    expect(found([installed('libopenssl1_1', '1.1.1l-3')], [suse])).toEqual([])
    expect(found([installed('openssl-1_1-doc', '1.1.1l-1')], [suse])).toEqual([])
  })
})

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
    expect(found([lib('Go', 'x.org/y', 'v1.0.0')], records)).toEqual([])
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
    expect(codes('amzn:2', 'os')).toEqual([['no-advisories-published', 'notice']])
    expect(codes('dpkg', 'os')).toEqual([['operating-system-unknown', 'blind']])
  })
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
    })
    .map(
      ({ id, value, fixed, known, probability, name }): Finding => ({
        ...base,
        id,
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
