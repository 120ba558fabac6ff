import { describe, expect, it } from 'vitest'
import { componentOf, recordOf } from '../../../test/support/advisories.ts'
import { feedItems, feedRecords } from '../../../test/support/feed.ts'
import { FEED_SAMPLES } from '../../../test/support/feed-samples.ts'
import { found } from '../../../test/support/matching.ts'
import { alpineSecdb } from './alpine-secdb/index.ts'
import { archTracker } from './arch-tracker/index.ts'
import { debianTracker } from './debian-tracker/index.ts'
import { fedoraBodhi } from './fedora-bodhi/index.ts'
import { oracleOval } from './oracle-oval/index.ts'
import { photon } from './photon/index.ts'
import { statedAffected } from './stated-status.ts'
import { wolfiSecdb } from './wolfi-secdb/index.ts'

const specifics = (records: readonly { affected: readonly { ecosystem_specific?: object }[] }[]) =>
  records.flatMap((record) => record.affected.map((one) => one.ecosystem_specific))

describe("Debian's tracker", () => {
  const said = (release: object, issue = 'CVE-2026-0001') =>
    feedRecords(debianTracker, 'json', JSON.stringify({ curl: { [issue]: { releases: { bookworm: release } } } }))

  it.each([
    [{ status: 'resolved', fixed_version: '1-2', urgency: 'high**' }, { status: 'fixed' }],
    [{ status: 'resolved', fixed_version: '0' }, { status: 'not-affected' }],
    [{ status: 'open', urgency: 'end-of-life' }, { status: 'end-of-life' }],
    [
      { status: 'open', nodsa: 'Minor issue', nodsa_reason: '' },
      { status: 'deferred', status_reason: 'no-dsa: Minor issue' },
    ],
    [
      { status: 'open', nodsa: 'Wait', nodsa_reason: 'postponed' },
      { status: 'deferred', status_reason: 'postponed: Wait' },
    ],
    [{ status: 'open', nodsa: 'Too intrusive', nodsa_reason: 'ignored' }, { status: 'will-not-fix' }],
    [
      { status: 'open', urgency: 'unimportant' },
      { status: 'affected', status_reason: 'unimportant' },
    ],
    [{ status: 'undetermined' }, { status: 'under-investigation' }],
  ])('says %j as %j', async (release, expected) => {
    expect(specifics(await said(release))).toMatchObject([expected])
  })

  it('gives findings their status and its reason', async () => {
    const component = componentOf({ name: 'curl', version: '1-1', ecosystem: 'Debian:12', kind: 'os' })
    const of = async (release: object) =>
      found([component], await said(release)).map((one) => [one.vendorStatus, one.remarks])
    expect(await of({ status: 'open', nodsa: 'Minor issue' })).toEqual([
      ['deferred', ['debian says: no-dsa: Minor issue']],
    ])
    expect(await of({ status: 'open', nodsa: 'Too much', nodsa_reason: 'ignored' })).toEqual([
      ['will-not-fix', ['debian says: ignored: Too much']],
    ])
    expect(await of({ status: 'undetermined' })).toEqual([['under-investigation', ['debian says: undetermined']]])
    expect(await of({ status: 'open', urgency: 'end-of-life' })).toMatchObject([['end-of-life', [expect.anything()]]])
    expect(await of({ status: 'resolved', fixed_version: '0' })).toEqual([])
    expect(await of({ status: 'resolved', fixed_version: '1-2' })).toEqual([['fixed', []]])
  })

  it('skips what is wrong and keeps the rest', async () => {
    const text = JSON.stringify({
      curl: {
        'CVE-2026-0001': { releases: { bookworm: { status: 'open' }, nonsense: { status: 'open' }, sid: 7 } },
        '../etc': { releases: {} },
        'CVE-2026-0002': 'text',
        'CVE-2026-0003': { releases: [] },
      },
      wget: [],
    })
    const items = await feedItems(debianTracker, 'json', text)
    expect(items.filter((item) => 'record' in item)).toHaveLength(1)
    expect(items.flatMap((item) => ('wrong' in item ? [item.wrong] : []))).toEqual([
      'curl CVE-2026-0001 nonsense',
      'curl CVE-2026-0001 sid',
      'curl ../etc',
      'curl CVE-2026-0002',
      'wget',
    ])
  })

  it('reads advisories with their dates, and refuses a list that is cut short or none', async () => {
    const list =
      '[31 Jul 2026] DSA-5970-1 curl - security update\n\t{CVE-2026-0001 CVE-2026-0002}\n\t[bookworm] - curl 7-1\n\t[sid] - curl <unfixed>\n[99 Foo 2026] DSA-1 x\n'
    const items = await feedItems(debianTracker, 'DSA/list', list)
    expect(items).toMatchObject([
      {
        record: {
          id: 'DSA-5970-1',
          published: '2026-07-31T00:00:00Z',
          upstream: ['CVE-2026-0001', 'CVE-2026-0002'],
          affected: [{ package: { ecosystem: 'Debian:12', name: 'curl' } }],
        },
      },
      { wrong: '[99 Foo 2026] DSA-1 x' },
    ])
    await expect(feedItems(debianTracker, 'DSA/list', list.slice(0, -2))).rejects.toThrow('cut short')
    await expect(feedItems(debianTracker, 'DSA/list', '<html>\n')).rejects.toThrow('no list')
    await expect(feedItems(debianTracker, 'DSA/list', `[${'x'.repeat(30_000)}\n`)).rejects.toThrow('line of')
  })
})

