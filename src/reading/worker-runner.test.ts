import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
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
