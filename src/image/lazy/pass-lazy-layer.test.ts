import { Buffer } from 'node:buffer'
import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { LayerEntry } from '../../../test/support/image-builder.ts'
import { bytesOf, type CountedBytes, Recorder } from '../../../test/support/lazy-bytes.ts'
import {
  chunkedLayer,
  estargzLayer,
  type LazyLayer,
  type LazyLayerOptions,
  type TocEntry,
} from '../../../test/support/lazy-layers.ts'
import { Failure } from '../../lib/failure.ts'
import { DEFAULT_LIMITS } from '../../lib/limits.ts'
import { passLayer } from '../layer/pass-layer.ts'
import type { PassedLayer } from '../layer/passed-layer.ts'
import type { RemoteBytes } from '../types.ts'
import { findTableOfContents } from './index.ts'

const MIB = 1024 ** 2
const signal = new AbortController().signal
/** So large that reading by the table is worth it, and that the table does not lie in the same range as the rest. */
const filler: LayerEntry = { name: 'filler', text: randomBytes(4.2 * MIB) }

const FILES: readonly LayerEntry[] = [
  { name: 'etc/' },
  { name: 'etc/wanted', text: 'one' },
  filler,
  { name: 'etc/empty.wanted', text: '' },
  { name: './usr/bin/tool', text: 'tool', mode: 0o4755 },
  { name: 'usr/lib/link', symlink: '../wanted' },
  { name: 'usr/lib/hard', hardlink: 'etc/wanted' },
  { name: 'usr/.wh.gone', text: '' },
  { name: 'usr/share/.wh..wh..opq', text: '' },
  { name: 'dev/null', flag: '3' },
  { name: 'run/pipe', flag: '6' },
  { name: `${'long/'.repeat(40)}wanted`, text: 'deep' },
  { name: 'large/wanted', text: Buffer.concat([randomBytes(2 * MIB), Buffer.alloc(MIB), randomBytes(300_000)]) },
  { name: '\u00e4\u00f6\u00fc/wanted', text: 'umlauts' },
]

interface Passed {
  readonly handler: Recorder
  readonly bytes: CountedBytes
  readonly passed: PassedLayer
  readonly said: readonly string[]
}

async function pass(layer: LazyLayer, handler = new Recorder(), served = layer.blob): Promise<Passed> {
  const bytes = bytesOf(served)
  const said: string[] = []
  const found = await find(layer, bytes, said)
  if (found === undefined) throw new Error(`not lazy: ${said.join()}`)
  const expected = { diffId: layer.diffId, blob: layer.digest }
  const options = { name: 'the-layer', expect: expected, limits: DEFAULT_LIMITS, signal, bytes: found.bytes }
  const passed = await passLayer(found.locator, handler, options)
  return { handler, bytes, passed, said }
}

function find(layer: LazyLayer, bytes: RemoteBytes, said: string[]) {
  return findTableOfContents(layer, bytes, { signal, limits: DEFAULT_LIMITS, explain: (line) => said.push(line) })
}

/** What reading the whole layer gives. */
async function whole(layer: LazyLayer): Promise<readonly string[]> {
  const handler = new Recorder()
  const expected = { diffId: layer.diffId, blob: layer.digest }
  const bytes = bytesOf(layer.blob)
  const options = { name: 'whole', expect: expected, limits: DEFAULT_LIMITS, signal, bytes }
  await passLayer({ at: 'remote', length: layer.blob.length }, handler, options)
  return handler.seen
}

const FORMATS: readonly (readonly [
  string,
  (entries: readonly LayerEntry[], options?: LazyLayerOptions) => LazyLayer,
])[] = [
  ['eStargz', estargzLayer],
  ['zstd:chunked', chunkedLayer],
]

