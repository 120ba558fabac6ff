import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { boltFile } from '../../test/support/bolt-writer.ts'
import { grypeDatabase } from '../../test/support/grype-database.ts'
import { tarball } from '../../test/support/tar-writer.ts'
import { openAdvisories } from './open.ts'
import { updateAdvisories } from './updating.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bulwark-foreign-update-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const io = { env: {}, now: () => new Date('2026-11-24T10:00:00Z') }
const update = (from: string) =>
  updateAdvisories({ cacheDir: join(folder, 'cache'), from, feeds: { asked: ['none'] } }, io)

const TRIVY = {
  'ubuntu 22.04': { bash: { 'CVE-2022-3715': '{}' }, 'bad name': { 'CVE 1': '{}' } },
  'npm::GitHub Security Advisory Npm': {
    shop: { 'CVE-2024-5': JSON.stringify({ VendorIDs: ['GHSA-aaaa-bbbb-cccc'], VulnerableVersions: ['< 1.5.0'] }) },
  },
  vulnerability: {
    'CVE-2022-3715': JSON.stringify({ Title: 'overflow', VendorSeverity: { nvd: 3, ubuntu: 2 } }),
  },
}

describe('an update from the database of another scanner', () => {
  it("takes Trivy's, says what it cannot say, and names what is wrong in it", async () => {
    const path = join(folder, 'trivy.db')
    writeFileSync(path, boltFile(TRIVY))
    const { status, warnings, complete } = await update(path)
    expect(complete).toBe(true)
    expect(status.ecosystems.map(({ name, records }) => [name, records])).toEqual([
      ['CVE', 1],
      ['Ubuntu', 1],
      ['npm', 1],
    ])
    expect(warnings.join('\n')).toMatch(/trivy-db says nothing of: withdrawn advisories/)
    expect(warnings.join('\n')).toMatch(/Ubuntu: 1 records are wrong and left out, as ubuntu 22\.04\/bad name/)
    const database = openAdvisories(join(folder, 'cache'))
    expect(database.affected('Ubuntu:22.04', 'bash').map(({ recordId }) => recordId)).toEqual(['UBUNTU-CVE-2022-3715'])
    expect(database.recordsNamed('CVE-2022-3715')).toEqual(['CVE-2022-3715', 'UBUNTU-CVE-2022-3715'])
    expect(database.names('CVE-2024-5')).toEqual(['CVE-2024-5', 'GHSA-aaaa-bbbb-cccc'])
    expect(database.origin('UBUNTU-CVE-2022-3715')?.source).toBe('trivy-db')
    database.close()
  })

  it("takes Grype's from an address, with exploitation, after Trivy's, and leaves nothing behind", async () => {
    const path = join(folder, 'trivy.db')
    writeFileSync(path, boltFile(TRIVY))
    await update(path)
    const grype = join(folder, 'vulnerability.db')
    grypeDatabase(grype, {
      vulnerabilities: [
        {
          provider: 'github',
          name: 'GHSA-aaaa-bbbb-cccc',
          packages: [{ type: 'npm', name: 'shop', ranges: [{ version: { constraint: '< 1.4.0' } }] }],
        },
      ],
      kev: [{ cve: 'CVE-2024-5', date_added: '2024-05-06' }],
      epss: { date: '2026-11-20', rows: [['CVE-2024-5', 0.5, 0.9]] },
    })
    const archive = gzipSync(tarball([{ name: 'vulnerability.db', body: readFileSync(grype) }]))
    const server = createServer((_, response) => response.end(archive)).listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    try {
      const { port } = server.address() as AddressInfo
      const { status } = await update(`http://127.0.0.1:${port}/vulnerability-db_v6.tar.gz`)
      expect(status).toMatchObject({ kev: { entries: 1 }, epss: { entries: 1, on: '2026-11-20' } })
      const database = openAdvisories(join(folder, 'cache'))
      expect(database.affected('npm', 'shop')).toMatchObject([{ ranges: [{ events: [{}, { fixed: '1.4.0' }] }] }])
      database.close()
      expect(readdirSync(join(folder, 'cache', 'advisories')).filter((name) => name.startsWith('new-'))).toEqual([])
      expect(readdirSync(join(folder, 'cache', 'advisories', 'fetch'))).toEqual([])
    } finally {
      server.close()
    }
  })

  it('keeps what is there when the database is damaged', async () => {
    const path = join(folder, 'trivy.db')
    writeFileSync(path, boltFile(TRIVY))
    await update(path)
    writeFileSync(path, boltFile(TRIVY).subarray(0, 16_384))
    await expect(update(path)).rejects.toMatchObject({ input: path })
    const database = openAdvisories(join(folder, 'cache'))
    expect(database.affected('npm', 'shop').length).toBe(1)
    database.close()
  })
})
