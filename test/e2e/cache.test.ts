import { spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { debianImage } from '../support/bad-image.ts'
import { ALPINE_LAYER, useFlagFixtures } from '../support/flag-fixtures.ts'
import { expectHarmless, expectRefused, type Ran } from '../support/sandbox.ts'
import { dockerArchive, tarball } from '../support/tar-writer.ts'

const fixtures = useFlagFixtures()
const ROOT = join(import.meta.dirname, '../..')
const ADVISORIES = () => join(fixtures.folder, 'cache/advisories/advisories.db')

/** Hides the packages of the Alpine layer. */
const HIDING_LAYER = tarball([{ name: 'lib/apk/db/.wh.installed', body: '' }])

function scan(target: string, cache: string, words: readonly string[] = []): Promise<Ran> {
  const to = ['--cache-dir', join(fixtures.folder, cache), '--advisories', ADVISORIES(), '--allow-incomplete']
  return fixtures.scan(target, [...to, ...words])
}

/** The JSON, byte for byte, without what differs from run to run: times, and how much was known. */
async function answer(target: string, cache: string): Promise<string> {
  return withoutTimes(await scan(target, cache, ['--format', 'json']))
}

function withoutTimes({ stdout, stderr }: Ran): string {
  expect(stdout, stderr).not.toBe('')
  return stdout
    .replace(/"startedAt": "[^"]*"/, '')
    .replace(/"durationMs": \d+/, '')
    .replace(/"known": \d+/, '')
}

/** How often each layer was read, by what the runs explain. */
function readsIn(texts: readonly string[]): readonly number[] {
  const reads = new Map<string, number>()
  for (const [, layer] of texts.join('\n').matchAll(/cache: reading layer \d+ of \d+ \((sha256:\w+)\)/g))
    reads.set(layer, (reads.get(layer) ?? 0) + 1)
  return [...reads.values()]
}

describe('two images that share a layer, one of which hides its packages', () => {
  it('give in either order what an empty cache gives, byte for byte', async () => {
    const shown = fixtures.file('shown.tar', dockerArchive([{ layers: [ALPINE_LAYER] }]))
    const hidden = fixtures.file('hidden.tar', dockerArchive([{ layers: [ALPINE_LAYER, HIDING_LAYER] }]))
    const [fresh, freshHidden] = [await answer(shown, 'fresh-1'), await answer(hidden, 'fresh-2')]
    expect(fresh).toContain('CVE-2099-0001')
    expect(freshHidden).not.toContain('CVE-2099-0001')
    expect([await answer(shown, 'a'), await answer(hidden, 'a'), await answer(shown, 'a')]).toEqual([
      fresh,
      freshHidden,
      fresh,
    ])
    expect([await answer(hidden, 'b'), await answer(shown, 'b'), await answer(hidden, 'b')]).toEqual([
      freshHidden,
      fresh,
      freshHidden,
    ])
  })
})

describe('an image whose layers are all known', () => {
  it('is answered without opening them', async () => {
    const first = await scan(fixtures.image, 'known', ['--debug'])
    expect(readsIn([first.stderr])).toEqual([1, 1])
    const second = await scan(fixtures.image, 'known', ['--debug'])
    expect(readsIn([second.stderr])).toEqual([])
    expect(second.stderr.match(/is known: not opened/g)).toHaveLength(2)
  })
})

describe('many processes at once on an empty cache', () => {
  it('all come to one answer, none fails, and no layer is read more than twice', async () => {
    const layers = Array.from({ length: 3 }, (_, layer) =>
      tarball(Array.from({ length: 3000 }, (_, i) => ({ name: `srv/${layer}/${i}`, body: 'x' }))),
    )
    const target = fixtures.file('many.tar', dockerArchive([{ layers: [ALPINE_LAYER, ...layers] }]))
    const ran = await Promise.all(
      Array.from({ length: 20 }, () => scan(target, 'many', ['--debug', '--format', 'json'])),
    )
    for (const one of ran) expect(one.status, one.stderr).toBe(0)
    const reads = readsIn(ran.map(({ stderr }) => stderr))
    expect(reads).toHaveLength(4)
    expect(Math.max(...reads)).toBeLessThanOrEqual(2)
    expect(new Set(ran.map(withoutTimes)).size).toBe(1)
    expect(readdirSync(join(fixtures.folder, 'many/layers.db.claims'))).toEqual([])
  }, 60_000)

  it('take over what one that was killed was reading', async () => {
    const huge = fixtures.hugeImage()
    const cache = join(fixtures.folder, 'killed')
    const words = ['scan', huge, '--offline', '--allow-incomplete', '--debug', '--cache-dir', cache]
    const child = spawn(join(ROOT, 'bulwark'), words, { stdio: ['ignore', 'ignore', 'pipe'] })
    const reading = new Promise<void>((resolve) => {
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        if (text.includes('cache: reading')) resolve()
      })
    })
    await reading
    const ended = new Promise((resolve) => child.once('close', resolve))
    const waiting = scan(huge, 'killed', ['--debug', '--timeout', '2s'])
    child.kill('SIGKILL')
    await ended
    const next = await waiting
    expect(next.stderr).toContain('cache: reading')
    expectRefused(next, 3, 'gave up after 2 s')
  }, 60_000)
})

