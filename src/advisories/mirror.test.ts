import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openAdvisories } from './open.ts'
import type { AdvisoryDatabase } from './types.ts'
import { updateAdvisories } from './update.ts'
import type { UpdateReport } from './update-types.ts'

const MIRROR = resolve(import.meta.dirname, '../../../shared/osv-mirror')
const missing = !existsSync(join(MIRROR, 'ecosystems.txt'))

describe.skipIf(missing)(
  `a mirror of real advisories${missing ? ': skipped, there is none beside the project' : ''}`,
  () => {
    let cacheDir: string
    let report: UpdateReport
    let database: AdvisoryDatabase

    beforeAll(async () => {
      cacheDir = await mkdtemp(join(tmpdir(), 'bulwark-mirror-'))
      report = await updateAdvisories({ cacheDir, from: MIRROR }, { env: {}, now: () => new Date() })
      database = openAdvisories(cacheDir)
    })
    afterAll(async () => {
      database?.close()
      await rm(cacheDir, { recursive: true, force: true })
    })

    it('is in the database with every record that its list names', () => {
      const listed = new Map<string, number>()
      for (const line of readFileSync(join(MIRROR, 'modified_id.csv'), 'utf8').split('\n')) {
        const ecosystem = /^[^,]+,([^/]+)\//.exec(line)?.[1]
        if (ecosystem !== undefined) listed.set(ecosystem, (listed.get(ecosystem) ?? 0) + 1)
      }
      expect(new Map(report.ecosystems.map((one) => [one.name, one.records]))).toEqual(listed)
      expect(report.ecosystems.every((one) => one.skipped === 0)).toBe(true)
      expect(report.status).toMatchObject({ everything: true, kev: { entries: 1404 } })
      expect(report.status.epss).toBeUndefined()
      expect(report.warnings.join()).toContain('no EPSS')
    })

    it('knows releases and the newest record of each ecosystem', () => {
      const of = new Map(database.status().ecosystems.map((one) => [one.name, one]))
      expect(of.get('AlmaLinux')).toMatchObject({ releases: ['10', '8', '9'], newestRecordAt: '2026-08-21T12:56:10Z' })
      expect(of.get('Debian')?.releases).toEqual(['10', '11', '12', '8', '9'])
      expect(of.get('Alpine')?.releases).toContain('v3.10')
    })

    it('tells one weakness from another though one advisory names both', () => {
      expect(database.covers('DSA-4539-1')).toEqual(['CVE-2019-1547', 'CVE-2019-1563'])
      expect(database.names('CVE-2019-1547')).not.toContain('CVE-2019-1563')
      expect(database.names('ALPINE-CVE-2019-1549')).toEqual(['ALPINE-CVE-2019-1549', 'CVE-2019-1549'])
      expect(
        database.affected('Alpine', 'openssl').filter((one) => one.ecosystem === 'Alpine:v3.10').length,
      ).toBeGreaterThan(5)
    })

    it('finds nothing new when asked again', async () => {
      const again = await updateAdvisories({ cacheDir, from: MIRROR }, { env: {}, now: () => new Date() })
      expect(new Set(again.ecosystems.map((one) => one.outcome))).toEqual(new Set(['unchanged']))
      expect(again.status.ecosystems.map((one) => one.records)).toEqual(
        report.status.ecosystems.map((one) => one.records),
      )
    })
  },
)
