import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { componentOf, inventoryOf } from '../../../../test/support/advisories.ts'
import { type BoltTree, boltFile } from '../../../../test/support/bolt-writer.ts'
import { tarball } from '../../../../test/support/tar-writer.ts'
import { trivyTree } from '../../../../test/support/trivy-database.ts'
import { matchInventory } from '../../matching/match.ts'
import { memoryDatabase } from '../../memory.ts'
import type { OsvRecord } from '../../types.ts'
import { openForeign } from '../open.ts'

const AT = '2026-11-24T00:00:00Z'
const FIXTURES = resolve(process.env.BULWARK_CONFORMANCE ?? '../shared/conformance', 'trivy/fixtures/db')

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bulwark-foreign-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function recordsOf(tree: BoltTree | Uint8Array, name = 'trivy.db') {
  const path = join(folder, name)
  writeFileSync(path, tree instanceof Uint8Array ? tree : boltFile(tree))
  const database = await openForeign(path, folder, AT)
  if (database === undefined) throw new Error('not recognised')
  try {
    const items = database.ecosystems.flatMap((ecosystem) => [...database.records(ecosystem)])
    const records = items.flatMap((item) => ('record' in item ? [item.record] : []))
    return { database, records, wrong: items.flatMap((item) => ('wrong' in item ? [item] : [])) }
  } finally {
    database.close()
  }
}

const found = (records: readonly OsvRecord[], ecosystem: string, name: string, version: string) =>
  matchInventory(inventoryOf([componentOf({ name, version, ecosystem })]), memoryDatabase(records), {
    includeKernelHeaders: false,
    image: true,
  }).findings

const json = (value: unknown) => JSON.stringify(value)

