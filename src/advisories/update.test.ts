import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ecosystemFiles, type MirrorServer, mirrorServer, osvRecord, zipOf } from '../../test/mirror-server.ts'
import { isStale, openAdvisories } from './open.ts'
import { packAdvisories } from './pack.ts'
import { databasePath, rememberEcosystems } from './state.ts'
import { lackingEcosystems, type UpdateOptions, updateAdvisories } from './update.ts'

const npm = (count: number, modified = '2026-01-01T00:00:00Z') =>
  Array.from({ length: count }, (_, index) => osvRecord(`NPM-${1000 + index}`, { modified }))

const debian = [
  osvRecord('DEBIAN-CVE-2026-0001', {
    upstream: ['CVE-2026-0001'],
    affected: [
      {
        package: { ecosystem: 'Debian:12', name: 'openssl' },
        ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed: '3.0.1-1' }] }],
      },
    ],
  }),
]

const KEV = {
  dateReleased: '2026-01-02T00:00:00Z',
  vulnerabilities: [
    {
      cveID: 'CVE-2026-0001',
      vulnerabilityName: 'A flaw',
      dateAdded: '2026-01-02',
      dueDate: '2026-01-20',
      knownRansomwareCampaignUse: 'Known',
    },
    { cveID: 'nonsense', dateAdded: 'never' },
  ],
}
const EPSS = '#model_version:v2025.03.14,score_date:2026-01-03T00:00:00Z\ncve,epss,percentile\nCVE-2026-0001,0.5,0.97\n'

let server: MirrorServer
let cacheDir: string

beforeEach(async () => {
  server = await mirrorServer()
  cacheDir = await mkdtemp(join(tmpdir(), 'bulwark-advisories-'))
  const { files } = server
  files.set('ecosystems.txt', Buffer.from('Debian:12\nDebian\nnpm\n'))
  ecosystemFiles(files, 'npm', npm(40))
  ecosystemFiles(files, 'Debian', debian)
  files.set('kev/known_exploited_vulnerabilities.json', Buffer.from(JSON.stringify(KEV)))
  files.set('epss/epss_scores-current.csv.gz', gzipSync(EPSS))
})

afterEach(async () => {
  await server.close()
  await rm(cacheDir, { recursive: true, force: true })
})

const http = { backoffMs: 1, maxBackoffMs: 2, attempts: 3, idleTimeoutMs: 5_000 }

function update(options: Partial<UpdateOptions> = {}, signal?: AbortSignal) {
  return updateAdvisories(
    { cacheDir, from: server.url, ...options },
    { env: {}, now: () => new Date('2026-02-01T00:00:00Z'), http, signal },
  )
}

function look<T>(work: (database: ReturnType<typeof openAdvisories>) => T): T {
  const database = openAdvisories(cacheDir)
  try {
    return work(database)
  } finally {
    database.close()
  }
}

const outcome = (report: Awaited<ReturnType<typeof update>>, name: string) =>
  report.ecosystems.find((one) => one.name === name)

