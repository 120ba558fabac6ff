import { describe, expect, it } from 'vitest'
import { componentOf, recordOf } from '../../../test/support/advisories.ts'
import { affects, found, match, names, until } from '../../../test/support/matching.ts'
import type { Component } from '../../model/component.ts'
import type { OsvEvent } from '../types.ts'

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
    const findings = found([libssl], [dsa, cleared])
    expect(names(findings.filter(({ disposition }) => disposition.state === 'open'))).toEqual(['CVE-2023-0002'])
    expect(findings.find(({ names: [name] }) => name === 'CVE-2023-0001')).toMatchObject({
      disposition: { state: 'not-affected', statedBy: 'debian (DEBIAN-CVE-2023-0001)' },
    })
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

  it('reads the products of one major release of Red Hat, and no other product', () => {
    const rhsa = (ecosystem: string) =>
      recordOf({
        id: 'RHSA-2025:1',
        upstream: ['CVE-2025-0001'],
        affected: [affects(ecosystem, 'openssl', until('1:3.5.1-9'))],
      })
    const installed = (major: number) => rpm('openssl', '1:3.2.2-1', { ecosystem: `Red Hat:enterprise_linux:${major}` })
    for (const entry of ['enterprise_linux:9::baseos', 'enterprise_linux:9::appstream', 'enterprise_linux:9'])
      expect(found([installed(9)], [rhsa(`Red Hat:${entry}`)]), entry).toHaveLength(1)
    for (const entry of ['enterprise_linux:10.0', 'enterprise_linux:10.2'])
      expect(found([installed(10)], [rhsa(`Red Hat:${entry}`)]), entry).toHaveLength(1)
    for (const entry of [
      'enterprise_linux:8::baseos',
      'openshift:9',
      'jboss_core_services:1::el9',
      'rhel_tus:9.2::baseos',
    ])
      expect(found([installed(9)], [rhsa(`Red Hat:${entry}`)]), entry).toEqual([])
    expect(found([installed(10)], [rhsa('Red Hat:enterprise_linux_eus:10.0')])).toEqual([])
  })

  it('compares Azure Linux builds with advisories that leave out their mark, and with those that write it', () => {
    const azl = (events: readonly OsvEvent[]) =>
      recordOf({ id: 'AZL-1', upstream: ['CVE-2023-0001'], affected: [affects('Azure Linux:3', 'zlib', events)] })
    const zlib = (version: string) => rpm('zlib', version, { ecosystem: 'Azure Linux:3' })
    const unfixed = azl([{ introduced: '0' }, { last_affected: '1.2.13-1' }])
    expect(found([zlib('1.2.13-1.azl3')], [unfixed])).toMatchObject([{ vendorStatus: 'affected', fixes: [] }])
    expect(found([zlib('1.2.13-2.azl3')], [unfixed])).toEqual([])
    for (const fixed of ['1.3.1-1', '1.3.1-1.azl3']) {
      expect(found([zlib('1.3-1.azl3')], [azl(until(fixed))])).toMatchObject([{ fixes: [{ to: fixed }] }])
      expect(found([zlib('1.3.1-1.azl3')], [azl(until(fixed))])).toEqual([])
    }
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

  it('keeps what one question found when the version that another asks for is not known', () => {
    const wolf = componentOf({
      name: 'wolf-libs',
      version: '1.0-1.el9',
      ecosystem: 'Rocky Linux:9',
      source: { name: 'wolf', version: 'unknown' },
    })
    const records = ['wolf-libs', 'wolf'].map((name, i) =>
      recordOf({
        id: `RLSA-2024:000${i}`,
        upstream: [`CVE-2024-000${i}`],
        affected: [affects('Rocky Linux:9', name, until('2.0-1.el9'))],
      }),
    )
    const { findings, unexamined } = match([wolf], records)
    expect(findings.map((finding) => finding.names[0])).toEqual(['CVE-2024-0000'])
    expect(unexamined).toMatchObject([{ reason: 'its version is not known' }])
  })
})