describe('security databases of apk packages', () => {
  const text = (secfixes: unknown, more = {}) =>
    JSON.stringify({ ...more, packages: [{ pkg: { name: 'zlib', secfixes } }] })

  it('takes the later of two fixes, several names in one text, and 0 as never affected', async () => {
    const fixes = {
      '1.2.12-r2': ['CVE-2026-0001 XSA-400 (+)'],
      '1.2.12-r0': ['CVE-2026-0001'],
      '0': ['CVE-2026-0002'],
      nonsense: ['CVE-2026-0003'],
    }
    const records = await feedRecords(wolfiSecdb, 'security.json', text(fixes))
    expect(records.map((record) => [record.id, record.affected[0].ranges?.[0].events.at(-1)])).toEqual(
      expect.arrayContaining([
        ['WOLFI-CVE-2026-0001', { fixed: '1.2.12-r2' }],
        ['WOLFI-XSA-400', { fixed: '1.2.12-r2' }],
        ['WOLFI-CVE-2026-0002', { fixed: '0' }],
        ['WOLFI-CVE-2026-0003', { fixed: 'nonsense' }],
      ]),
    )
  })

  it.each([
    ['<html>', 'neither JSON nor YAML|no security database'],
    ['', 'no security database'],
    ['{"packages": 1}', 'no security database'],
    [text({}, { distroversion: '../..' }), 'which release'],
    ['a: &a [1]\nb: *a\n', 'YAML'],
  ])('refuses %j', async (content, why) => {
    await expect(feedItems(alpineSecdb, 'main.json', content)).rejects.toThrow(new RegExp(why))
  })

  it('is no place for prototypes', async () => {
    const records = await feedRecords(
      wolfiSecdb,
      'security.json',
      '{"packages":[{"pkg":{"name":"__proto__","secfixes":{"__proto__":["CVE-2026-1"],"1-r0":["CVE-2026-2"]}}}]}',
    )
    expect(records.map((record) => record.id)).toContain('WOLFI-CVE-2026-2')
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
  })
})

