import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ecosystemFiles, osvRecord } from '../../test/mirror-server.ts'
import { HTTP, npmRecords, outcomeOf, updateScene } from '../../test/support/update-scene.ts'
import { isStale, openAdvisories } from './open.ts'
import { rememberEcosystems } from './state.ts'
import { lackingEcosystems, updateAdvisories } from './update.ts'

const scene = updateScene()

describe('a first update', () => {
  it('takes every ecosystem that the source lists, KEV and EPSS, on a machine whose scans have met none', async () => {
    const report = await scene.update()
    expect(report.complete).toBe(true)
    expect(report.ecosystems.map((one) => [one.name, one.outcome, one.records])).toEqual([
      ['Debian', 'taken', 1],
      ['npm', 'taken', 40],
    ])
    expect(report.warnings).toEqual([expect.stringContaining('1 entries are wrong')])
    scene.look((database) => {
      expect(database.affected('Debian', 'openssl')).toMatchObject([
        { recordId: 'DEBIAN-CVE-2026-0001', ecosystem: 'Debian:12', ranges: [{ events: [{}, { fixed: '3.0.1-1' }] }] },
      ])
      expect(database.names('CVE-2026-0001')).toEqual(['CVE-2026-0001', 'DEBIAN-CVE-2026-0001'])
      expect(database.recordsNamed('CVE-2026-0001')).toEqual(['DEBIAN-CVE-2026-0001'])
      expect(database.record('NPM-1000')).toMatchObject({ id: 'NPM-1000', aliases: [] })
      expect(database.record('NPM-9999')).toBeUndefined()
      expect(database.origin('NPM-1000')).toEqual({ source: 'osv', fetchedAt: '2026-02-01T00:00:00.000Z' })
      expect(database.kev('CVE-2026-0001')).toMatchObject({ ransomware: true, dueDate: '2026-01-20' })
      expect(database.epss('CVE-2026-0001')).toEqual({ probability: 0.5, percentile: 0.97, on: '2026-01-03' })
      expect(database.status()).toMatchObject({
        from: scene.server.url,
        everything: true,
        ecosystems: [
          { name: 'Debian', releases: ['12'], newestRecordAt: '2026-01-01T00:00:00Z' },
          { name: 'npm', releases: [], records: 40 },
        ],
      })
    })
  })

  it('takes only what scans have met from a served mirror, and everything with --all', async () => {
    await rememberEcosystems(scene.cacheDir, ['Debian:12', '../evil'])
    expect((await scene.update()).ecosystems.map((one) => one.name)).toEqual(['Debian'])
    scene.look((database) => {
      expect(database.status().everything).toBe(false)
      expect(lackingEcosystems(['npm', 'Debian:12', 'Arch'], database.status())).toEqual(['npm'])
    })
    expect((await scene.update({ all: true })).ecosystems.map((one) => one.name)).toEqual(['Debian', 'npm'])
  })

  it('adds one ecosystem and leaves the others, and the time of the last check, as they are', async () => {
    await scene.update({ ecosystems: ['Debian:12'] })
    const report = await updateAdvisories(
      { cacheDir: scene.cacheDir, from: scene.server.url, ecosystems: ['NPM'] },
      { env: {}, now: () => new Date('2026-02-03T00:00:00Z'), http: HTTP },
    )
    expect(outcomeOf(report, 'Debian')?.outcome).toBe('carried')
    expect(outcomeOf(report, 'npm')?.outcome).toBe('taken')
    expect(report.status.checkedAt).toBe('2026-02-01T00:00:00.000Z')
  })

  it('falls back to the folders of releases where the bare name has none', async () => {
    scene.server.files.set('Debian:12/all.zip', scene.server.files.get('Debian/all.zip') ?? Buffer.alloc(0))
    scene.server.files.delete('Debian/all.zip')
    expect(outcomeOf(await scene.update(), 'Debian')).toMatchObject({ outcome: 'taken', records: 1 })
  })

  it('reads the same layout from a folder, everything whatever scans have met', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'bulwark-mirror-'))
    try {
      for (const [path, body] of scene.server.files) {
        await mkdir(dirname(join(folder, path)), { recursive: true })
        await writeFile(join(folder, path), body)
      }
      await rememberEcosystems(scene.cacheDir, ['npm'])
      const report = await scene.update({ from: folder })
      expect(report.ecosystems).toHaveLength(2)
      expect(report.status.from).toBe(folder)
      expect(outcomeOf(await scene.update({ from: folder }), 'npm')?.outcome).toBe('unchanged')
      await rm(join(folder, 'ecosystems.txt'))
      expect((await scene.update({ from: folder })).ecosystems).toHaveLength(2)
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })

  it('takes BULWARK_ADVISORIES_URL where no source is named, and says what a mirror lacks', async () => {
    scene.server.files.delete('epss/epss_scores-current.csv.gz')
    scene.server.files.delete('kev/known_exploited_vulnerabilities.json')
    const env = { BULWARK_ADVISORIES_URL: scene.server.url }
    const report = await updateAdvisories({ cacheDir: scene.cacheDir }, { env, now: () => new Date(), http: HTTP })
    expect(report.complete).toBe(true)
    expect(report.warnings.join()).toMatch(/no catalogue of known exploited.*no EPSS scores/)
    expect(report.status.warnings).toEqual(report.warnings)
    expect(report.status.kev).toBeUndefined()
  })
})

describe('many processes', () => {
  it('cleans up after a killed update and takes over its lock', async () => {
    const folder = join(scene.cacheDir, 'advisories')
    await mkdir(folder, { recursive: true })
    await writeFile(join(folder, 'new-999999999-aa.db'), 'half')
    await writeFile(join(folder, 'update.lock'), 'half')
    await utimes(join(folder, 'update.lock'), 0, 0)
    expect((await scene.update()).complete).toBe(true)
    expect((await readdir(folder)).sort()).toEqual(['advisories.db', 'fetch'])
  })

  it('lets a reader keep the old file to its end while an update puts a new one in place', async () => {
    await scene.update()
    const reader = openAdvisories(scene.cacheDir)
    ecosystemFiles(scene.server.files, 'npm', [...npmRecords(40), osvRecord('NPM-7777')])
    await scene.update()
    expect(reader.record('NPM-7777')).toBeUndefined()
    expect(reader.affected('npm', 'package-of-npm-1039')).toHaveLength(1)
    reader.close()
    expect(scene.look((database) => database.record('NPM-7777'))).toBeDefined()
  })

  it('makes updates at once wait for each other, and every reader between them sees a whole database', async () => {
    await scene.update()
    let reading = true
    const readers = (async () => {
      let seen = 0
      while (reading) {
        expect(scene.look((database) => database.status().ecosystems.length)).toBe(2)
        seen++
        await new Promise(setImmediate)
      }
      return seen
    })()
    const reports = await Promise.all([scene.update(), scene.update(), scene.update()])
    reading = false
    expect(reports.every((report) => report.complete)).toBe(true)
    expect(await readers).toBeGreaterThan(0)
  })
})

describe('age', () => {
  it('is stale over 24 hours after the last check, and when the clock was wrong', () => {
    const now = new Date('2026-02-02T00:00:00Z')
    expect(isStale({ checkedAt: '2026-02-01T00:00:00Z' }, now)).toBe(false)
    expect(isStale({ checkedAt: '2026-01-31T23:59:59Z' }, now)).toBe(true)
    expect(isStale({ checkedAt: '2027-01-31T23:59:59Z' }, now)).toBe(true)
    expect(isStale({ checkedAt: 'nonsense' }, now)).toBe(true)
  })
})
