import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import zlib from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bytesOf } from '../../../test/support/lazy-bytes.ts'
import { sha256 } from '../../../test/support/tar-writer.ts'
import { Failure } from '../../lib/failure.ts'
import { DEFAULT_LIMITS, type Limits } from '../../lib/limits.ts'
import type { Encoding, RemoteBytes } from '../types.ts'
import { type StreamOptions, streamLayer } from './stream.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'bulwark-layer-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

/** Content that compresses a little, larger than all buffers together. */
const content = Buffer.from(Array.from({ length: 3_500_000 }, (_, i) => ((i * 2654435761) >>> (i % 13)) & 0x3f))
const digest = sha256(content)

async function stream(
  bytes: Uint8Array,
  encoding: Encoding,
  options: Partial<StreamOptions> & { length?: number; bounds?: Partial<Limits> } = {},
) {
  const file = path.join(folder, 'layer')
  writeFileSync(file, bytes)
  const chunks: Buffer[] = []
  const result = await streamLayer(
    { at: 'file', path: file, offset: 0, length: options.length ?? bytes.length, encoding },
    {
      name: 'the-layer',
      expect: {},
      limits: { ...DEFAULT_LIMITS, ...options.bounds },
      signal: new AbortController().signal,
      onChunk: (chunk) => chunks.push(Buffer.from(chunk)),
      ...options,
    },
  )
  return { ...result, content: Buffer.concat(chunks) }
}

async function failureOf(action: Promise<unknown>): Promise<Failure> {
  const error = await action.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (error instanceof Failure) return error
  throw error ?? new Error('nothing was thrown')
}

const zipped = zlib.gzipSync(content, { level: 1 })
const zstd = zlib.zstdCompressSync(content)

describe('a layer that is whole', () => {
  it.each<[string, Encoding, Buffer]>([
    ['plain', 'plain', content],
    ['gzip', 'gzip', zipped],
    ['zstd', 'zstd', zstd],
    ['gzip with zero padding', 'gzip', Buffer.concat([zipped, Buffer.alloc(5000)])],
    ['gzip with garbage behind it', 'gzip', Buffer.concat([zipped, Buffer.from('garbage')])],
    ['gzip with a name in its header', 'gzip', Buffer.concat([withName(zipped), Buffer.from([0x1f])])],
    [
      'gzip in several members',
      'gzip',
      Buffer.concat(
        [content.subarray(0, 10), content.subarray(10, 1_000_000), content.subarray(1_000_000)].map((part) =>
          zlib.gzipSync(part),
        ),
      ),
    ],
    [
      'gzip in several members with padding behind them',
      'gzip',
      Buffer.concat([zlib.gzipSync(content.subarray(0, 10)), zlib.gzipSync(content.subarray(10)), Buffer.alloc(1)]),
    ],
    [
      'zstd in several frames',
      'zstd',
      Buffer.concat([zlib.zstdCompressSync(content.subarray(0, 99)), zlib.zstdCompressSync(content.subarray(99))]),
    ],
  ])('%s: content and both digests', async (_, encoding, bytes) => {
    const result = await stream(bytes, encoding, { expect: { diffId: digest, blob: sha256(bytes) } })
    expect(result.content.equals(content)).toBe(true)
    expect(result).toMatchObject({ diffId: digest, blob: sha256(bytes) })
  })

  it('leaves the blob unhashed when nobody asks for it', async () => {
    expect((await stream(zipped, 'gzip')).blob).toBeUndefined()
    expect((await stream(zipped, 'gzip', { hashBlob: true })).blob).toBe(sha256(zipped))
  })
})

