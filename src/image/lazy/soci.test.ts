import { Buffer } from 'node:buffer'
import { randomBytes } from 'node:crypto'
import { deflateRawSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { LayerEntry } from '../../../test/support/image-builder.ts'
import { bytesOf, type CountedBytes, Recorder } from '../../../test/support/lazy-bytes.ts'
import {
  type SociLayer,
  type SociOptions,
  sociIndexOf,
  sociLayer,
  withTable,
  type ZtocTable,
} from '../../../test/support/soci-layers.ts'
import { DEFAULT_LIMITS } from '../../lib/limits.ts'
import { passLayer } from '../layer/pass-layer.ts'
import type { PassedLayer } from '../layer/passed-layer.ts'
import { findTableOfContents, type SociIndex } from './index.ts'
import { inflateFrom } from './zran.ts'
import { parseZtoc } from './ztoc.ts'

const MIB = 1024 ** 2
const signal = new AbortController().signal
const explainTo = (said: string[]) => ({
  signal,
  limits: DEFAULT_LIMITS,
  explain: (line: string) => void said.push(line),
})

/** Text that compresses a little, so that blocks begin at any bit. */
const words = (bytes: number): Buffer => Buffer.from(randomBytes(bytes / 2).toString('hex'))

const FILES: readonly LayerEntry[] = [
  { name: 'etc/' },
  { name: 'etc/first.wanted', text: 'one' },
  { name: 'filler', text: words(MIB) },
  { name: './usr/tool', text: 'tool', mode: 0o4755 },
  { name: 'usr/middle.wanted', text: words(700_000) },
  { name: 'usr/link', symlink: 'middle.wanted' },
  { name: 'usr/hard', hardlink: 'etc/first.wanted' },
  { name: 'usr/.wh.gone', text: '' },
  { name: 'f\udcfc', text: '' },
  { name: 'filler-2', text: randomBytes(4 * MIB) },
  { name: 'dev/null', flag: '3' },
  { name: 'last.wanted', text: 'end' },
]

function indexOf(soci: SociLayer, more: Partial<SociIndex> = {}): () => Promise<SociIndex> {
  const blob = () => bytesOf(soci.ztoc)
  return async () => ({ manifest: sociIndexOf([soci]), vouched: true, blob, ...more })
}

async function pass(
  soci: SociLayer,
  handler = new Recorder(),
  served = soci.layer.blob,
): Promise<{ handler: Recorder; bytes: CountedBytes; passed: PassedLayer; said: string[] }> {
  const bytes = bytesOf(served)
  const said: string[] = []
  const found = await findTableOfContents(soci.layer, bytes, { ...explainTo(said), soci: indexOf(soci) })
  if (found === undefined) throw new Error(`not lazy: ${said.join()}`)
  const expected = { diffId: soci.layer.diffId, blob: soci.layer.digest }
  const options = { name: 'the-layer', expect: expected, limits: DEFAULT_LIMITS, signal, bytes: found.bytes }
  return { handler, bytes, said, passed: await passLayer(found.locator, handler, options) }
}

async function whole({ layer }: SociLayer): Promise<readonly string[]> {
  const handler = new Recorder()
  const options = { name: 'whole', expect: { diffId: layer.diffId }, limits: DEFAULT_LIMITS, signal }
  await passLayer({ at: 'remote', length: layer.blob.length }, handler, { ...options, bytes: bytesOf(layer.blob) })
  return handler.seen
}

const first = sociLayer(FILES)
const all = await whole(first)

describe('a plain layer with a SOCI index', () => {
  it.each<[string, SociOptions]>([
    ['small spans', { spanBytes: 64 * 1024 }],
    ['large spans', { spanBytes: MIB }],
    ['checkpoints of the first version', { oldCheckpoints: true }],
  ])('gives what the whole layer gives, and fetches little: %s', async (_, options) => {
    const soci = sociLayer(FILES, options)
    const { handler, bytes, passed } = await pass(soci)
    expect(handler.seen).toEqual(all)
    expect(passed).toEqual({})
    expect(bytes.seen.bytes).toBeLessThan(soci.layer.blob.length / 2)
  })

  it('is refused when a span is not what its digest proves, with file and layer', async () => {
    const changed = Buffer.from(first.layer.blob)
    changed[changed.length - 2000] ^= 1
    await expect(pass(first, undefined, changed)).rejects.toMatchObject({
      code: 'digest-mismatch',
      input: 'the-layer',
      message: expect.stringContaining('last.wanted'),
    })
  })

  it.each<[string, (table: ZtocTable) => ZtocTable, string]>([
    ['another version', (table) => ({ ...table, version: '2.0' }), 'version'],
    ['the size of another blob', (table) => ({ ...table, compressedSize: 5 }), 'another size'],
    ['another compression', (table) => ({ ...table, algorithm: 2 }), 'not of a gzip layer'],
    [
      'files that overlap',
      (table) => ({ ...table, files: table.files.map((f) => ({ ...f, offset: 512 })) }),
      'overlap',
    ],
    ['a file outside', (table) => ({ ...table, files: [...table.files, aFile(2 ** 40)] }), 'outside'],
    [
      'a size below nothing',
      (table) => ({ ...table, files: [...table.files, { ...aFile(2 ** 30), size: -1 }] }),
      'size',
    ],
    ['a name twice', (table) => ({ ...table, files: [...table.files, table.files[1]] }), 'one name'],
    ['no spans', (table) => ({ ...table, spans: [] }), 'checkpoints'],
    ['spans in another order', (table) => ({ ...table, spans: table.spans.with(2, table.spans[1]) }), 'order|outside'],
    [
      'a span outside',
      (table) => ({ ...table, spans: table.spans.map((s, i) => (i === 3 ? { ...s, offset: 2 ** 40 } : s)) }),
      'order',
    ],
    ['spans that are too large', (table) => ({ ...table, uncompressedSize: 2 ** 40 }), 'too large'],
    ['bits that are none', (table) => ({ ...table, spans: table.spans.map((s) => ({ ...s, bits: 8 })) }), 'bits'],
    [
      'a digest of another kind',
      (table) => ({ ...table, spans: table.spans.map((s) => ({ ...s, digest: 'no' })) }),
      'SHA-256',
    ],
  ])('is read as a whole when the table has %s', async (_, lie, why) => {
    const soci = withTable(first, lie)
    const { handler, passed, said } = await pass(soci)
    expect(handler.seen).toEqual(all)
    expect(passed).toEqual({ diffId: soci.layer.diffId, blob: soci.layer.digest })
    expect(said.at(-1)).toMatch(new RegExp(why))
  })

  it.each<[string, Partial<SociIndex> | undefined, string]>([
    ['the manifest does not name the index', { vouched: false }, 'does not name it'],
    ['the index has no table for it', { manifest: sociIndexOf([]) }, 'no table of contents for it'],
    ['the index is no document', { manifest: Buffer.from('[') }, 'no table of contents for it'],
    ['there is no index', undefined, ''],
  ])('is read as a whole when %s', async (_, more, why) => {
    const said: string[] = []
    const soci = more === undefined ? async () => undefined : indexOf(first, more)
    expect(
      await findTableOfContents(first.layer, bytesOf(first.layer.blob), { ...explainTo(said), soci }),
    ).toBeUndefined()
    expect(said.join()).toContain(why)
  })

  it('is read as a whole when the index cannot be had', async () => {
    const said: string[] = []
    const soci = async () => {
      throw new Error('no such manifest')
    }
    expect(
      await findTableOfContents(first.layer, bytesOf(first.layer.blob), { ...explainTo(said), soci }),
    ).toBeUndefined()
    expect(said.join()).toContain('no such manifest')
  })
})

describe('a zTOC', () => {
  it('of any bytes is one or does not fit', () => {
    const bounds = { blobBytes: first.layer.sizeBytes, entries: 1000 }
    const { ztoc } = first
    // The checkpoints' windows are most of it, and mean nothing here.
    const interesting = fc.integer({ min: 0, max: 3000 })
    fc.assert(
      fc.property(fc.array(fc.tuple(interesting, fc.integer({ min: 0, max: 255 })), { minLength: 1 }), (changes) => {
        const changed = Buffer.from(ztoc)
        for (const [at, byte] of changes) changed[at] = byte
        try {
          parseZtoc(changed, bounds)
        } catch (error) {
          expect((error as Error).constructor.name).toBe('Unfit')
        }
      }),
      { numRuns: 300 },
    )
    for (const cut of [0, 1, 4, 100, 5000]) expect(() => parseZtoc(ztoc.subarray(0, cut), bounds)).toThrow()
  })
})

describe('deflate data', () => {
  it('is unpacked from any bit, with the window that was before it', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 300 }), fc.integer({ min: 1, max: 7 }), (data, bits) => {
        const window = Buffer.alloc(32768, data)
        const packed = shifted(deflateRawSync(data, { dictionary: window }), 8 - bits)
        expect(Buffer.from(inflateFrom(packed, { bits, window }, data.length)).equals(Buffer.from(data))).toBe(true)
      }),
    )
  })
})

function aFile(offset: number): ZtocTable['files'][number] {
  return { name: 'a', type: 'reg', offset, size: 1, mode: 0o644, link: '' }
}

/** The same bits, so many others before them. */
function shifted(bytes: Uint8Array, by: number): Buffer {
  const out = Buffer.alloc(bytes.length + 1)
  out[0] = (1 << by) - 1
  for (const [i, byte] of bytes.entries()) {
    out[i] |= (byte << by) & 0xff
    out[i + 1] |= byte >> (8 - by)
  }
  return out
}
