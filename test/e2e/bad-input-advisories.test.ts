import { existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { deflateRawSync } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { ecosystemFiles, type MirrorServer, mirrorServer, osvRecord, zipOf } from '../mirror-server.ts'
import { expectHarmless, expectRefused, type Ran, type RunOptions, useSandbox } from '../support/sandbox.ts'
import { writeFiles } from '../support/tar-writer.ts'

const sandbox = useSandbox()
const RECORDS = Array.from({ length: 20 }, (_, i) => osvRecord(`TEST-${i}`))
const GOOD_ZIP = zipOf(RECORDS.map((record) => [`${record.id}.json`, JSON.stringify(record)]))

/** Updates from a folder with this archive, once more from a good one, and again from the bad one. */
function updateFrom(zip: Buffer, words: readonly string[] = []): Promise<Ran> {
  const from = join(sandbox.folder, `mirror-${Math.random()}`)
  writeFiles(from, new Map([['npm/all.zip', zip]]))
  writeFileSync(join(from, 'ecosystems.txt'), 'npm\n')
  return sandbox.run(['advisories', 'update', '--from', from, '--format', 'json', ...words])
}

const database = () => join(sandbox.cache, 'advisories/advisories.db')

/** The files in the advisory folder besides the database. */
function besides(): string[] {
  const folder = join(sandbox.cache, 'advisories')
  return existsSync(folder) ? readdirSync(folder).filter((name) => !['advisories.db', 'met.json'].includes(name)) : []
}

describe('records that are wrong', () => {
  const wrong: [string, string | Buffer][] = [
    ['no JSON', '{'],
    ['noise', Buffer.from([0xff, 0xfe, 0, 1, 2])],
    ['an empty file', ''],
    ['null', 'null'],
    ['a list', '[]'],
    ['no id', '{"modified":"2026-01-01T00:00:00Z"}'],
    ['another id than its name', JSON.stringify(osvRecord('OTHER-1'))],
    ['an id that is a path', JSON.stringify(osvRecord('../../x'))],
    ['no time', JSON.stringify(osvRecord('BAD', { modified: 'yesterday' }))],
    ['affected that is text', JSON.stringify(osvRecord('BAD', { affected: 'all' }))],
    ['depth 100,000', `{"id":"BAD","modified":"2026-01-01T00:00:00Z","database_specific":{"a":${'['.repeat(1e5)}`],
    [
      'depth that is closed',
      `{"id":"BAD","modified":"2026-01-01T00:00:00Z","affected":${'['.repeat(1e5)}${']'.repeat(1e5)}}`,
    ],
    ['a package whose name is a number', JSON.stringify(osvRecord('BAD', { affected: [{ package: { name: 1 } }] }))],
  ]
  it('are skipped and counted, each, and the update goes on', async () => {
    const all = [...RECORDS.map((one) => [`${one.id}.json`, JSON.stringify(one)] as const)]
    const bad = wrong.map(([, body], i) => [i === 7 ? 'x.json' : `BAD-${i}.json`, body] as const)
    const ran = await updateFrom(zipOf([...all.slice(0, 10), ...bad, ...all.slice(10)]))
    expect(ran.status, ran.stderr).toBe(0)
    const report = JSON.parse(ran.stdout)
    expect(report.ecosystems).toMatchObject([{ name: 'npm', records: 20, skipped: wrong.length }])
    expect(JSON.stringify(report.warnings)).toMatch(/npm: 13 records are wrong and left out, as BAD-0: not JSON/)
    expectHarmless(ran)
  })

  it('with prototype keys change nothing', async () => {
    const hostile =
      '{"__proto__":{"id":"X"},"constructor":1,"id":"TEST-99","modified":"2026-01-01T00:00:00Z","affected":[{"package":{"ecosystem":"npm","name":"__proto__"},"versions":["1"]}]}'
    const ran = await updateFrom(zipOf([['TEST-99.json', hostile]]))
    expect(JSON.parse(ran.stdout).ecosystems).toMatchObject([{ name: 'npm', records: 1, skipped: 0 }])
    const found = await sandbox.run(['advisories', 'search', 'npm:__proto__@1'])
    expect(found.stdout).toContain('TEST-99')
  })
})

describe('an archive of records that is wrong', () => {
  const bomb = zipOf([['BOMB-1.json', Buffer.alloc(15 * 1024 * 1024, 0x20)]])
  const overlapping = (): Buffer => {
    const copy = Buffer.from(GOOD_ZIP)
    // All entries of the directory lead to the first.
    for (let at = copy.indexOf('PK\x01\x02'); at >= 0; at = copy.indexOf('PK\x01\x02', at + 4))
      copy.writeUInt32LE(0, at + 42)
    return copy
  }
  const huge = (): Buffer => {
    const copy = Buffer.from(GOOD_ZIP)
    for (let at = copy.indexOf('PK\x01\x02'); at >= 0; at = copy.indexOf('PK\x01\x02', at + 4))
      copy.writeUInt32LE(0xfffffff0, at + 24)
    return copy
  }
  it.each([
    ['cut off', GOOD_ZIP.subarray(0, GOOD_ZIP.length >> 1)],
    ['cut off in its directory', GOOD_ZIP.subarray(0, -30)],
    ['noise', Buffer.alloc(5000, 0x50)],
    ['empty', Buffer.alloc(0)],
    ['a bomb', bomb],
    ['sizes that lie', huge()],
    ['gzip', Buffer.concat([Buffer.from([0x1f, 0x8b, 8, 0]), deflateRawSync(GOOD_ZIP)])],
  ])('%s: nothing is taken, and what was there stays', async (_, zip) => {
    const first = await updateFrom(zip)
    expectRefused(first, 3, /no advisories could be had/, /npm/)
    expect(existsSync(database())).toBe(false)
    expect((await updateFrom(GOOD_ZIP)).status).toBe(0)
    const before = readFileSync(database())
    const second = await updateFrom(zip)
    expectRefused(second, 3, /npm/, /stays/)
    expect(readFileSync(database()).equals(before)).toBe(true)
    expect(besides()).toEqual([])
  })

  it('whose entries all lead to the first: those that lie are skipped and counted', async () => {
    const ran = await updateFrom(overlapping())
    expect(JSON.parse(ran.stdout).ecosystems).toMatchObject([{ name: 'npm', records: 1, skipped: 19 }])
    expectHarmless(ran)
  })

  it('with names that lead elsewhere: nothing is written under them', async () => {
    const names = ['../../../../tmp/evil.json', '/etc/evil.json', 'a\\..\\..\\evil.json', '..\\evil.json']
    const ran = await updateFrom(
      zipOf([
        ...names.map((name) => [name, JSON.stringify(osvRecord('evil'))] as const),
        ['TEST-1.json', JSON.stringify(RECORDS[1])],
      ]),
    )
    expect(ran.status, ran.stderr).toBe(0)
    expect(existsSync('/tmp/evil.json') || existsSync('/etc/evil.json')).toBe(false)
    expect(besides()).toEqual([])
    expectHarmless(ran)
  })
})

describe('a list of ecosystems that is wrong', () => {
  it('with names that lead elsewhere, or into a link: they are left out and counted', async () => {
    const from = join(sandbox.folder, 'traversal')
    writeFiles(
      from,
      new Map([
        ['npm/all.zip', GOOD_ZIP],
        ['../outside/all.zip', GOOD_ZIP],
      ]),
    )
    writeFileSync(
      join(from, 'ecosystems.txt'),
      ['npm', '../outside', '/etc', 'a/../../x', '..', 'x\0y', '\x1b[31mred', 'n'.repeat(5000), ''].join('\n'),
    )
    const ran = await sandbox.run(['advisories', 'update', '--from', from])
    expect(ran.stdout + ran.stderr).toMatch(/7 names in ecosystems\.txt cannot be names/)
    expect(ran.stdout).not.toContain('outside')
    expect(ran.stdout).not.toContain('\x1b')
    expectHarmless(ran)
  })

  it.each([
    ['empty', ''],
    ['noise', Buffer.alloc(1000, 0xff)],
    ['too long', Buffer.alloc(5 * 1024 * 1024, 0x61)],
  ])('%s', async (_, text) => {
    const from = join(sandbox.folder, `list-${Math.random()}`)
    writeFiles(from, new Map([['ecosystems.txt', Buffer.from(text)]]))
    expectRefused(await sandbox.run(['advisories', 'update', '--from', from]), 3, from)
  })

  it('a folder that is a link to itself', async () => {
    const loop = join(sandbox.folder, 'loop')
    symlinkSync('loop', loop)
    expectRefused(await sandbox.run(['advisories', 'update', '--from', loop]), 3, loop)
  })
})

describe('a mirror that misbehaves', () => {
  let mirror: MirrorServer
  beforeAll(async () => {
    mirror = await mirrorServer()
  })
  afterAll(() => mirror.close())
  beforeEach(() => {
    mirror.misbehave = undefined
    mirror.files.clear()
    mirror.files.set('ecosystems.txt', Buffer.from('npm\n'))
    ecosystemFiles(mirror.files, 'npm', RECORDS)
  })
  const update = (options: RunOptions = {}) => sandbox.run(['advisories', 'update', '--from', mirror.url], options)
  type Answer = (request: IncomingMessage, response: ServerResponse) => void
  const answer = (suffix: string, how: Answer) => {
    mirror.misbehave = (path, request, response) => {
      if (!path.endsWith(suffix)) return false
      how(request, response)
      return true
    }
  }

  it.each([
    'http://169.254.169.254/latest/meta-data/',
    'http://[fe80::1]/x',
    'http://metadata.google.internal/x',
    'http://2852039166/latest/',
    'http://[::ffff:169.254.169.254]/x',
    'file:///etc/passwd',
    'gopher://127.0.0.1/x',
    'http://0.0.0.0/x',
  ])('by leading to %s is refused, and named', async (to) => {
    answer('ecosystems.txt', (_, response) => response.writeHead(302, { location: to }).end())
    const ran = await update()
    expectRefused(ran, 3, /redirect|leads to|refused|is not an http or https address/)
    expect(existsSync(database())).toBe(false)
    expect(besides()).toEqual([])
  })

  it('by leading in a circle', async () => {
    answer('all.zip', (request, response) => response.writeHead(302, { location: request.url }).end())
    expectRefused(await update(), 3, /redirect/)
  })

  it('by an endless list', async () => {
    answer('ecosystems.txt', (_, response) => {
      const piece = Buffer.alloc(1024 * 1024, 0x61)
      const more = (): void => {
        while (!response.destroyed && response.write(piece));
        if (!response.destroyed) response.once('drain', more)
      }
      response.writeHead(200)
      more()
    })
    expectRefused(await update(), 3, /ecosystems\.txt is larger than/)
  })

  it('by an answer that ends early, each time, and by one that is shorter than it says', async () => {
    answer('all.zip', (_, response) => {
      response.writeHead(200, { 'content-length': 1000 })
      response.write('PK')
      setImmediate(() => response.destroy())
    })
    expectRefused(await update(), 3, /npm/, /all\.zip|ended early|connection/)
    expect(existsSync(database())).toBe(false)
  })

  it('by errors and pages instead of records', async () => {
    answer('all.zip', (_, response) => response.writeHead(200).end('<html>log in</html>'))
    expectRefused(await update(), 3, /npm/)
    answer('ecosystems.txt', (_, response) => response.writeHead(403).end())
    expectRefused(await update(), 3, /403/)
  })

  it('by hanging: an interrupt ends it at once, and nothing is left', async () => {
    const asked = Promise.withResolvers<void>()
    answer('all.zip', () => asked.resolve())
    const ran = await update({ interruptWhen: asked.promise })
    expect(ran.status).toBe(130)
    expect(existsSync(database())).toBe(false)
    expect(besides().filter((name) => name !== 'fetch')).toEqual([])
    expect(ran.ms).toBeLessThan(15_000)
  })
})