describe('systems whose advisories only their own feed has', () => {
  it('Arch Linux: a package gets its finding with fix and status', async () => {
    const group = {
      name: 'AVG-1',
      packages: ['curl'],
      affected: '8.4.0-1',
      fixed: '8.5.0-1',
      severity: 'High',
      status: 'Fixed',
      issues: ['CVE-2026-0001'],
    }
    const records = await feedRecords(archTracker, 'all.json', JSON.stringify([group, { name: 'AVG-2' }]))
    const component = componentOf({ name: 'curl', version: '8.4.0-1', ecosystem: 'Arch Linux', kind: 'os' })
    expect(found([component], records)).toMatchObject([
      {
        names: expect.arrayContaining(['CVE-2026-0001']),
        severity: { value: 'high', source: 'arch' },
        fixes: [{ to: '8.5.0-1' }],
        vendorStatus: 'fixed',
      },
    ])
    expect(found([{ ...component, version: '8.5.0-1' }], records)).toEqual([])
  })

  it('Oracle Linux: builds for Ksplice are judged by what is said about them alone', async () => {
    const text = FEED_SAMPLES['oracle-oval'].files.main['com.oracle.elsa-all.xml.bz2'].toString()
    const live = text.replaceAll('0:7.61.1-34.el8', '2:7.61.1-34.ksplice1.el8').replaceAll('2026-1001', '2026-2001')
    const records = await Promise.all([text, live].map((one) => feedRecords(oracleOval, 'all.xml', one)))
    const curl = (version: string) => componentOf({ name: 'curl', version, ecosystem: 'Oracle Linux:8', kind: 'os' })
    const fixes = (version: string) =>
      found([curl(version)], records.flat()).map((one) => [one.fixes[0]?.to, one.severity.value])
    expect(fixes('7.61.1-33.el8')).toEqual([['0:7.61.1-35.el8', 'high']])
    expect(fixes('7.61.1-35.el8')).toEqual([])
    expect(fixes('2:7.61.1-33.ksplice1.el8')).toEqual([['2:7.61.1-34.ksplice1.el8', 'high']])
  })

  it('an entry that is limited to an architecture is about that one', async () => {
    const affected = statedAffected({
      ecosystem: 'Oracle Linux:8',
      name: 'curl',
      status: 'fixed',
      fixed: '2',
      architectures: ['aarch64'],
    })
    const record = recordOf({ id: 'ELSA-2026-1', upstream: ['CVE-2026-0001'], affected: [affected] })
    const curl = (architecture: string) =>
      componentOf({ name: 'curl', version: '1', ecosystem: 'Oracle Linux:8', kind: 'os', architecture })
    expect(['aarch64', 'noarch', 'x86_64'].map((one) => found([curl(one)], [record]).length)).toEqual([1, 1, 0])
  })

  it('Fedora: updates name source packages', async () => {
    const update = {
      alias: 'FEDORA-2026-1',
      status: 'stable',
      severity: 'urgent',
      notes: 'CVE-2026-0001',
      date_stable: '2026-03-05 12:00:00',
      release: { version: '44', id_prefix: 'FEDORA' },
      builds: [{ nvr: 'java-21-openjdk-21.0.5.0.11-1.fc44', type: 'rpm', epoch: 1 }, { nvr: 'nonsense' }],
    }
    const container = { ...update, release: { version: '44', id_prefix: 'FEDORA-CONTAINER' } }
    const items = await feedItems(fedoraBodhi, 'page', JSON.stringify({ updates: [update, container, { alias: 'x' }] }))
    expect(items).toMatchObject([{ record: { id: 'FEDORA-2026-1' } }, { wrong: 'update 2' }])
    const records = items.flatMap((item) => ('record' in item ? [item.record] : []))
    const source = { name: 'java-21-openjdk', version: '21.0.4.0.7-1.fc44' }
    const component = componentOf({
      name: 'java-21-openjdk-headless',
      version: '1:21.0.4.0.7-1.fc44',
      ecosystem: 'Fedora:44',
      kind: 'os',
      source,
    })
    expect(found([component], records)).toMatchObject([
      {
        severity: { value: 'critical', source: 'fedora' },
        fixes: [{ to: '1:21.0.5.0.11-1.fc44', availableSince: '2026-03-05' }],
      },
    ])
    expect(found([{ ...component, ecosystem: 'Fedora:43' }], records)).toEqual([])
  })

  it('Photon OS: a weakness that is not affected is none', async () => {
    const rows = [
      { cve_id: 'CVE-2026-0001', pkg: 'curl', cve_score: 9.8, aff_ver: '', res_ver: '8.1-2.ph5', status: 'Fixed' },
      { cve_id: 'CVE-2026-0002', pkg: 'curl', cve_score: null, aff_ver: '', res_ver: 'NA', status: 'Not Affected' },
      { cve_id: 'CVE-2026-0003', pkg: 'curl', cve_score: 99, aff_ver: 'NA', res_ver: 'NA', status: 'Fixed' },
      'nonsense',
    ]
    const records = await feedRecords(photon, 'cve_data_photon5.0.json', JSON.stringify(rows))
    const component = componentOf({ name: 'curl', version: '8.1-1.ph5', ecosystem: 'Photon OS:5.0', kind: 'os' })
    expect(found([component], records).map((one) => [one.names[0], one.severity.value, one.vendorStatus])).toEqual([
      ['CVE-2026-0001', 'critical', 'fixed'],
      ['CVE-2026-0003', 'unknown', 'affected'],
    ])
    await expect(feedItems(photon, 'other.json', '[]')).rejects.toThrow('which release')
  })
})