describe('a first update', () => {
  it('takes every ecosystem that the source lists, KEV and EPSS, on a machine whose scans have met none', async () => {
    const report = await update()
    expect(report.complete).toBe(true)
    expect(report.ecosystems.map((one) => [one.name, one.outcome, one.records])).toEqual([
      ['Debian', 'taken', 1],
      ['npm', 'taken', 40],
    ])
    expect(report.warnings).toEqual([expect.stringContaining('1 entries are wrong')])
    look((database) => {
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
        from: server.url,
        everything: true,
        ecosystems: [
          { name: 'Debian', releases: ['12'], newestRecordAt: '2026-01-01T00:00:00Z' },
          { name: 'npm', releases: [], records: 40 },
        ],
      })
    })
  })

  it('takes only what scans have met from a served mirror, and everything with --all', async () => {
    await rememberEcosystems(cacheDir, ['Debian:12', '../evil'])
    expect((await update()).ecosystems.map((one) => one.name)).toEqual(['Debian'])
    look((database) => {
      expect(database.status().everything).toBe(false)
      expect(lackingEcosystems(['npm', 'Debian:12', 'Arch'], database.status())).toEqual(['npm'])
    })
    expect((await update({ all: true })).ecosystems.map((one) => one.name)).toEqual(['Debian', 'npm'])
  })

  it('adds one ecosystem and leaves the others, and the time of the last check, as they are', async () => {
    await update({ ecosystems: ['Debian:12'] })
    const report = await updateAdvisories(
      { cacheDir, from: server.url, ecosystems: ['NPM'] },
      { env: {}, now: () => new Date('2026-02-03T00:00:00Z'), http },
    )
    expect(outcome(report, 'Debian')?.outcome).toBe('carried')
    expect(outcome(report, 'npm')?.outcome).toBe('taken')
    expect(report.status.checkedAt).toBe('2026-02-01T00:00:00.000Z')
  })

  it('falls back to the folders of releases where the bare name has none', async () => {
    server.files.set('Debian:12/all.zip', server.files.get('Debian/all.zip') ?? Buffer.alloc(0))
    server.files.delete('Debian/all.zip')
    expect(outcome(await update(), 'Debian')).toMatchObject({ outcome: 'taken', records: 1 })
  })

  it('reads the same layout from a folder, everything whatever scans have met', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'bulwark-mirror-'))
    try {
      for (const [path, body] of server.files) {
        await mkdir(dirname(join(folder, path)), { recursive: true })
        await writeFile(join(folder, path), body)
      }
      await rememberEcosystems(cacheDir, ['npm'])
      const report = await update({ from: folder })
      expect(report.ecosystems).toHaveLength(2)
      expect(report.status.from).toBe(folder)
      expect(outcome(await update({ from: folder }), 'npm')?.outcome).toBe('unchanged')
      await rm(join(folder, 'ecosystems.txt'))
      expect((await update({ from: folder })).ecosystems).toHaveLength(2)
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })

  it('takes BULWARK_ADVISORIES_URL where no source is named, and says what a mirror lacks', async () => {
    server.files.delete('epss/epss_scores-current.csv.gz')
    server.files.delete('kev/known_exploited_vulnerabilities.json')
    const env = { BULWARK_ADVISORIES_URL: server.url }
    const report = await updateAdvisories({ cacheDir }, { env, now: () => new Date(), http })
    expect(report.complete).toBe(true)
    expect(report.warnings.join()).toMatch(/no catalogue of known exploited.*no EPSS scores/)
    expect(report.status.warnings).toEqual(report.warnings)
    expect(report.status.kev).toBeUndefined()
  })
})

