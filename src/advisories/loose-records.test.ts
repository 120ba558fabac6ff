import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { databasePath, openAdvisories, updateAdvisories } from './index.ts'

const IO = { env: {}, now: () => new Date('2026-08-01T00:00:00Z') }

function record(id: string): string {
  return JSON.stringify({
    schema_version: '1.7.3',
    id,
    modified: '2026-07-01T00:00:00Z',
    affected: [
      { package: { ecosystem: 'npm', name: 'left' }, ranges: [{ type: 'SEMVER', events: [{ introduced: '0' }] }] },
    ],
  })
}

describe('an update from a folder of single records', () => {
  let folder = ''
  let from = ''

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'bulwark-loose-'))
    from = join(folder, 'mirror')
    mkdirSync(join(from, 'npm'), { recursive: true })
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  it('takes every record, counts a wrong one, and needs no list and no archive', async () => {
    writeFileSync(join(from, 'npm', 'GHSA-1.json'), record('GHSA-1'))
    writeFileSync(join(from, 'npm', 'GHSA-2.json'), '{"id":')
    writeFileSync(join(from, 'npm', 'readme.txt'), 'not a record')
    const report = await updateAdvisories({ cacheDir: folder, from }, IO)
    expect(report.ecosystems).toMatchObject([{ name: 'npm', outcome: 'taken', records: 1, skipped: 1 }])
    const database = openAdvisories(databasePath(folder))
    expect(database.affected('npm', 'left').map((entry) => entry.recordId)).toEqual(['GHSA-1'])
    database.close()
  })

  it('does not take the folders of other sources for ecosystems', async () => {
    writeFileSync(join(from, 'npm', 'GHSA-1.json'), record('GHSA-1'))
    mkdirSync(join(from, 'kev'))
    writeFileSync(
      join(from, 'kev', 'known_exploited_vulnerabilities.json'),
      '{"catalogVersion":"1","dateReleased":"2026-07-01T00:00:00Z","vulnerabilities":[]}',
    )
    const report = await updateAdvisories({ cacheDir: folder, from }, IO)
    expect(report).toMatchObject({ complete: true, ecosystems: [{ name: 'npm', records: 1 }] })
  })

  it('refuses a folder with neither', async () => {
    await expect(updateAdvisories({ cacheDir: folder, from }, IO)).rejects.toMatchObject({ code: 'advisory-source' })
  })
})