describe('a layer that comes over the network', () => {
  async function remote(bytes: Uint8Array, options: Partial<StreamOptions> & { length?: number; piece?: number } = {}) {
    const source = bytesOf(bytes, options.piece ?? 100_000)
    const chunks: Buffer[] = []
    const { length, piece, ...rest } = options
    const locator = { at: 'remote' as const, ...(length === undefined ? {} : { length }) }
    const base = { name: 'the-layer', expect: {}, limits: DEFAULT_LIMITS, signal: new AbortController().signal }
    const onChunk = (chunk: Uint8Array) => void chunks.push(Buffer.from(chunk))
    const result = await streamLayer(locator, { ...base, bytes: source, onChunk, ...rest })
    return { result, source, content: Buffer.concat(chunks) }
  }

  it.each<[string, Buffer, number | undefined]>([
    ['plain, of known length', content, content.length],
    ['gzip, of known length', zipped, zipped.length],
    ['gzip, of unknown length', zipped, undefined],
    ['zstd, of unknown length', zstd, undefined],
    ['plain, of unknown length', content, undefined],
  ])('is known by its first bytes and verified: %s', async (_, bytes, length) => {
    const expected = { diffId: digest, blob: sha256(bytes) }
    const progress: number[] = []
    const read = await remote(bytes, { length, expect: expected, progress: (done) => void progress.push(done) })
    expect(read.content.equals(content)).toBe(true)
    expect(read.result).toEqual(expected)
    expect(progress.at(-1)).toBe(bytes.length)
    expect(read.source.seen.open).toBe(0)
  })

  it('may be empty or come byte by byte at first', async () => {
    expect((await remote(Buffer.alloc(0))).result.diffId).toBe(sha256(Buffer.alloc(0)))
    for (const small of [zlib.gzipSync('small'), zlib.zstdCompressSync('small'), Buffer.from('small')])
      expect((await remote(small, { piece: 1 })).content.toString()).toBe('small')
    expect((await remote(Buffer.from('s'))).content.toString()).toBe('s')
  })

  it('that ends too early or goes on too long is refused, and its source let go', async () => {
    const short = await failureOf(remote(zipped.subarray(0, 500_000), { length: zipped.length }))
    expect(short).toMatchObject({ code: 'layer-truncated', input: 'the-layer' })
    const source: RemoteBytes = { open: (_, signal) => bytesOf(zipped).open({ offset: 0 }, signal) }
    const long = await failureOf(remote(zipped, { length: 1000, bytes: source }))
    expect(long).toMatchObject({ code: 'layer-too-long', input: 'the-layer' })
    expect((await failureOf(remote(zipped.subarray(0, 500_000)))).code).toBe('gzip-truncated')
  })

  it('whose digest is another one is refused, and one without bytes or with a source that fails too', async () => {
    const lie = sha256(Buffer.from('something else'))
    expect((await failureOf(remote(zipped, { expect: { blob: lie } }))).code).toBe('digest-mismatch')
    expect((await failureOf(remote(zipped, { expect: { diffId: lie } }))).code).toBe('digest-mismatch')
    expect((await failureOf(remote(zipped, { bytes: undefined }))).code).toBe('layer-unreadable')
    const failing: RemoteBytes = {
      async *open() {
        yield new Uint8Array(zipped.subarray(0, 1000))
        throw new Failure('registry-connection', 'it broke', { input: 'registry.example' })
      },
    }
    expect(await failureOf(remote(zipped, { bytes: failing }))).toMatchObject({
      code: 'registry-connection',
      input: 'registry.example',
    })
  })

  it('ends at once when it is interrupted', async () => {
    const cancel = new AbortController()
    const { signal } = cancel
    const reading = remote(zipped, { signal, progress: () => cancel.abort() })
    expect((await failureOf(reading)).kind).toBe('interrupted')
  })
})