describe('a later update', () => {
  it('fetches only what the list says is newer, and drops what is no longer in it', async () => {
    await update()
    const changed = osvRecord('NPM-1001', { modified: '2026-01-05T00:00:00Z', summary: 'changed' })
    const added = osvRecord('NPM-2000')
    ecosystemFiles(server.files, 'npm', [
      ...npm(40).filter(({ id }) => id !== 'NPM-1000' && id !== 'NPM-1001'),
      changed,
      added,
    ])
    server.requests.length = 0
    const report = await update()
    expect(outcome(report, 'npm')).toEqual({
      name: 'npm',
      outcome: 'changed',
      records: 40,
      added: 1,
      changed: 1,
      removed: 1,
      skipped: 0,
    })
    expect(outcome(report, 'Debian')?.outcome).toBe('unchanged')
    expect(server.requests.filter((path) => path.includes('zip'))).toEqual([])
    look((database) => {
      expect(database.record('NPM-1000')).toBeUndefined()
      expect(database.affected('npm', 'package-of-npm-1000')).toEqual([])
      expect(database.record('NPM-1001')?.summary).toBe('changed')
      expect(database.affected('npm', 'package-of-npm-2000')).toHaveLength(1)
    })
  })

  it('takes the archive again above 2,000 changes', async () => {
    ecosystemFiles(server.files, 'npm', npm(2_100))
    await update()
    ecosystemFiles(server.files, 'npm', npm(2_100, '2026-01-09T00:00:00Z'))
    server.requests.length = 0
    expect(outcome(await update(), 'npm')).toMatchObject({ outcome: 'taken', changed: 2_100 })
    expect(server.requests.filter((path) => path.endsWith('.json 200') && path.startsWith('npm'))).toEqual([])
  })

  it('takes the archive again when the list has a wrong line, and says so', async () => {
    await update()
    server.files.set('npm/modified_id.csv', Buffer.from('2026-01-01T00:00:00Z,../../etc/passwd\n'))
    const report = await update()
    expect(outcome(report, 'npm')?.outcome).toBe('taken')
    expect(report.warnings.join()).toContain('line 1 is wrong')
  })

  it('keeps an ecosystem that would lose more than a tenth, unless forced', async () => {
    await update()
    ecosystemFiles(server.files, 'npm', npm(35))
    const report = await update()
    expect(report.complete).toBe(false)
    expect(outcome(report, 'npm')).toMatchObject({ outcome: 'kept', records: 40 })
    expect(report.status.warnings.join()).toContain('--force')
    expect(look((database) => database.affected('npm', 'package-of-npm-1039'))).toHaveLength(1)
    expect(outcome(await update({ force: true }), 'npm')).toMatchObject({ records: 35, removed: 5 })
  })

  it('keeps KEV and EPSS that the source no longer serves well', async () => {
    await update()
    server.files.set('kev/known_exploited_vulnerabilities.json', Buffer.from('<html>'))
    server.files.set('epss/epss_scores-current.csv.gz', gzipSync(Buffer.alloc(300 * 1024 ** 2)))
    const report = await update()
    expect(report.warnings.join()).toMatch(/not the catalogue.*stays.*unpacks to more than.*stay/)
    look((database) => {
      expect(database.kev('CVE-2026-0001')).toBeDefined()
      expect(database.epss('CVE-2026-0001')?.probability).toBe(0.5)
    })
  })

  it('keeps the last good state when the source fails half-way, and rejects when nothing at all can be had', async () => {
    await update()
    server.misbehave = (path, _request, response) => {
      if (!path.startsWith('npm/')) return false
      response.writeHead(500).end()
      return true
    }
    const report = await update()
    expect(outcome(report, 'npm')?.outcome).toBe('kept')
    expect(outcome(report, 'Debian')?.outcome).toBe('unchanged')
    const before = await readFile(databasePath(cacheDir))
    server.misbehave = (path, _request, response) => {
      if (path === 'ecosystems.txt') return false
      response.writeHead(503).end()
      return true
    }
    await expect(update()).rejects.toMatchObject({ code: 'advisories-update' })
    expect(before.equals(await readFile(databasePath(cacheDir)))).toBe(true)
  })
})

