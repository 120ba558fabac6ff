import { describe, expect, it } from 'vitest'
import { releaseRules, releaseScope } from '../matching/releases.ts'
import { bareEcosystem } from '../package-key.ts'
import { shardRelease } from './release-key.ts'

/** Releases as installed systems and records write them. */
const ECOSYSTEMS: readonly string[] = [
  ...['11', '12', '13', 'unstable', '3.1'].map((release) => `Debian:${release}`),
  ...[
    '22.04:LTS',
    '24.10',
    'Pro:16.04:LTS',
    'Pro:22.04:LTS:Realtime:Kernel',
    'Pro:FIPS-updates:18.04:LTS',
    'Pro:FIPS:22.04:LTS',
    '16.04:LTS',
    '18.04:LTS',
  ].map((release) => `Ubuntu:${release}`),
  ...['v3.18', 'v3.18.2', '3.18', 'v3.2', 'v3.20', 'edge'].map((release) => `Alpine:${release}`),
  ...['8', '8.5', '9'].flatMap((release) => [
    `AlmaLinux:${release}`,
    `Rocky Linux:${release}`,
    `Oracle Linux:${release}`,
    `EPEL:${release}`,
  ]),
  'Oracle Linux:8:ksplice',
  ...[
    '7',
    '8.9',
    'enterprise_linux:8',
    'enterprise_linux:8::appstream',
    'enterprise_linux:10.0',
    'rhel_eus:8.6::baseos',
    'rhel_eus:8.6',
    'openshift:4.12::el8',
    'flatpak:enterprise_linux:8',
  ].map((release) => `Red Hat:${release}`),
  ...[
    'Linux Enterprise Server 15 SP5',
    'Linux Enterprise Module for Basesystem 15 SP5',
    'Linux Enterprise Server 15 SP5-LTSS',
    'Linux Enterprise Server 12 SP5',
    'Linux Enterprise Server 15',
    'Linux Enterprise Micro 5.2',
    'Linux Enterprise Module for Python 3 15 SP5',
  ].map((release) => `SUSE:${release}`),
  ...['Leap 15.5', 'Tumbleweed', 'Leap Micro 5.2', 'leap 15.5'].map((release) => `openSUSE:${release}`),
  ...['8', '9'].map((release) => `Mageia:${release}`),
  ...['24.03-LTS', '24.03-LTS-SP1'].map((release) => `openEuler:${release}`),
  ...['4.0', '5.0'].map((release) => `Photon OS:${release}`),
  ...['2', '3', '3.0'].map((release) => `Azure Linux:${release}`),
  ...['1', '2', '2023'].map((release) => `Amazon Linux:${release}`),
  ...['43', '44'].map((release) => `Fedora:${release}`),
  ...['stream', '23'].map((release) => `Alpaquita:${release}`),
  ...['10', '15'].map((release) => `Android:${release}`),
  ...['debian:12', 'echo'].map((release) => `Echo:${release}`),
]

describe('the shard of a release', () => {
  it('holds whatever speaks about what is installed of it', () => {
    for (const installed of ECOSYSTEMS)
      for (const entry of ECOSYSTEMS) {
        if (bareEcosystem(installed) !== bareEcosystem(entry)) continue
        const versions = ['1', '1-fips', '1.ksplice1.el8']
        if (versions.every((version) => releaseScope(installed, entry, version) === undefined)) continue
        expect(['', shardRelease(installed)], `${installed} reads ${entry}`).toContain(shardRelease(entry))
      }
  })

  it('has a name for a file, and none where there are no releases', () => {
    for (const ecosystem of ECOSYSTEMS) expect(shardRelease(ecosystem)).toMatch(/^[a-z0-9.-]{0,40}$/)
    expect([shardRelease('npm'), shardRelease('Debian'), shardRelease('PyPI:1')]).toEqual(['', '', ''])
    const tried = new Set(ECOSYSTEMS.map(bareEcosystem))
    expect([...releaseRules.keys()].filter((name) => !tried.has(name) && !/^BellSoft/.test(name))).toEqual([])
  })
})