describe('a layer that is not', () => {
  const lie = sha256(Buffer.from('something else'))

  it('names the digest that does not hold', async () => {
    const diff = await failureOf(stream(zipped, 'gzip', { expect: { diffId: lie } }))
    expect(diff).toMatchObject({ code: 'digest-mismatch', input: 'the-layer' })
    expect(diff.message).toContain(lie)
    expect(diff.message).toContain(digest)
    expect((await failureOf(stream(zipped, 'gzip', { expect: { blob: lie } }))).message).toContain('blob')
  })

  it.each<[string, Encoding, Buffer, string]>([
    ['gzip cut off', 'gzip', zipped.subarray(0, zipped.length - 100), 'gzip-truncated'],
    ['gzip cut off in its trailer', 'gzip', zipped.subarray(0, zipped.length - 3), 'gzip-truncated'],
    ['gzip cut off in its header', 'gzip', zipped.subarray(0, 5), 'gzip-truncated'],
    ['gzip with a flipped bit', 'gzip', flipped(zipped, zipped.length >> 1), 'gzip-corrupt'],
    ['gzip with a wrong checksum', 'gzip', flipped(zipped, zipped.length - 6), 'gzip-corrupt'],
    ['gzip with a wrong length', 'gzip', flipped(zipped, zipped.length - 2), 'gzip-corrupt'],
    ['zstd cut off', 'zstd', zstd.subarray(0, zstd.length - 100), 'zstd-truncated'],
    [
      'zstd with junk in it',
      'zstd',
      Buffer.concat([zstd.subarray(0, 1000), Buffer.alloc(400_000, 0xff)]),
      'zstd-corrupt',
    ],
  ])('%s', async (_, encoding, bytes, code) => {
    expect(await failureOf(stream(bytes, encoding))).toMatchObject({ code, input: 'the-layer' })
  })

  it('says when the file is shorter than the archive says', async () => {
    expect((await failureOf(stream(content, 'plain', { length: content.length + 1 }))).code).toBe('layer-truncated')
  })

  it('stops bombs by ratio and by size, at once', async () => {
    const bomb = zlib.gzipSync(Buffer.alloc(50_000_000))
    let seen = 0
    const onChunk = (chunk: Uint8Array) => {
      seen += chunk.length
    }
    const bounds = { ratio: 100, ratioFromBytes: 1_000_000 }
    expect(
      (await failureOf(stream(bomb, 'gzip', { bounds, limits: { ...DEFAULT_LIMITS, ...bounds }, onChunk }))).code,
    ).toBe('decompression-bomb')
    expect(seen).toBeLessThan(10_000_000)
    const small = { ...DEFAULT_LIMITS, unpackedBytes: 2_000_000 }
    for (const [bytes, encoding] of [
      [bomb, 'gzip'],
      [zstd, 'zstd'],
      [content, 'plain'],
    ] as const) {
      expect((await failureOf(stream(bytes, encoding, { limits: small }))).code).toBe('decompression-bomb')
    }
  })

  it('passes on what the consumer throws, and ends when it is interrupted', async () => {
    const own = new Failure('tar-header-invalid', 'no header')
    const onChunk = () => {
      throw own
    }
    for (const [bytes, encoding] of [
      [zipped, 'gzip'],
      [zstd, 'zstd'],
      [content, 'plain'],
    ] as const) {
      expect(await failureOf(stream(bytes, encoding, { onChunk }))).toBe(own)
    }
    const signal = AbortSignal.abort()
    expect((await failureOf(stream(zipped, 'gzip', { signal }))).kind).toBe('interrupted')
  })

  it('says when the file is gone', async () => {
    const locator = { at: 'file', path: path.join(folder, 'gone'), offset: 0, length: 5, encoding: 'plain' } as const
    const signal = new AbortController().signal
    const options = { name: 'the-layer', expect: {}, limits: DEFAULT_LIMITS, signal, onChunk: () => {} }
    expect(await failureOf(streamLayer(locator, options))).toMatchObject({
      code: 'layer-unreadable',
      input: 'the-layer',
    })
  })
})

function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes)
  copy[at] ^= 0xff
  return copy
}

/** The same member with the flag for a name, and a name. */
function withName(bytes: Buffer): Buffer {
  const header = Buffer.from(bytes.subarray(0, 10))
  header[3] = 8
  return Buffer.concat([header, Buffer.from('layer.tar\0'), bytes.subarray(10)])
}