describe("Trivy's database", () => {
  it('is read with releases, states and severities of each source', async () => {
    const { records } = await recordsOf({
      'debian 12': {
        bash: { 'CVE-2024-1': json({ FixedVersion: '5.2-3' }), 'CVE-2024-2': json({ Status: 6, Severity: 1 }) },
      },
      'Red Hat': {
        'nodejs:18::npm': {
          'RHSA-2024:1': json({
            Entries: [{ Affected: [1], FixedVersion: '2:1-1.module+el8', Cves: [{ ID: 'CVE-2024-1', Severity: 3 }] }],
          }),
        },
        bash: { 'CVE-2024-2': json({ Entries: [{ Affected: [1, 2], Status: 5, Cves: [{ Severity: 2 }] }] }) },
      },
      'Red Hat CPE': {
        cpe: { 1: json('cpe:/o:redhat:enterprise_linux:8::baseos'), 2: json('cpe:/a:redhat:rhel_eus:8.6') },
      },
      vulnerability: {
        'CVE-2024-2': json({
          Title: 'a flaw',
          Description: 'long',
          PublishedDate: '2024-01-02T00:00:00Z',
          VendorSeverity: { nvd: 4, debian: 1, 'oracle-oval': 2 },
          CVSS: { nvd: { V3Vector: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H' } },
        }),
      },
    })
    expect(records.map(({ id }) => id).sort()).toEqual([
      'CVE-2024-2',
      'DEBIAN-CVE-2024-1',
      'DEBIAN-CVE-2024-2',
      'REDHAT-CVE-2024-2',
      'RHSA-2024:1',
    ])
    expect(found(records, 'Debian:12', 'bash', '5.2-2')).toMatchObject([
      {
        names: expect.arrayContaining(['CVE-2024-2']),
        severity: { value: 'low', source: 'debian' },
        vendorStatus: 'deferred',
      },
      { names: expect.arrayContaining(['CVE-2024-1']), fixes: [{ to: '5.2-3' }], vendorStatus: 'fixed' },
    ])
    expect(found(records, 'Red Hat:8', 'bash', '4-1')).toMatchObject([
      {
        names: expect.arrayContaining(['CVE-2024-2']),
        title: 'a flaw',
        vendorStatus: 'will-not-fix',
        severity: { value: 'medium', source: 'redhat' },
      },
    ])
    expect(records.find(({ id }) => id === 'RHSA-2024:1')?.affected).toMatchObject([
      {
        package: { ecosystem: 'Red Hat:enterprise_linux:8', name: 'npm' },
        ecosystem_specific: { module: 'nodejs:18' },
      },
    ])
  })

  it('reads ranges of languages by their own bounds, with what only repaired versions say', async () => {
    const { records, wrong } = await recordsOf({
      'data-source': { 'npm::GitHub Security Advisory Npm': json({ ID: 'ghsa' }) },
      'npm::GitHub Security Advisory Npm': {
        shop: {
          'CVE-2024-5': json({
            VendorIDs: ['GHSA-aaaa-bbbb-cccc'],
            VulnerableVersions: ['> 1.0.0, < 1.5.0', '>= 2.0.0, <= 2.3.0'],
            PatchedVersions: ['1.5.0', '2.3.1'],
          }),
          'CVE-2024-6': json({ PatchedVersions: ['>= 1.2.0'] }),
          'CVE-2024-7': json({ VulnerableVersions: ['<=> 7'] }),
          'CVE-2024-8': json({}),
        },
      },
    })
    const names = (version: string) => found(records, 'npm', 'shop', version).map(({ names: [name] }) => name)
    expect(names('1.0.0')).toEqual(['CVE-2024-6'])
    expect(names('1.4.9')).toEqual(['CVE-2024-5'])
    expect(names('2.3.0')).toEqual(['CVE-2024-5'])
    expect(names('2.3.1')).toEqual([])
    expect(records.map(({ id }) => id)).toEqual(['GHSA-aaaa-bbbb-cccc', 'GHSA-CVE-2024-6'])
    expect(wrong.map(({ wrong: name, reason }) => `${name}: ${reason}`)).toEqual([
      'npm::GitHub Security Advisory Npm/shop/CVE-2024-7: it has versions that are not understood: <=> 7',
      'npm::GitHub Security Advisory Npm/shop/CVE-2024-8: it names no versions',
    ])
  })

  it('names what is in it and is not read, and what it cannot say', async () => {
    const { database } = await recordsOf({ 'a new system 7': { bash: { 'CVE-2024-1': '{}' } }, 'debian 12': {} })
    expect(database.cannotSay).toContain('not read: a new system 7')
    expect(database.cannotSay).toContain('what is not affected')
  })

  it('is read out of the archive that it is published as', async () => {
    const inner = boltFile({ 'debian 12': { bash: { 'CVE-2024-1': json({ FixedVersion: '5.2-3' }) } } })
    const archive = gzipSync(
      tarball([
        { name: 'metadata.json', body: '{}' },
        { name: 'trivy.db', body: inner },
      ]),
    )
    const { records } = await recordsOf(archive, 'db.tar.gz')
    expect(records.map(({ id }) => id)).toEqual(['DEBIAN-CVE-2024-1'])
  })

  it.each([
    ['an archive without a database', gzipSync(tarball([{ name: 'x', body: 'y' }]))],
    ['text', Buffer.from('hello')],
    ['nothing', Buffer.from('')],
  ])('takes %s for none', async (_, bytes) => {
    const path = join(folder, 'other')
    writeFileSync(path, bytes)
    expect(await openForeign(path, folder, AT)).toBeUndefined()
  })

  it('says which file is cut short, or of another program', async () => {
    const whole = boltFile({ 'debian 12': { bash: { 'CVE-2024-1': '{}' } } })
    await expect(recordsOf(whole.subarray(0, whole.length - 4096))).rejects.toMatchObject({
      input: expect.stringContaining('trivy.db'),
    })
    await expect(recordsOf({ other: { key: 'value' } })).rejects.toThrow(/none of Trivy's/)
    const cut = gzipSync(tarball([{ name: 'trivy.db', body: whole }])).subarray(0, 200)
    await expect(recordsOf(cut, 'cut.tar.gz')).rejects.toThrow(/cut\.tar\.gz/)
  })

  it.skipIf(!existsSync(FIXTURES))('gives every advisory of its own tests (BULWARK_CONFORMANCE)', async () => {
    const { records, wrong } = await recordsOf(trivyTree(FIXTURES))
    expect(wrong).toEqual([])
    expect(found(records, 'Ubuntu:22.04', 'bash', '5.1-6ubuntu1')).toMatchObject([
      { names: expect.arrayContaining(['CVE-2022-3715']), fixes: [], vendorStatus: 'affected' },
    ])
    expect(found(records, 'Azure Linux:1', 'vim', '8.2.4081-1.cm1').length).toBeGreaterThan(0)
    expect(found(records, 'openSUSE:Leap 15.1', 'libopenssl1_1', '1.1.0i-lp151.8.3.1').length).toBe(1)
  })
})