describe('bulwark cache', () => {
  it('status says what is kept, and clean what was removed', async () => {
    const cache = ['--cache-dir', join(fixtures.folder, 'kept')]
    const none = await fixtures.run(['cache', 'status', ...cache])
    expect(none).toMatchObject({ status: 0, stdout: expect.stringContaining('nothing is kept yet') })
    const large = tarball(Array.from({ length: 6000 }, (_, i) => ({ name: `srv/${i}` })))
    const target = fixtures.file('two.tar', dockerArchive([{ layers: [ALPINE_LAYER, large] }]))
    await scan(target, 'kept')
    const table = await fixtures.run(['cache', 'status', ...cache])
    expect(table.stdout).toMatch(/in use of at most 2\.0 GiB/)
    expect(table.stdout).toMatch(/^ +layers +2 /m)
    const data = JSON.parse((await fixtures.run(['cache', 'status', '--format', 'json', ...cache])).stdout)
    expect(data).toMatchObject({ exists: true, layers: { count: 2 }, limitBytes: 2 * 1024 ** 3, sharedCache: null })
    const cleaned = await fixtures.run(['cache', 'clean', ...cache])
    expect(cleaned).toMatchObject({ status: 0, stdout: expect.stringMatching(/^removed 2 layers/) })
    const after = JSON.parse((await fixtures.run(['cache', 'status', '--format', 'json', ...cache])).stdout)
    expect(after.layers.count).toBe(0)
    expect(after.fileBytes).toBeLessThan(data.fileBytes)
    const again = await scan(target, 'kept', ['--debug'])
    expect(readsIn([again.stderr])).toEqual([1, 1])
  })

  it('names a damaged file, and clean removes it', async () => {
    const path = fixtures.file('noise/layers.db', 'this is no database '.repeat(1000))
    const cache = ['--cache-dir', join(fixtures.folder, 'noise')]
    expectRefused(await fixtures.run(['cache', 'status', ...cache]), 3, path, 'damaged', 'cache clean')
    const cleaned = await fixtures.run(['cache', 'clean', ...cache])
    expect(cleaned).toMatchObject({ status: 0, stdout: expect.stringContaining('20 KiB freed') })
    expect(existsSync(path)).toBe(false)
  })

  it('refuses what it does not know', async () => {
    expectRefused(await fixtures.run(['cache', 'empty']), 2, 'empty')
    expectRefused(await fixtures.run(['cache', 'status', 'layers.db']), 2)
    expect((await fixtures.run(['cache'])).status).toBe(2)
    expect((await fixtures.run(['cache', '--help'])).stdout).toContain('clean')
  })
})

describe('a folder on shared storage', () => {
  it.each([
    ['is noise', (good: Buffer) => Buffer.alloc(good.length, 'x')],
    ['is empty', () => Buffer.alloc(0)],
    ['ends early', (good: Buffer) => good.subarray(0, good.length >> 1)],
    ['has one flipped bit', (good: Buffer) => flipped(good)],
  ])('whose files are damaged (each %s) costs time only, is said and mended', async (name, damage) => {
    const shared = join(fixtures.folder, 'damaged', name.replaceAll(' ', '-'))
    const image = fixtures.file('debian.tar', dockerArchive([debianImage([{ name: 'srv/x', body: 'x' }])]))
    const words = ['--shared-cache', shared, '--debug', '--format', 'json']
    const first = await scan(image, `one ${name}`, words)
    const files = readdirSync(shared, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.facts'))
    expect(files.length).toBeGreaterThan(0)
    for (const file of files) writeFileSync(join(shared, file), damage(readFileSync(join(shared, file))))
    const second = await scan(image, `two ${name}`, words)
    expect(second.status, second.stderr).toBe(first.status)
    expect(second.stdout).toContain('shared-cache-damaged')
    expect(readsIn([second.stderr])).toEqual(readsIn([first.stderr]))
    expect(JSON.parse(second.stdout).components).toEqual(JSON.parse(first.stdout).components)
    expectHarmless(second)
    const third = await scan(image, `three ${name}`, words)
    expect(readsIn([third.stderr])).toEqual([])
    rmSync(shared, { recursive: true })
  })

  it('that cannot be used is said, and the scan goes on', async () => {
    const file = fixtures.file('no-folder', 'x')
    const ran = await scan(fixtures.image, 'without', ['--shared-cache', file, '--format', 'json'])
    expect(ran.status, ran.stderr).toBe(0)
    expect(ran.stdout).toMatch(/shared-cache-un(readable|writable)/)
  })
})

function flipped(good: Buffer): Buffer {
  const copy = Buffer.from(good)
  copy[copy.length - 20] ^= 1
  return copy
}
