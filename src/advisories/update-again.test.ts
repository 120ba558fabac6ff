import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { ecosystemFiles, osvRecord } from '../../test/mirror-server.ts'
import { HTTP, npmRecords, outcomeOf, updateScene } from '../../test/support/update-scene.ts'
import { packAdvisories } from './pack.ts'
import { databasePath } from './state.ts'
import { updateAdvisories } from './update.ts'

const scene = updateScene()

describe('a later update', () => {
  it('fetches only what the list says is newer, and drops what is no longer in it', async () => {
    await scene.update()
    const changed = osvRecord('NPM-1001', { modified: '2026-01-05T00:00:00Z', summary: 'changed' })
    const added = osvRecord('NPM-2000')
    ecosystemFiles(scene.server.files, 'npm', [
      ...npmRecords(40).filter(({ id }) => id !== 'NPM-1000' && id !== 'NPM-1001'),
      changed,
      added,
    ])
    scene.server.requests.length = 0
    const report = await scene.update()
    expect(outcomeOf(report, 'npm')).toEqual({
      name: 'npm',
      outcome: 'changed',
      records: 40,
      added: 1,
      changed: 1,
      removed: 1,
      skipped: 0,
    })
    expect(outcomeOf(report, 'Debian')?.outcome).toBe('unchanged')
    expect(scene.server.requests.filter((path) => path.includes('zip'))).toEqual([])
    scene.look((database) => {
      expect(database.record('NPM-1000')).toBeUndefined()
      expect(database.affected('npm', 'package-of-npm-1000')).toEqual([])
      expect(database.record('NPM-1001')?.summary).toBe('changed')
      expect(database.affected('npm', 'package-of-npm-2000')).toHaveLength(1)
    })
  })

  it('takes the archive again above 2,000 changes', async () => {
    ecosystemFiles(scene.server.files, 'npm', npmRecords(2_100))
    await scene.update()
    ecosystemFiles(scene.server.files, 'npm', npmRecords(2_100, '2026-01-09T00:00:00Z'))
    scene.server.requests.length = 0
    expect(outcomeOf(await scene.update(), 'npm')).toMatchObject({ outcome: 'taken', changed: 2_100 })
    expect(scene.server.requests.filter((path) => path.endsWith('.json 200') && path.startsWith('npm'))).toEqual([])
  })

  it('takes the archive again when the list has a wrong line, and says so', async () => {
    await scene.update()
    scene.server.files.set('npm/modified_id.csv', Buffer.from('2026-01-01T00:00:00Z,../../etc/passwd\n'))
    const report = await scene.update()
    expect(outcomeOf(report, 'npm')?.outcome).toBe('taken')
    expect(report.warnings.join()).toContain('line 1 is wrong')
  })

  it('keeps an ecosystem that would lose more than a tenth, unless forced', async () => {
    await scene.update()
    ecosystemFiles(scene.server.files, 'npm', npmRecords(35))
    const report = await scene.update()
    expect(report.complete).toBe(false)
    expect(outcomeOf(report, 'npm')).toMatchObject({ outcome: 'kept', records: 40 })
    expect(report.status.warnings.join()).toContain('--force')
    expect(scene.look((database) => database.affected('npm', 'package-of-npm-1039'))).toHaveLength(1)
    expect(outcomeOf(await scene.update({ force: true }), 'npm')).toMatchObject({ records: 35, removed: 5 })
  })

  it('keeps an ecosystem whose records were replaced by others, however many, unless forced', async () => {
    await scene.update()
    const others = Array.from({ length: 400 }, (_, index) => osvRecord(`OTHER-${index}`))
    ecosystemFiles(scene.server.files, 'npm', [...npmRecords(30), ...others])
    const byList = await scene.update()
    expect(outcomeOf(byList, 'npm')).toMatchObject({ outcome: 'kept', records: 40 })
    expect(byList.status.warnings.join()).toContain('10 of its 40 records are no longer usable at the source, --force')
    scene.server.files.delete('npm/modified_id.csv')
    const byArchive = await scene.update()
    expect(byArchive.complete).toBe(false)
    expect(outcomeOf(byArchive, 'npm')).toMatchObject({ outcome: 'kept', records: 40 })
    expect(scene.look((database) => database.affected('npm', 'package-of-npm-1039'))).toHaveLength(1)
    const forced = await scene.update({ force: true })
    expect(outcomeOf(forced, 'npm')).toMatchObject({ outcome: 'taken', records: 430, added: 400, removed: 10 })
  })

  it('holds single records and packed databases to the same rule', async () => {
    await scene.update()
    const other = join(scene.cacheDir, 'other')
    const mirror = join(scene.cacheDir, 'mirror')
    await mkdir(join(mirror, 'npm'), { recursive: true })
    for (let index = 0; index < 50; index++)
      await writeFile(join(mirror, 'npm', `OTHER-${index}.json`), JSON.stringify(osvRecord(`OTHER-${index}`)))
    await updateAdvisories({ cacheDir: other, from: mirror }, { env: {}, now: () => new Date(), http: HTTP })
    const packed = join(scene.cacheDir, 'others.bulwark')
    packAdvisories(other, packed)
    for (const from of [mirror, packed]) {
      await expect(scene.update({ from, ecosystems: ['npm'] })).rejects.toMatchObject({ code: 'advisories-update' })
      expect(scene.look((database) => database.record('NPM-1000'))).toBeDefined()
    }
    const forced = await scene.update({ from: packed, ecosystems: ['npm'], force: true })
    expect(outcomeOf(forced, 'npm')).toMatchObject({ records: 50, added: 50, removed: 40 })
  })

  it('keeps KEV and EPSS that the source no longer serves well', async () => {
    await scene.update()
    scene.server.files.set('kev/known_exploited_vulnerabilities.json', Buffer.from('<html>'))
    scene.server.files.set('epss/epss_scores-current.csv.gz', gzipSync(Buffer.alloc(300 * 1024 ** 2)))
    const report = await scene.update()
    expect(report.warnings.join()).toMatch(/not the catalogue.*stays.*unpacks to more than.*stay/)
    scene.look((database) => {
      expect(database.kev('CVE-2026-0001')).toBeDefined()
      expect(database.epss('CVE-2026-0001')?.probability).toBe(0.5)
    })
  })

  it('keeps the last good state when the source fails half-way, and rejects when nothing at all can be had', async () => {
    await scene.update()
    scene.server.misbehave = (path, _request, response) => {
      if (!path.startsWith('npm/')) return false
      response.writeHead(500).end()
      return true
    }
    const report = await scene.update()
    expect(outcomeOf(report, 'npm')?.outcome).toBe('kept')
    expect(outcomeOf(report, 'Debian')?.outcome).toBe('unchanged')
    const before = await readFile(databasePath(scene.cacheDir))
    scene.server.misbehave = (path, _request, response) => {
      if (path === 'ecosystems.txt') return false
      response.writeHead(503).end()
      return true
    }
    await expect(scene.update()).rejects.toMatchObject({ code: 'advisories-update' })
    expect(before.equals(await readFile(databasePath(scene.cacheDir)))).toBe(true)
  })
})
