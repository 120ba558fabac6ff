import { execFile } from 'node:child_process'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { ecosystemFiles, osvRecord, zipOf } from '../../test/mirror-server.ts'
import { npmRecords, outcomeOf, updateScene } from '../../test/support/update-scene.ts'
import { openAdvisories } from './open.ts'
import { databasePath } from './state.ts'

const scene = updateScene()

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
    const good = npmRecords(20).map((record) => [`${record.id}.json`, JSON.stringify(record)] as const)
    scene.server.files.set('npm/all.zip', zipOf([...good, ...wrong]))
    const report = await scene.update()
    expect(outcomeOf(report, 'npm')).toMatchObject({ records: 21, skipped: 4 })
    expect(report.warnings.join()).toContain('4 records are wrong')
    expect(await readdir(join(scene.cacheDir, 'advisories'))).not.toContain('NPM-6.json')
    const all = [...npmRecords(20), osvRecord('NPM-6')].map((record) => `2026-01-01T00:00:00Z,${record.id}`)
    const list = [...all, ...[1, 2, 4, 5].map((number) => `2026-01-01T00:00:00Z,NPM-${number}`)]
    scene.server.files.set('npm/modified_id.csv', Buffer.from(list.join('\n')))
    for (const number of [1, 2, 4, 5]) scene.server.files.set(`npm/NPM-${number}.json`, Buffer.from('{'))
    await scene.update()
    scene.server.requests.length = 0
    expect(outcomeOf(await scene.update(), 'npm')).toMatchObject({ outcome: 'unchanged', records: 21, skipped: 4 })
    expect(scene.server.requests.filter((path) => path.startsWith('npm/NPM'))).toEqual([])
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
    scene.server.files.set('npm/all.zip', spoil(scene.server.files.get('npm/all.zip') ?? Buffer.alloc(0)))
    const report = await scene.update()
    expect(outcomeOf(report, 'npm')?.outcome).toBe('missing')
    expect(outcomeOf(report, 'Debian')?.outcome).toBe('taken')
    expect(report.warnings.join()).toContain('npm/all.zip')
  })

  it('refuses a source without the layout, and a list without names', async () => {
    scene.server.files.set('ecosystems.txt', Buffer.from('../..\n/etc\n\0\n'))
    await expect(scene.update()).rejects.toMatchObject({ code: 'advisory-source' })
    await expect(scene.update({ from: join(scene.cacheDir, 'nothing') })).rejects.toMatchObject({
      code: 'advisory-source',
    })
  })

  it('leaves nothing behind when interrupted', async () => {
    await scene.update()
    const before = await readFile(databasePath(scene.cacheDir))
    ecosystemFiles(scene.server.files, 'npm', npmRecords(50))
    const controller = new AbortController()
    scene.server.misbehave = (path) => {
      if (path === 'kev/known_exploited_vulnerabilities.json') controller.abort()
      return false
    }
    await expect(scene.update({}, controller.signal)).rejects.toMatchObject({ kind: 'interrupted' })
    expect(before.equals(await readFile(databasePath(scene.cacheDir)))).toBe(true)
    expect((await readdir(join(scene.cacheDir, 'advisories'))).sort()).toEqual(['advisories.db', 'fetch'])
  })

  it('says that the disk is full and keeps the old database', async () => {
    await scene.update({ ecosystems: ['Debian'] })
    const before = await readFile(databasePath(scene.cacheDir))
    const folder = join(import.meta.dirname, 'update.ts')
    const options = JSON.stringify({ cacheDir: scene.cacheDir, from: scene.server.url })
    const script = `import { updateAdvisories } from ${JSON.stringify(folder)}
      await updateAdvisories(${options}, { env: {}, now: () => new Date() })
        .then(() => console.log('done'), (error) => console.log(error.code))`
    ecosystemFiles(scene.server.files, 'npm', npmRecords(3_000))
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
    expect(before.equals(await readFile(databasePath(scene.cacheDir)))).toBe(true)
    expect((await readdir(join(scene.cacheDir, 'advisories'))).filter((name) => name.startsWith('new-'))).toEqual([])
  })

  it('sets a damaged database aside and builds anew', async () => {
    await scene.update()
    await writeFile(databasePath(scene.cacheDir), 'SQLite format 3\0 and then nothing')
    expect(() => openAdvisories(scene.cacheDir)).toThrow(/not a usable advisory database|no advisory database/)
    const report = await scene.update()
    expect(report.complete).toBe(true)
    expect(report.warnings[0]).toContain('fetched anew')
  })
})
