import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { imageOf, type LayerEntry } from '../../test/support/image-builder.ts'
import { TEST_READERS } from '../../test/support/text-readers.ts'
import type { Image } from '../image/index.ts'
import { DEFAULT_LIMITS } from '../lib/limits.ts'
import { type LayerRunner, type ReadOptions, readImage, readTree, workerRunner } from './index.ts'

const WORKER = new URL('../../test/support/text-worker.ts', import.meta.url)

let folder: string
let runner: LayerRunner
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'workers-'))
  runner = workerRunner(WORKER, 2)
})
afterEach(async () => {
  await runner.close()
  rmSync(folder, { recursive: true, force: true })
})

const file = (name: string, text: string): LayerEntry[] => [{ name, text }]

const options = (more: Partial<ReadOptions> = {}): ReadOptions => ({
  readers: TEST_READERS,
  runner,
  limits: DEFAULT_LIMITS,
  signal: new AbortController().signal,
  skipFiles: [],
  skipDirs: [],
  progress: () => {},
  ...more,
})

async function texts(image: Image): Promise<readonly unknown[]> {
  const target = await readImage(image, options())
  return (target.rows.get('text') ?? []).flatMap(({ facts }) => facts)
}

describe('worker threads', () => {
  it('read more layers than there are threads', async () => {
    const layers = Array.from({ length: 7 }, (_, i) => file(`${i}.txt`, `text ${i}`))
    expect(await texts(imageOf(folder, layers))).toEqual(layers.map((_, i) => `text ${i}`))
  })

  it('that die name the layer, and the next job gets a new one', async () => {
    const image = imageOf(folder, [file('exit.txt', '')])
    await expect(texts(image)).rejects.toMatchObject({
      code: 'worker-died',
      input: `layer 1 of 1 (${image.layers[0].diffId})`,
    })
    expect(await texts(imageOf(folder, [file('a.txt', 'a')]))).toEqual(['a'])
  })

  it('hand over what went wrong in its own words', async () => {
    const image = imageOf(folder, [file('a.txt', 'a')])
    const diffId = `sha256:${'2'.repeat(64)}` as const
    const lying = { ...image, layers: image.layers.map((layer) => ({ ...layer, diffId })) }
    await expect(texts(lying)).rejects.toMatchObject({
      name: 'Failure',
      code: 'digest-mismatch',
      input: expect.stringContaining(diffId),
    })
  })

  it('have a lone layer hashed by this thread: the digest is that of the bytes, and a lie is found', async () => {
    const image = imageOf(folder, [[{ name: 'a.txt', text: 'ab'.repeat(5_000_000) }, ...file('b.txt', 'b')]], 'plain')
    const [{ locator, diffId, blob }] = image.layers
    if (locator?.at !== 'file') throw new Error('the layer is here')
    const limits = DEFAULT_LIMITS
    const job = { locator, name: 'one', expect: { diffId, blob }, readers: TEST_READERS.map(({ id }) => id), limits }
    const signal = new AbortController().signal
    const hashing = vi.spyOn(MessagePort.prototype, 'postMessage')
    expect(await runner.run(job, signal, () => {})).toMatchObject({ diffId, blob: diffId })
    // Each piece was answered from here, and the digest.
    expect(hashing.mock.calls.length).toBeGreaterThan(locator.length / 2 ** 21)
    hashing.mockRestore()
    const bytes = readFileSync(locator.path)
    bytes[locator.offset + 6_000_000] ^= 1
    writeFileSync(locator.path, bytes)
    await expect(runner.run(job, signal, () => {})).rejects.toMatchObject({ code: 'digest-mismatch', input: 'one' })
    const sha512 = `sha512:${createHash('sha512').update(bytes).digest('hex')}` as const
    const other = { ...job, expect: { diffId: sha512 } }
    expect(await runner.run(other, signal, () => {})).toMatchObject({ diffId: sha512 })
  })

  it('end their jobs when the scan is cancelled, the waiting ones too', async () => {
    const cancel = new AbortController()
    const layers = Array.from({ length: 4 }, (_, i) => [{ name: `${i}.txt`, text: 'x'.repeat(9_000_000) }])
    const reading = readImage(
      imageOf(folder, layers, 'gzip'),
      options({ signal: cancel.signal, progress: () => cancel.abort() }),
    )
    await expect(reading).rejects.toMatchObject({ kind: 'interrupted' })
    expect(await texts(imageOf(folder, [file('a.txt', 'a')]))).toEqual(['a'])
  })

  it('read a tree, with what its links lead to', async () => {
    writeFileSync(join(folder, 'other'), 'behind a link')
    symlinkSync('/other', join(folder, 'a.txt'))
    writeFileSync(join(folder, 'b.txt'), 'b')
    const target = await readTree({ reference: 'dir', root: folder }, options({ skipFiles: ['c*'] }))
    expect(target.rows.get('text')?.map(({ path, facts }) => [path, ...facts])).toEqual([
      ['a.txt', 'behind a link'],
      ['b.txt', 'b'],
    ])
  })

  it('are ended in the middle of a tree when the scan is cancelled', async () => {
    for (let i = 0; i < 3000; i++) writeFileSync(join(folder, `${i}.txt`), '')
    const cancel = new AbortController()
    const reading = readTree(
      { reference: 'dir', root: folder },
      options({ signal: cancel.signal, progress: () => cancel.abort() }),
    )
    await expect(reading).rejects.toMatchObject({ kind: 'interrupted' })
  })

  it('are not started for a scan that is cancelled already', async () => {
    const reading = readImage(imageOf(folder, [file('a.txt', 'a')]), options({ signal: AbortSignal.abort() }))
    await expect(reading).rejects.toMatchObject({ kind: 'interrupted' })
  })

  it('that cannot be loaded are named as such', async () => {
    const broken = workerRunner(new URL('./not-there.ts', import.meta.url), 1)
    const reading = readImage(imageOf(folder, [file('a.txt', 'a')]), options({ runner: broken }))
    await expect(reading).rejects.toMatchObject({ code: 'worker-died' })
    await broken.close()
  })
})