describe.each(FORMATS)('%s', (_, write) => {
  it.each<[string, LazyLayerOptions]>([
    ['files as they are', {}],
    ['files in chunks', { chunkBytes: 300_000 }],
    ['files with a digest of their own only', { lie: withoutChunkDigests }],
  ])('gives what the whole layer gives, and fetches little: %s', async (_name, options) => {
    const layer = write(FILES, options)
    const { handler, bytes, passed } = await pass(layer)
    expect(handler.seen).toEqual(await whole(layer))
    expect(passed).toEqual({})
    expect(bytes.seen.bytes).toBeLessThan(layer.blob.length - 4 * MIB)
    expect(bytes.seen.open).toBe(0)
  })

  it('fetches neighbours together and a few ranges at once', async () => {
    const entries = Array.from({ length: 40 }, (_v, i): LayerEntry[] => [
      { name: `${i}/wanted`, text: `${i}`.repeat(100) },
      { name: `${i}/also.wanted`, text: 'x'.repeat(1000) },
      { name: `${i}/filler`, text: randomBytes(150_000) },
    ]).flat()
    const { handler, bytes } = await pass(write(entries))
    expect(handler.seen.filter((line) => /^x+$/.test(line))).toHaveLength(40)
    expect(bytes.seen.ranges.length).toBeLessThanOrEqual(43)
    // One more while the range before is let go.
    expect([6, 7]).toContain(bytes.seen.most)
    expect(bytes.seen.bytes).toBeLessThan(600_000)
  })

  it('fetches what was not foreseen when it is asked for', async () => {
    const layer = write(FILES)
    const handler = new Recorder()
    const blindly = Object.assign(handler, { foresees: () => 'nothing' as const })
    const { bytes } = await pass(layer, blindly)
    expect(handler.seen).toEqual(await whole(layer))
    expect(bytes.seen.most).toBe(1)
  })

  it('stops where the beginning is enough', async () => {
    const layer = write(FILES, { chunkBytes: 100_000 })
    const { handler, bytes } = await pass(layer, new Recorder((entry) => entry.name === 'filler', 4096))
    expect(handler.seen.find((line) => line.startsWith('100000 bytes'))).toBeDefined()
    expect(bytes.seen.bytes).toBeLessThan(1.5 * MIB)
  })

  it('is refused when bytes are not those that the table proves, with file and layer', async () => {
    const layer = write(FILES, { chunkBytes: 300_000, lie: (toc) => toc.map(liesAbout('etc/wanted')) })
    await expect(pass(layer)).rejects.toMatchObject({
      code: 'digest-mismatch',
      input: 'the-layer',
      message: expect.stringContaining('etc/wanted'),
    })
  })

  it('is refused when the blob was changed behind the table', async () => {
    const layer = write(FILES)
    const changed = Buffer.from(layer.blob)
    changed.fill(0x55, 2 * MIB, 2 * MIB + 100)
    const handler = new Recorder((entry) => entry.name === 'filler')
    await expect(pass(layer, handler, changed)).rejects.toMatchObject({
      code: expect.stringMatching(/^(digest-mismatch|gzip-corrupt|zstd-corrupt)$/),
      input: 'the-layer',
    })
  })

  it.each<[string, LazyLayerOptions, string]>([
    ['a wrong digest', { stated: `sha256:${'1'.repeat(64)}` }, 'its digest is'],
    ['no JSON', { table: 'no' }, 'no JSON'],
    ['JSON that nests deeper than any stack', { table: '['.repeat(1_400_000) }, 'no JSON'],
    [
      'more values than bytes allow',
      { table: `{"version":1,"entries":[${'{},'.repeat(2_000_000)}{}]}` },
      'more values',
    ],
    ['no object', { table: 'null' }, 'not of version 1'],
    ['another version', { table: '{"version":2,"entries":[]}' }, 'not of version 1'],
    ['no entries', { table: '{"version":1}' }, 'has no entries'],
    ['an offset outside', { lie: changed('filler', { offset: 99 * MIB }) }, 'outside of the blob'],
    ['an offset that is none', { lie: changed('filler', { offset: -5 }) }, 'no size'],
    ['a size that is none', { lie: changed('filler', { size: 2 ** 60 }) }, 'no size'],
    ['a gap between chunks', { chunkBytes: MIB, lie: changed('filler', { chunkSize: 5 }) }, 'chunks of a file'],
    ['chunks in another order', { chunkBytes: MIB, lie: swapped }, 'chunks of a file'],
    ['a chunk of no file', { lie: (toc) => [{ name: 'x', type: 'chunk' }, ...toc] }, 'belongs to no file'],
    ['a name twice', { lie: (toc) => [...toc, { name: './etc//wanted', type: 'dir' }] }, 'have one name'],
    ['a name that is no UTF-8', { lie: (toc) => [...toc, { name: 'a\ufffd', type: 'dir' }] }, 'not UTF-8'],
    ['an unknown type', { lie: (toc) => [...toc, { name: 'a', type: 'door' }] }, 'unknown type'],
    ['a file without proof', { lie: (toc) => toc.map(({ digest, chunkDigest, ...rest }) => rest) }, 'no digest'],
    ['a digest of another kind', { lie: changed('filler', { digest: 'md5:1' }) }, 'not SHA-256'],
    ['more than is allowed', { table: `{"version":1,"pad":"${' '.repeat(65 * MIB)}"}` }, 'more than'],
  ])('is read as a whole, and that is said, when the table has %s', async (_name, options, why) => {
    const layer = write(FILES, options)
    const { handler, passed, said } = await pass(layer)
    expect(handler.seen).toEqual(await whole(layer))
    expect(passed).toEqual({ diffId: layer.diffId, blob: layer.digest })
    expect(said.at(-1)).toContain(why)
    expect(said.at(-1)).toContain(`layer ${layer.digest}`)
  })

  it('is read as a whole, once, when its source cannot give parts', async () => {
    const layer = write(FILES)
    const bytes = bytesOf(layer.blob)
    const wholly: RemoteBytes = {
      open(range, cancelled) {
        if (range.strict === true && range.offset > 0) throw new Failure('ranges-unknown', 'blobs as a whole only')
        return bytes.open(range, cancelled)
      },
    }
    const said: string[] = []
    const found = await find(layer, wholly, said)
    if (found === undefined) throw new Error('not lazy')
    const expected = { diffId: layer.diffId, blob: layer.digest }
    const options = { name: 'the-layer', expect: expected, limits: DEFAULT_LIMITS, signal, bytes: found.bytes }
    expect(await passLayer(found.locator, new Recorder(), options)).toEqual(expected)
    expect(bytes.seen.ranges).toHaveLength(1)
    expect(said.at(-1)).toContain('blobs as a whole only')
  })

  it('with a million entries ends in time', async () => {
    const entries = Array.from({ length: 1_000_000 }, (_v, i) => `{"name":"${i}","type":"dir"}`)
    const layer = write([filler], { table: `{"version":1,"entries":[${entries.join()}]}` })
    let count = 0
    await pass(layer, new Recorder(() => ++count < 0))
    expect(count).toBeGreaterThanOrEqual(1_000_000)
  })

  it('with hard links to themselves, and files that the table leaves out, is what the table says', async () => {
    const layer = write(FILES, {
      lie: (toc) => [
        ...toc.filter(({ name }) => name !== 'etc/wanted'),
        { name: 'self', type: 'hardlink', linkName: 'self' },
      ],
    })
    const { handler } = await pass(layer)
    expect(handler.seen.some((line) => line.includes('"etc/wanted"') && line.includes('"file"'))).toBe(false)
    expect(handler.seen.some((line) => line.includes('"self"'))).toBe(true)
  })

  it('ends at once when it is interrupted', async () => {
    const layer = write(FILES)
    const cancel = new AbortController()
    const bytes = bytesOf(layer.blob)
    const found = await find(layer, bytes, [])
    const handler = new Recorder((entry) => entry.name === 'filler')
    handler.body = () => cancel.abort()
    const options = { name: 'the-layer', expect: {}, limits: DEFAULT_LIMITS, signal: cancel.signal, bytes }
    if (found === undefined) throw new Error('not lazy')
    const passing = passLayer(found.locator, handler, options)
    await expect(passing).rejects.toMatchObject({ kind: 'interrupted' })
    expect(bytes.seen.open).toBe(0)
  })
})