describe('bad input', () => {
  it('skips and counts wrong records, and does not fetch them again before they change', async () => {
    const wrong = [
      ['NPM-1.json', '{'],
      ['NPM-2.json', '{"id":"NPM-3","modified":"2026-01-01T00:00:00Z"}'],
      ['NPM-4.json', '{"id":"NPM-4","modified":"yesterday"}'],
      [
        'NPM-5.json',
        `{"id":"NPM-5","modified":"2026-01-01T00:00:00Z","database_specific":${'{"a":'.repeat(5_000)}1${'}'.repeat(5_001)}`,
      ],
      ['../../../NPM-6.json', JSON.stringify(osvRecord('NPM-6'))],
    ] as const
    const good = npm(20).map((record) => [`${record.id}.json`, JSON.stringify(record)] as const)
    server.files.set('npm/all.zip', zipOf([...good, ...wrong]))
    const report = await update()
    expect(outcome(report, 'npm')).toMatchObject({ records: 21, skipped: 4 })
    expect(report.warnings.join()).toContain('4 records are wrong')
    expect(await readdir(join(cacheDir, 'advisories'))).not.toContain('NPM-6.json')
    const all = [...npm(20), osvRecord('NPM-6')].map((record) => `2026-01-01T00:00:00Z,${record.id}`)
    const list = [...all, ...[1, 2, 4, 5].map((number) => `2026-01-01T00:00:00Z,NPM-${number}`)]
    server.files.set('npm/modified_id.csv', Buffer.from(list.join('\n')))
    for (const number of [1, 2, 4, 5]) server.files.set(`npm/NPM-${number}.json`, Buffer.from('{'))
    await update()
    server.requests.length = 0
    expect(outcome(await update(), 'npm')).toMatchObject({ outcome: 'unchanged', records: 21, skipped: 4 })
    expect(server.requests.filter((path) => path.startsWith('npm/NPM'))).toEqual([])
  })

  it.each([
    ['cut off', (zip: Buffer) => zip.subarray(0, zip.length >> 1)],
    ['not a zip', () => Buffer.from('<html>sorry</html>')],
    ['empty', () => Buffer.alloc(0)],
    [
      'with a directory that leads nowhere',
      (zip: Buffer) => {
        const copy = Buffer.from(zip)
        copy.writeUInt32LE(0x7fffffff, copy.length - 6)
        return copy
      },
    ],
  ])('an archive that is %s leaves the ecosystem out and goes on', async (_name, spoil) => {
    server.files.set('npm/all.zip', spoil(server.files.get('npm/all.zip') ?? Buffer.alloc(0)))
    const report = await update()
    expect(outcome(report, 'npm')?.outcome).toBe('missing')
    expect(outcome(report, 'Debian')?.outcome).toBe('taken')
    expect(report.warnings.join()).toContain('npm/all.zip')
  })

  it('refuses a source without the layout, and a list without names', async () => {
    server.files.set('ecosystems.txt', Buffer.from('../..\n/etc\n\0\n'))
    await expect(update()).rejects.toMatchObject({ code: 'advisory-source' })
    await expect(update({ from: join(cacheDir, 'nothing') })).rejects.toMatchObject({ code: 'advisory-source' })
  })

  it('leaves nothing behind when interrupted', async () => {
    await update()
    const before = await readFile(databasePath(cacheDir))
    ecosystemFiles(server.files, 'npm', npm(50))
    const controller = new AbortController()
    server.misbehave = (path) => {
      if (path === 'kev/known_exploited_vulnerabilities.json') controller.abort()
      return false
    }
    await expect(update({}, controller.signal)).rejects.toMatchObject({ kind: 'interrupted' })
    expect(before.equals(await readFile(databasePath(cacheDir)))).toBe(true)
    expect((await readdir(join(cacheDir, 'advisories'))).sort()).toEqual(['advisories.db', 'fetch'])
  })

  it('says that the disk is full and keeps the old database', async () => {
    await update({ ecosystems: ['Debian'] })
    const before = await readFile(databasePath(cacheDir))
    const folder = join(import.meta.dirname, 'update.ts')
    const script = `import { updateAdvisories } from ${JSON.stringify(folder)}
      await updateAdvisories({ cacheDir: ${JSON.stringify(cacheDir)}, from: ${JSON.stringify(server.url)} },
        { env: {}, now: () => new Date() }).then(() => console.log('done'), (error) => console.log(error.code))`
    ecosystemFiles(server.files, 'npm', npm(3_000))
    // Files over 32 KiB cannot be written here: to the program it is as a full disk.
    const { stdout } = await promisify(execFile)('sh', [
      '-c',
      'ulimit -f 64; exec "$@"',
      'sh',
      process.execPath,
      '--input-type=module-typescript',
      '--eval',
      script,
    ])
    expect(stdout.trim()).toBe('disk-full')
    expect(before.equals(await readFile(databasePath(cacheDir)))).toBe(true)
    expect((await readdir(join(cacheDir, 'advisories'))).filter((name) => name.startsWith('new-'))).toEqual([])
  })

  it('sets a damaged database aside and builds anew', async () => {
    await update()
    await writeFile(databasePath(cacheDir), 'SQLite format 3\0 and then nothing')
    expect(() => openAdvisories(cacheDir)).toThrow(/not a usable advisory database|no advisory database/)
    const report = await update()
    expect(report.complete).toBe(true)
    expect(report.warnings[0]).toContain('fetched anew')
  })
})

