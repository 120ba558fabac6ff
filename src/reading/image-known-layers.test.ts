import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { imageOf } from '../../test/support/image-builder.ts'
import { lines, read, STATUS, winners } from '../../test/support/read-image.ts'
import { DEFAULT_LIMITS } from '../lib/limits.ts'
import type { AnyReader, ReadTarget } from './index.ts'
import { inlineRunner, memoryFactStore, readImage } from './index.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'reading-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

describe('known layers', () => {
  const shared = [
    { name: STATUS, text: 'a\n' },
    { name: 'nul', text: 'x' },
  ]
  const one = [shared, [{ name: STATUS, text: 'a\nb\n' }]]
  const two = [shared, [{ name: 'var/lib/db/.wh.status' }]]
  const plain = (target: ReadTarget) => ({ rows: [...target.rows], diagnostics: target.diagnostics })

  it('two images that share a layer give the same in either order as from an empty store', async () => {
    const [freshOne, freshTwo] = [plain(await read(one)), plain(await read(two))]
    for (const order of [
      [one, two],
      [two, one],
    ]) {
      const store = memoryFactStore()
      for (const layers of [...order, ...order]) {
        const got = plain(await read(layers, { store }))
        expect(got).toEqual(layers === one ? freshOne : freshTwo)
      }
    }
  })

  it('are not opened again, and only readers of another version run', async () => {
    const store = memoryFactStore()
    const image = imageOf(folder, one)
    await read(one, { store })
    for (const layer of image.layers) rmSync(layer.locator?.at === 'file' ? layer.locator.path : '')
    const options = {
      runner: inlineRunner([]),
      store,
      limits: DEFAULT_LIMITS,
      signal: new AbortController().signal,
      skipFiles: [],
      skipDirs: [],
      progress: () => {},
    }
    const target = await readImage(image, { ...options, readers: [lines as AnyReader] })
    expect(target.layers.map(({ known }) => known)).toEqual([true, true])
    await expect(readImage(image, { ...options, readers: [{ ...lines, version: 2 } as AnyReader] })).rejects.toThrow(
      /lines/,
    )
  })

  it('a layer that is not here is blind and named', async () => {
    const image = imageOf(folder, one)
    const layers = image.layers.map((layer, i) =>
      i === 0 ? { ...layer, locator: undefined, absent: 'a foreign layer' } : layer,
    )
    const readers = [lines as AnyReader]
    const target = await readImage(
      { ...image, layers },
      {
        readers,
        runner: inlineRunner(readers),
        limits: DEFAULT_LIMITS,
        signal: new AbortController().signal,
        skipFiles: [],
        skipDirs: [],
        progress: () => {},
      },
    )
    expect(target.diagnostics).toMatchObject([{ code: 'layer-absent', effect: 'blind', layer: { index: 0 } }])
    expect(target.diagnostics[0].message).toContain('a foreign layer')
    expect(winners(target)).toHaveLength(1)
  })

  it('a digest that lies is an error that names the layer', async () => {
    const image = imageOf(folder, one)
    const lie = `sha256:${'1'.repeat(64)}` as const
    const readers = [lines as AnyReader]
    const reading = readImage(
      { ...image, layers: [{ ...image.layers[0], diffId: lie }] },
      {
        readers,
        runner: inlineRunner(readers),
        limits: DEFAULT_LIMITS,
        signal: new AbortController().signal,
        skipFiles: [],
        skipDirs: [],
        progress: () => {},
      },
    )
    await expect(reading).rejects.toMatchObject({ code: 'digest-mismatch', input: `layer 1 of 1 (${lie})` })
  })
})