describe('eStargz', () => {
  it('has several files in one member', async () => {
    const layer = estargzLayer(FILES, { together: true })
    const { handler } = await pass(layer)
    expect(handler.seen).toEqual(await whole(layer))
  })

  it('may end with the footer of the older stargz', async () => {
    const layer = estargzLayer(FILES, { legacyFooter: true })
    const { handler, passed } = await pass(layer)
    expect(handler.seen).toEqual(await whole(layer))
    expect(passed).toEqual({})
  })

  it('without its footer is read as a whole', async () => {
    const layer = estargzLayer(FILES)
    const blob = Buffer.concat([layer.blob, Buffer.alloc(1)])
    const bytes = bytesOf(blob)
    const said: string[] = []
    const found = await find({ ...layer, sizeBytes: blob.length }, bytes, said)
    if (found === undefined) throw new Error('not lazy')
    const options = { name: 'the-layer', expect: {}, limits: DEFAULT_LIMITS, signal, bytes: found.bytes }
    expect(await passLayer(found.locator, new Recorder(), options)).toMatchObject({ diffId: layer.diffId })
    expect(said.at(-1)).toContain('footer')
  })
})

describe('a layer', () => {
  it('without a table that the manifest vouches for, or a small one, is not read so', async () => {
    const bytes = bytesOf(Buffer.alloc(0))
    const large = estargzLayer(FILES)
    const said: string[] = []
    expect(await find({ ...large, annotations: {} }, bytes, said)).toBeUndefined()
    expect(said).toEqual([])
    const key = 'containerd.io/snapshot/stargz/toc.digest'
    expect(await find({ ...large, annotations: { [key]: 'sha512:1' } }, bytes, said)).toBeUndefined()
    const position = 'io.github.containers.zstd-chunked.manifest-position'
    const chunked = chunkedLayer(FILES)
    for (const wrong of ['', '1:2:3', '1:2:3:2', `${chunked.blob.length}:1:1:1`, '1:-2:3:1']) {
      const annotations = { ...chunked.annotations, [position]: wrong }
      expect(await find({ ...chunked, annotations }, bytes, said)).toBeUndefined()
    }
    expect(await find(estargzLayer([]), bytes, said)).toBeUndefined()
    expect(said.at(-1)).toContain('as a whole')
    expect(bytes.seen.ranges).toEqual([])
  })

  it('is kept under what proves it: another table or another blob is another layer', async () => {
    const keys = new Set<string | undefined>()
    for (const layer of [estargzLayer(FILES), chunkedLayer(FILES), estargzLayer(FILES, { chunkBytes: MIB })]) {
      const bytes = bytesOf(layer.blob)
      keys.add((await find(layer, bytes, []))?.factsKey)
      keys.add((await find({ ...layer, digest: `sha256:${'2'.repeat(64)}` }, bytes, []))?.factsKey)
      expect(bytes.seen.ranges).toEqual([])
    }
    expect(keys.size).toBe(6)
    expect([...keys].every((key) => key?.startsWith('toc:'))).toBe(true)
  })
})

function withoutChunkDigests(toc: TocEntry[]): TocEntry[] {
  return toc.map(({ chunkDigest, ...rest }) => rest as TocEntry)
}

function changed(name: string, fields: object): (toc: TocEntry[]) => TocEntry[] {
  return (toc) =>
    toc.map((entry) => (entry.name === name && entry.type === 'reg' ? { ...entry, chunkDigest: '', ...fields } : entry))
}

function liesAbout(name: string): (entry: TocEntry) => TocEntry {
  const digest = `sha256:${'3'.repeat(64)}`
  return (entry) => (entry.name === name ? { ...entry, digest, chunkDigest: digest } : entry)
}

function swapped(toc: TocEntry[]): TocEntry[] {
  const at = toc.findIndex(({ type }) => type === 'chunk')
  return toc.with(at, toc[at + 1]).with(at + 1, toc[at])
}
