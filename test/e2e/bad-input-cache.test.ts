import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { debianImage } from '../support/bad-image.ts'
import { expectHarmless, expectRefused, type Ran, sameAnswer, useSandbox } from '../support/sandbox.ts'
import { dockerArchive } from '../support/tar-writer.ts'

const sandbox = useSandbox()
const ARCHIVE = dockerArchive([debianImage([{ name: 'srv/x', body: 'x' }])])
const image = () => sandbox.file('good.tar', ARCHIVE)
const NOISE = Buffer.from(Array.from({ length: 20_000 }, (_, i) => (i * i * 31) % 251))

/** An answer that does not miss anything, as if there were no cache. */
function expectWhole(ran: Ran): void {
  expect(ran.status, ran.stderr).toBe(0)
  expect(ran.stdout).toContain('libwebp7')
  expectHarmless(ran)
}

describe('the store of layers', () => {
  it.each([
    ['is noise', () => NOISE],
    ['is empty', () => Buffer.alloc(0)],
    ['has a damaged header', (good: Buffer) => Buffer.concat([Buffer.from('SQLite format 4\0'), good.subarray(16)])],
    ['ends early', (good: Buffer) => good.subarray(0, good.length >> 1)],
    ['has damaged pages', (good: Buffer) => Buffer.concat([good.subarray(0, 4096), NOISE, good.subarray(24_096)])],
    ['has one flipped byte in what it holds', (good: Buffer) => flipLast(good)],
  ])('that %s costs time only', async (_, damage) => {
    const fresh = await sandbox.report(image())
    const path = join(sandbox.cache, 'layers.db')
    writeFileSync(path, damage(readFileSync(path)))
    const damaged = await sandbox.report(image())
    expect(damaged.report.components).toEqual(fresh.report.components)
    expect(damaged.report.complete).toBe(true)
    expectHarmless(damaged)
    const again = await sandbox.report(image())
    sameAnswer(again.report, fresh.report)
    expect(statSync(path).size).toBeGreaterThan(4096)
  })

  it('with tables of another make is begun anew', async () => {
    const { DatabaseSync } = await import('node:sqlite')
    mkdirSync(sandbox.cache)
    const database = new DatabaseSync(join(sandbox.cache, 'layers.db'))
    database.exec('CREATE TABLE layers (x); CREATE VIEW rows AS SELECT 1; PRAGMA user_version = 1')
    database.close()
    expectWhole(await sandbox.scan(image()))
  })
})

function flipLast(good: Buffer): Buffer {
  const at = good.lastIndexOf('libwebp7')
  const copy = Buffer.from(good)
  copy[at < 0 ? copy.length - 100 : at] ^= 1
  return copy
}

describe('the cache folder', () => {
  it('that is a file: the scan goes on without, and says so', async () => {
    const file = sandbox.file('a-file', 'x')
    for (const cache of [file, join(file, 'below')]) {
      const ran = await sandbox.report(image(), ['--cache-dir', cache])
      expect(ran.status, ran.stderr).toBe(0)
      expect(ran.report.components).toHaveLength(1)
      expect(JSON.stringify(ran.report.diagnostics)).toContain(cache)
      expectHarmless(ran)
    }
    const update = await sandbox.run(['advisories', 'update', '--from', sandbox.folder, '--cache-dir', file])
    expectRefused(update, 3, file)
    expect(readFileSync(file, 'utf8')).toBe('x')
  })

  it.skipIf(process.getuid?.() !== 0)('that may not be written: the scan goes on without, and says so', async () => {
    const cache = join(sandbox.folder, 'read-only')
    mkdirSync(cache, { recursive: true })
    for (const open of ['', 'advisories', 'advisories/advisories']) chmodSync(join(sandbox.folder, open), 0o755)
    const tmp = join(sandbox.folder, 'tmp-of-nobody')
    mkdirSync(tmp, { recursive: true })
    chmodSync(tmp, 0o777)
    // Another user, to whom permissions apply.
    const as = { uid: 65_534, env: { BULWARK_CACHE_DIR: cache, TMPDIR: tmp } }
    expectWhole(await sandbox.scan(image(), [], as))
    expect(existsSync(join(cache, 'layers.db'))).toBe(false)
    const ran = await sandbox.scan(image(), ['--format', 'json'], as)
    expect(ran.stdout).toContain('cache-unusable')
    expectRefused(await sandbox.run(['advisories', 'update', '--from', sandbox.folder], as), 3, cache)
  })

  it('is not needed, nor is a home', async () => {
    chmodSync(sandbox.tmp, 0o777)
    for (const open of ['', 'advisories', 'advisories/advisories']) chmodSync(join(sandbox.folder, open), 0o755)
    const none = { HOME: undefined, BULWARK_CACHE_DIR: undefined, XDG_CACHE_HOME: undefined }
    for (const env of [
      { ...none, HOME: '/nonexistent' },
      { ...none, HOME: '' },
      { ...none, XDG_CACHE_HOME: '/dev/null' },
    ])
      expectWhole(await sandbox.scan(image(), [], { env, uid: process.getuid?.() === 0 ? 54_321 : undefined }))
  })
})