describe('many processes', () => {
  it('cleans up after a killed update and takes over its lock', async () => {
    const folder = join(cacheDir, 'advisories')
    await mkdir(folder, { recursive: true })
    await writeFile(join(folder, 'new-999999999-aa.db'), 'half')
    await writeFile(join(folder, 'update.lock'), 'half')
    await utimes(join(folder, 'update.lock'), 0, 0)
    expect((await update()).complete).toBe(true)
    expect((await readdir(folder)).sort()).toEqual(['advisories.db', 'fetch'])
  })

  it('lets a reader keep the old file to its end while an update puts a new one in place', async () => {
    await update()
    const reader = openAdvisories(cacheDir)
    ecosystemFiles(server.files, 'npm', [...npm(40), osvRecord('NPM-7777')])
    await update()
    expect(reader.record('NPM-7777')).toBeUndefined()
    expect(reader.affected('npm', 'package-of-npm-1039')).toHaveLength(1)
    reader.close()
    expect(look((database) => database.record('NPM-7777'))).toBeDefined()
  })

  it('makes updates at once wait for each other, and every reader between them sees a whole database', async () => {
    await update()
    let reading = true
    const readers = (async () => {
      let seen = 0
      while (reading) {
        expect(look((database) => database.status().ecosystems.length)).toBe(2)
        seen++
        await new Promise(setImmediate)
      }
      return seen
    })()
    const reports = await Promise.all([update(), update(), update()])
    reading = false
    expect(reports.every((report) => report.complete)).toBe(true)
    expect(await readers).toBeGreaterThan(0)
  })
})

describe('a packed database', () => {
  it('carries everything to another machine, origins and times included, and is opened as it is', async () => {
    await update()
    const file = join(cacheDir, 'carry.bulwark')
    const packed = packAdvisories(cacheDir, file)
    expect(packed).toMatchObject({ records: 41, digest: expect.stringMatching(/^sha256:/) })
    const other = join(cacheDir, 'other')
    const report = await updateAdvisories({ cacheDir: other, from: file }, { env: {}, now: () => new Date(), http })
    expect(report.ecosystems.map((one) => one.records)).toEqual([1, 40])
    const direct = openAdvisories(file)
    const carried = openAdvisories(other)
    for (const database of [direct, carried]) {
      expect(database.origin('NPM-1000')).toEqual({ source: 'osv', fetchedAt: '2026-02-01T00:00:00.000Z' })
      expect(database.kev('CVE-2026-0001')?.name).toBe('A flaw')
      expect(database.epss('CVE-2026-0001')?.on).toBe('2026-01-03')
      expect(database.affected('Debian', 'openssl')).toHaveLength(1)
      database.close()
    }
  })

  it.each([
    ['changed', (file: Buffer) => (file[5_000] ^= 1)],
    ['with another size', (file: Buffer) => file.write('9', 92, 'latin1')],
    ['with another title', (file: Buffer) => file.write('9', 19, 'latin1')],
  ])('is refused when %s', async (_name, spoil) => {
    await update()
    const file = join(cacheDir, 'carry.bulwark')
    packAdvisories(cacheDir, file)
    const bytes = await readFile(file)
    spoil(bytes)
    await writeFile(file, bytes)
    expect(() => openAdvisories(file)).toThrow(file)
    const other = join(cacheDir, 'other')
    const io = { env: {}, now: () => new Date(), http }
    await expect(updateAdvisories({ cacheDir: other, from: file }, io)).rejects.toMatchObject({ input: file })
    expect(await readdir(join(other, 'advisories'))).toEqual([])
    await writeFile(file, bytes.subarray(0, bytes.length - 1000))
    expect(() => openAdvisories(file)).toThrow(file)
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
