import { hash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type LayerEntry, tarOf } from '../../test/support/image-builder.ts'
import { TEST_READERS } from '../../test/support/text-readers.ts'
import { openLocal } from '../image/index.ts'
import { DEFAULT_LIMITS } from '../lib/limits.ts'
import { type FactStore, inlineRunner, memoryFactStore, readArchive } from './index.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'archive-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** An archive as `docker save | gzip` writes it, the manifest at its end. */
function dockerSave(layers: readonly (readonly LayerEntry[])[], lie = false): Buffer {
  const tars = layers.map(tarOf)
  const diffIds = tars.map((tar) => `sha256:${hash('sha256', lie ? 'something else' : tar)}`)
  const config = JSON.stringify({
    os: 'linux',
    architecture: 'amd64',
    rootfs: { type: 'layers', diff_ids: diffIds },
    history: [],
  })
  const configName = `${hash('sha256', config)}.json`
  return tarOf([
    ...tars.map((tar, i) => ({ name: `${i}/layer.tar`, text: tar })),
    { name: configName, text: config },
    {
      name: 'manifest.json',
      text: JSON.stringify([
        { Config: configName, RepoTags: ['test:1'], Layers: layers.map((_, i) => `${i}/layer.tar`) },
      ]),
    },
  ])
}

async function read(bytes: Uint8Array, store?: FactStore) {
  const path = join(folder, 'image.tar.compressed')
  writeFileSync(path, bytes)
  const limits = DEFAULT_LIMITS
  const signal = new AbortController().signal
  const target = await openLocal(path, { signal, limits, platform: 'linux/amd64' })
  if (target.kind !== 'sequential') throw new Error(`opened as ${target.kind}`)
  const states: string[] = []
  const options = {
    readers: TEST_READERS,
    runner: inlineRunner(TEST_READERS),
    store,
    limits,
    signal,
    skipFiles: [],
    skipDirs: [],
    progress: ({ state }: { state: string }) => void states.push(state),
  }
  const got = await readArchive(target.archive, options)
  const rows = (got.rows.get('text') ?? []).map(({ path: at, layer, wins, facts }) => [at, layer, wins, ...facts])
  return { rows, got, states }
}

const LAYERS: LayerEntry[][] = [
  [
    { name: 'a.txt', text: 'a' },
    { name: 'opt/b', text: 'b' },
    { name: 'c', text: 'c' },
    { name: 'c.txt', hardlink: 'c' },
  ],
  [
    { name: 'a.txt', text: 'new' },
    { name: 'b.txt', symlink: '/opt/b' },
  ],
]
const ROWS = [
  ['a.txt', 0, false, 'a'],
  ['b.txt', 0, true, 'b'],
  ['c.txt', 0, true, 'c'],
  ['a.txt', 1, true, 'new'],
]

describe('an archive that is compressed as a whole', () => {
  it.each([
    ['gzip', gzipSync],
    ['zstd', zstdCompressSync],
  ] as const)('is read as it passes: %s', async (_, compress) => {
    const { rows, got } = await read(compress(dockerSave(LAYERS)))
    expect(rows).toEqual(ROWS)
    expect(got.image?.tags).toEqual(['test:1'])
    expect(got.diagnostics).toEqual([])
    expect(got.layers.map(({ known, complete }) => [known, complete])).toEqual([
      [false, true],
      [false, true],
    ])
  })

  it('is not unpacked when it is known, except for what links lead to', async () => {
    const store = memoryFactStore()
    const bytes = gzipSync(dockerSave(LAYERS))
    expect((await read(bytes, store)).rows).toEqual(ROWS)
    const again = await read(bytes, store)
    expect(again.rows).toEqual(ROWS)
    expect(again.got.layers.map(({ known }) => known)).toEqual([true, true])
    const plain = gzipSync(dockerSave([LAYERS[0]]))
    await read(plain, store)
    const { states } = await read(plain, store)
    expect(states).toEqual(['known'])
  })

  it('gives no answer when a layer lies', async () => {
    await expect(read(gzipSync(dockerSave(LAYERS, true)))).rejects.toMatchObject({
      name: 'Failure',
      code: 'digest-mismatch',
    })
  })

  it('gives no answer when a layer is corrupt, and names it', async () => {
    const bytes = dockerSave(LAYERS)
    bytes.fill(0x55, 512 + 512 * 4, 512 + 512 * 5)
    await expect(read(gzipSync(bytes))).rejects.toMatchObject({
      name: 'Failure',
      input: expect.stringContaining('layer 1 of 2'),
    })
  })

  it('gives no answer when it is truncated, and keeps nothing', async () => {
    const store = memoryFactStore()
    const bytes = gzipSync(dockerSave(LAYERS))
    await expect(read(bytes.subarray(0, bytes.length - 40), store)).rejects.toMatchObject({ name: 'Failure' })
    expect((await read(bytes, store)).got.layers.map(({ known }) => known)).toEqual([false, false])
  })
})