describe('an advisory database', () => {
  const good = () => readFileSync(sandbox.advisories)
  it.each([
    ['noise', () => NOISE],
    ['nothing', () => Buffer.alloc(0)],
    ['a text', () => Buffer.from('{}')],
    ['half of one', () => good().subarray(0, good().length >> 1)],
    ['one whose pages are damaged', () => Buffer.concat([good().subarray(0, 8192), NOISE, good().subarray(28_192)])],
    ['the store of layers', () => layersDatabase()],
    ['gzip', () => gzipSync(good())],
  ])('that is %s is an error that names it', async (_, bytes) => {
    const file = sandbox.file('given.db', bytes())
    expectRefused(await sandbox.scan(image(), ['--advisories', file]), 3, 'given.db')
    const status = await sandbox.run(['advisories', 'status', '--advisories', file])
    expect(status.status).toBe(3)
    expect(status.stderr).not.toContain('defect of bulwark')
    expectRefused(await sandbox.run(['advisories', 'update', '--from', file]), 3, 'given.db')
    expect(existsSync(join(sandbox.cache, 'advisories/advisories.db'))).toBe(false)
  })

  it('that is not there, a folder without one, a device or a pipe', async () => {
    const pipe = join(sandbox.folder, 'pipe')
    rmSync(pipe, { force: true })
    await import('node:child_process').then(({ execFileSync }) => execFileSync('mkfifo', [pipe]))
    for (const path of [join(sandbox.folder, 'none.db'), sandbox.cwd, '/dev/zero', '/dev/null', pipe])
      expectRefused(await sandbox.scan(image(), ['--advisories', path], { killAfterMs: 10_000 }), 3, path)
  })

  it('in the cache that is damaged is a clear error, and the next update replaces it', async () => {
    const path = join(sandbox.cache, 'advisories/advisories.db')
    mkdirSync(join(path, '..'), { recursive: true })
    for (const bytes of [NOISE, good().subarray(0, good().length >> 1)]) {
      writeFileSync(path, bytes)
      expectRefused(await sandbox.run(['scan', '--offline', image()]), 3, path, /advisories update/)
      const from = join(import.meta.dirname, '../../examples/shop/advisories')
      const update = await sandbox.run(['advisories', 'update', '--from', from])
      expect(update.status, update.stderr).toBe(0)
      expect(update.stdout).toMatch(/everything is fetched anew/)
      expectWhole(await sandbox.run(['scan', '--offline', image()]))
    }
  })

  it('in a folder that may not be entered is an error that names it', async () => {
    if (process.getuid?.() !== 0) return
    chmodSync(join(sandbox.folder, 'advisories'), 0o700)
    chmodSync(sandbox.folder, 0o755)
    const ran = await sandbox.scan(image(), [], {
      uid: 65_534,
      env: { BULWARK_CACHE_DIR: '/nonexistent', TMPDIR: '/tmp' },
    })
    expectRefused(ran, 3, sandbox.advisories, /permission denied/)
  })

  it('packed, and then cut off or changed', async () => {
    copyFileSync(sandbox.advisories, sandbox.file('cache-to-pack/advisories/advisories.db', ''))
    const pack = join(sandbox.folder, 'advisories.pack')
    const packed = await sandbox.run(['advisories', 'pack', pack, '--cache-dir', join(sandbox.folder, 'cache-to-pack')])
    expect(packed.status, packed.stderr).toBe(0)
    const bytes = readFileSync(pack)
    const flipped = Buffer.from(bytes)
    flipped[bytes.length >> 1] ^= 1
    for (const bad of [bytes.subarray(0, 20), bytes.subarray(0, bytes.length >> 1), bytes.subarray(0, -1), flipped]) {
      const file = sandbox.file('bad.pack', bad)
      expectRefused(await sandbox.scan(image(), ['--advisories', file]), 3, 'bad.pack')
      expectRefused(await sandbox.run(['advisories', 'update', '--from', file]), 3, 'bad.pack')
    }
    expectWhole(await sandbox.scan(image(), ['--advisories', pack]))
  })
})

function layersDatabase(): Buffer {
  return Buffer.concat([Buffer.from('SQLite format 3\0'), Buffer.alloc(4080)])
}
