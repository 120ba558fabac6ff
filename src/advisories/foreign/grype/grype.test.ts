import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { zstdCompressSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { componentOf, inventoryOf } from '../../../../test/support/advisories.ts'
import { type GrypeContent, grypeDatabase } from '../../../../test/support/grype-database.ts'
import { tarball } from '../../../../test/support/tar-writer.ts'
import { matchInventory } from '../../matching/match.ts'
import { memoryDatabase } from '../../memory.ts'
import type { OsvRecord } from '../../types.ts'
import { openForeign } from '../open.ts'

const AT = '2026-11-24T00:00:00Z'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bulwark-foreign-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function opened(path: string) {
  const database = await openForeign(path, folder, AT)
  if (database === undefined) throw new Error('not recognised')
  return database
}

async function recordsOf(content: GrypeContent, name: string) {
  const path = join(folder, name)
  grypeDatabase(path, content)
  const database = await opened(path)
  try {
    const items = database.ecosystems.flatMap((ecosystem) => [...database.records(ecosystem)])
    return {
      database,
      records: items.flatMap((item) => ('record' in item ? [item.record] : [])),
      wrong: items.flatMap((item) => ('wrong' in item ? [item] : [])),
      kev: [...(database.kev?.() ?? [])],
      epss: (() => {
        const scores = database.epss?.()
        return scores && { on: scores.on, rows: [...scores.rows] }
      })(),
    }
  } finally {
    database.close()
  }
}

const found = (records: readonly OsvRecord[], ecosystem: string, name: string, version: string) =>
  matchInventory(inventoryOf([componentOf({ name, version, ecosystem })]), memoryDatabase(records), {
    includeKernelHeaders: false,
    image: true,
  }).findings

const CONTENT: GrypeContent = {
  vulnerabilities: [
    {
      provider: 'debian',
      name: 'CVE-2024-1',
      severities: [{ scheme: 'CHML', value: 'low', rank: 1 }],
      packages: [
        {
          system: { name: 'debian', major: '12' },
          type: 'deb',
          name: 'bash',
          ranges: [
            {
              version: { type: 'dpkg', constraint: '< 5.2-3' },
              fix: { version: '5.2-3', state: 'fixed', detail: { available: { date: '2024-03-04' } } },
            },
          ],
        },
        {
          system: { name: 'debian', major: '11' },
          type: 'deb',
          name: 'bash',
          ranges: [{ version: { constraint: '' }, fix: { state: 'wont-fix' } }],
        },
      ],
    },
    {
      provider: 'debian',
      name: 'CVE-2024-1',
      packages: [{ system: { name: 'debian', major: '13' }, type: 'deb', name: 'bash', unaffected: true }],
    },
    {
      provider: 'github',
      name: 'GHSA-aaaa-bbbb-cccc',
      aliases: ['CVE-2024-2'],
      severities: [
        { scheme: 'CVSS', value: { vector: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H', version: '3.1' } },
      ],
      packages: [
        {
          type: 'npm',
          name: 'shop',
          ranges: [
            { version: { constraint: '>=1.0.0,<=1.4.0 (semantic)' }, fix: { version: '1.4.1', state: 'fixed' } },
          ],
        },
      ],
    },
    {
      provider: 'github',
      name: 'GHSA-dddd-eeee-ffff',
      status: 'rejected',
      packages: [{ type: 'npm', name: 'shop', ranges: [] }],
    },
    {
      provider: 'rhel',
      name: 'CVE-2024-3',
      packages: [
        {
          system: { name: 'redhat', major: '8' },
          type: 'rpm',
          name: 'nodejs',
          modularity: 'nodejs:18',
          ranges: [{ version: { constraint: '< 1:18.2' }, fix: { version: '1:18.2', state: 'fixed' } }],
        },
      ],
    },
    {
      provider: 'nvd',
      name: 'CVE-2024-1',
      description: 'what it is',
      severities: [
        { scheme: 'CVSS', value: { vector: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H' }, source: 'nvd@nist.gov' },
      ],
    },
    {
      provider: 'github',
      name: 'GHSA-wrng-wrng-wrng',
      packages: [{ type: 'npm', name: 'shop', ranges: [{ version: { constraint: '!! 1' } }] }],
    },
    { provider: 'zzz', name: 'CVE-2024-9', packages: [{ type: 'unheard-of', name: 'x', ranges: [] }] },
  ],
  kev: [{ cve: 'CVE-2024-1', date_added: '2024-05-06T00:00:00Z', known_ransomware_campaign_use: 'known' }],
  epss: { date: '2026-11-20', rows: [['CVE-2024-1', 0.5, 0.9]] },
}

describe("Grype's database", () => {
  it('is read with releases, states, modules, other names and withdrawals', async () => {
    const { records, wrong, database } = await recordsOf(CONTENT, 'vulnerability.db')
    expect(found(records, 'Debian:12', 'bash', '5.2-2')).toMatchObject([
      { fixes: [{ to: '5.2-3' }], severity: { value: 'low', source: 'debian' }, vendorStatus: 'fixed' },
    ])
    expect(found(records, 'Debian:11', 'bash', '5.1-2')).toMatchObject([{ fixes: [], vendorStatus: 'will-not-fix' }])
    expect(found(records, 'Debian:13', 'bash', '5.1-2')).toEqual([])
    expect(found(records, 'npm', 'shop', '1.4.0')).toMatchObject([
      { names: ['CVE-2024-2', 'GHSA-aaaa-bbbb-cccc'], fixes: [{ to: '1.4.1' }], severity: { value: 'critical' } },
    ])
    expect(found(records, 'npm', 'shop', '1.4.1')).toEqual([])
    expect(records.find(({ id }) => id === 'REDHAT-CVE-2024-3')?.affected).toMatchObject([
      {
        package: { ecosystem: 'Red Hat:enterprise_linux:8' },
        ecosystem_specific: { module: 'nodejs:18', status: 'fixed' },
      },
    ])
    expect(records.find(({ id }) => id === 'CVE-2024-1')).toMatchObject({
      details: 'what it is',
      severity: [{ type: 'CVSS_V3' }],
    })
    expect(wrong).toMatchObject([{ wrong: 'github/GHSA-wrng-wrng-wrng/shop' }])
    expect(database.cannotSay.join()).toContain('not read: unheard-of')
  })

  it('brings the exploited ones and the scores', async () => {
    const { kev, epss } = await recordsOf(CONTENT, 'facts.db')
    expect(kev).toMatchObject([{ cve: 'CVE-2024-1', dateAdded: '2024-05-06', ransomware: true }])
    expect(epss).toEqual({ on: '2026-11-20', rows: [['CVE-2024-1', 0.5, 0.9]] })
  })

  it('is read out of the archive that it is published as', async () => {
    const path = join(folder, 'inner.db')
    grypeDatabase(path, CONTENT)
    const { readFileSync } = await import('node:fs')
    const archive = join(folder, 'vulnerability-db_v6.tar.zst')
    writeFileSync(archive, zstdCompressSync(tarball([{ name: 'vulnerability.db', body: readFileSync(path) }])))
    const database = await opened(archive)
    expect(database.ecosystems).toContain('npm')
    database.close()
  })

  it('refuses other versions and other databases, and names the file', async () => {
    const path = join(folder, 'old.db')
    grypeDatabase(path, { ...CONTENT, model: 5 })
    await expect(opened(path)).rejects.toThrow(/old\.db is a database of Grype's version 5/)
    const other = join(folder, 'other.db')
    const made = new DatabaseSync(other)
    made.exec('CREATE TABLE x (y)')
    made.close()
    await expect(opened(other)).rejects.toThrow(/other\.db is no database of Grype's/)
  })
})
