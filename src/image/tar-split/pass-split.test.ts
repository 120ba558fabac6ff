import { Buffer } from 'node:buffer'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type LayerEntry, tarOf } from '../../../test/support/image-builder.ts'
import { splitArchive, unpack, writeDescription } from '../../../test/support/tar-split-writer.ts'
import { tarball } from '../../../test/support/tar-writer.ts'
import type { Failure } from '../../lib/failure.ts'
import { DEFAULT_LIMITS } from '../../lib/limits.ts'
import { passLayer } from '../layer/pass-layer.ts'
import type { LayerLocator, SplitLocator, TarEntry, TarHandler } from '../types.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tar-split-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** The layer as an engine has it. */
function stored(tar: Uint8Array): SplitLocator {
  const archive = splitArchive(tar)
  const root = join(folder, 'diff')
  mkdirSync(root)
  unpack(root, archive)
  writeDescription(join(folder, 'split.gz'), archive)
  return { at: 'tar-split', split: join(folder, 'split.gz'), roots: [root] }
}

function asFile(tar: Uint8Array): LayerLocator {
  writeFileSync(join(folder, 'layer.tar'), tar)
  return { at: 'file', path: join(folder, 'layer.tar'), offset: 0, length: tar.length, encoding: 'plain' }
}

/** Everything that a handler is told. */
async function events(
  locator: LayerLocator,
  wants: (entry: TarEntry) => boolean = () => true,
  more: Partial<Parameters<typeof passLayer>[2]> & { readonly most?: number } = {},
): Promise<readonly unknown[]> {
  const told: unknown[] = []
  let body: Buffer | undefined
  const handler: TarHandler = {
    entry(entry) {
      const { sparse: _, ...rest } = entry
      told.push(rest)
      body = Buffer.alloc(0)
      return wants(entry)
    },
    body: (chunk) => {
      body = Buffer.concat([body ?? Buffer.alloc(0), chunk])
    },
    end: () => void told.push(body?.toString('latin1')),
    ...(more.most === undefined ? {} : { more: () => (body?.length ?? 0) < (more.most ?? 0) }),
    problem: (diagnostic) => void told.push(diagnostic),
  }
  await passLayer(locator, handler, {
    name: 'layer 1',
    expect: {},
    limits: DEFAULT_LIMITS,
    signal: new AbortController().signal,
    ...more,
  })
  return told
}

async function codeOf(doing: Promise<unknown>): Promise<string> {
  const failure = (await doing.then(() => undefined).catch((error: unknown) => error)) as Failure | undefined
  return failure === undefined ? 'none' : `${failure.code}: ${failure.message}`
}

const name = fc.oneof(
  fc.constantFrom(
    'a',
    'b/c',
    'b/d',
    './e',
    'f<&>',
    'lib/x y',
    `${'long/'.repeat(30)}name`,
    '.wh.gone',
    'b/.wh..wh..opq',
  ),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 }).filter((text) => !/[/\0]|^\.{1,2}$/.test(text)),
  fc.constantFrom('odd\udcff', 'b/\udc80\udc81'),
)
const entry = fc.record({
  name,
  text: fc.oneof(fc.string({ maxLength: 30 }), fc.uint8Array({ minLength: 500, maxLength: 1100 })),
  mode: fc.constantFrom(0o644, 0o755),
  kind: fc.constantFrom('file', 'file', 'file', 'folder', 'symlink'),
})

/** Engines refuse layers that name a path twice, and a file stays no folder. */
function distinct(
  entries: readonly { name: string; text: string | Uint8Array; mode: number; kind: string }[],
): LayerEntry[] {
  const seen = new Set<string>()
  return entries.flatMap(({ name, text, mode, kind }): LayerEntry[] => {
    const plain = name.replace(/^\.\//, '')
    if (seen.has(plain) || [...seen].some((one) => one.startsWith(`${plain}/`) || plain.startsWith(`${one}/`)))
      return []
    seen.add(plain)
    if (kind === 'folder' && !name.includes('.wh.')) return [{ name: `${name}/` }]
    return kind === 'symlink' ? [{ name, symlink: '/etc/passwd' }] : [{ name, text, mode }]
  })
}

describe('a layer that an engine has unpacked', () => {
  it('tells just what its archive tells', async () => {
    const layers = fc.tuple(
      fc.array(entry, { maxLength: 12 }),
      fc.integer({ min: 0, max: 2000 }),
      fc.func(fc.boolean()),
    )
    await fc.assert(
      fc.asyncProperty(layers, async ([entries, trailing, wants]) => {
        rmSync(join(folder, 'diff'), { recursive: true, force: true })
        const tar = Buffer.concat([tarOf(distinct(entries)), Buffer.alloc(trailing, 1)])
        // A whiteout has no file, and nobody reads one.
        const wanted = (seen: TarEntry): boolean => !seen.name.includes('.wh.') && wants(seen.name)
        expect(await events(stored(tar), wanted)).toEqual(await events(asFile(tar), wanted))
      }),
      { numRuns: 60 },
    )
  })

  it('follows links of its own, has hard links, absolute names and sparse files', async () => {
    const map = Buffer.concat([Buffer.from('1\n5\n3\n'), Buffer.alloc(506)])
    const sparse = {
      'GNU.sparse.major': '1',
      'GNU.sparse.minor': '0',
      'GNU.sparse.name': 's',
      'GNU.sparse.realsize': '9',
    }
    const tar = tarball([
      { name: 'real/', flag: '5' },
      { name: 'link', flag: '2', linkName: '/real/../real/' },
      { name: 'real/up', flag: '2', linkName: '../../../real' },
      { name: 'GNUSparseFile.0/s', pax: sparse, body: Buffer.concat([map, Buffer.from('xyz')]) },
      { name: '/abs', body: 'absolute' },
      { name: 'real/../up', body: 'above' },
      { name: 'hard', flag: '1', linkName: 'abs' },
    ])
    const locator = stored(tar)
    writeFileSync(join(folder, 'diff/real/file'), 'body')
    expect(await events(locator)).toEqual(await events(asFile(tar)))
    for (const name of ['link/file', 'real/up/file', 'real/up/up/up/file']) {
      const through = splitArchive(tarball([{ name, body: 'body' }]))
      writeDescription(join(folder, 'through.gz'), through)
      expect((await events({ ...locator, split: join(folder, 'through.gz') })).at(-1)).toBe('body')
    }
  })

  it('is not led out of its folder', async () => {
    const locator = stored(
      tarball([
        { name: 'f/', flag: '5' },
        { name: 'f/secret', body: 'inside' },
      ]),
    )
    writeFileSync(join(folder, 'secret'), 'inside')
    rmSync(join(folder, 'diff/f'), { recursive: true })
    for (const to of ['..', '../..', folder, '/', 'f']) {
      symlinkSync(to, join(folder, 'diff/f'))
      expect(await codeOf(events(locator))).toMatch(/^storage-damaged: the file f\/secret is missing/)
      unlinkSync(join(folder, 'diff/f'))
    }
    mkdirSync(join(folder, 'diff/f'))
    symlinkSync('../../secret', join(folder, 'diff/f/secret'))
    expect(await codeOf(events(locator))).toMatch(/^storage-damaged: .* is missing/)
  })

  it('reads no body that is not wanted, and of the others no more than is needed', async () => {
    const locator = stored(
      tarball([
        { name: 'a', body: 'x'.repeat(700_000) },
        { name: 'b', body: 'b' },
      ]),
    )
    expect(
      (await events(locator, () => true, { most: 10 })).filter((told) => typeof told === 'string')[0],
    ).toHaveLength(256 * 1024)
    rmSync(join(folder, 'diff'), { recursive: true })
    expect(await events(locator, () => false)).toHaveLength(2)
  })

  it('says what is damaged, gone or denied', async () => {
    const locator = stored(
      tarball([
        { name: 'a', body: 'one' },
        { name: 'b', body: 'two' },
      ]),
    )
    const file = join(folder, 'diff/a')
    writeFileSync(file, 'ONE')
    expect(await codeOf(events(locator))).toBe(
      "storage-damaged: the file a is not what it was: its checksum is another: the engine's storage is damaged",
    )
    writeFileSync(file, 'longer')
    expect(await codeOf(events(locator))).toMatch(/storage-damaged: the file a has 6 bytes in its storage, and had 3/)
    unlinkSync(file)
    expect(await codeOf(events(locator))).toMatch(/storage-damaged: the file a is missing/)
    rmSync(join(folder, 'diff'), { recursive: true })
    expect(await codeOf(events(locator))).toMatch(/layer-gone: .*not there any more/)
    unlinkSync(locator.split)
    expect(await codeOf(events(locator))).toMatch(/layer-gone: the engine's description/)
  })

  it.skipIf(process.geteuid?.() === 0)('names the right that is missing', async () => {
    const locator = stored(tarball([{ name: 'a', body: 'one' }]))
    chmodSync(join(folder, 'diff/a'), 0)
    expect(await codeOf(events(locator))).toMatch(/storage-denied: .*root, or with CAP_DAC_READ_SEARCH/)
  })

  it('refuses descriptions that do not fit', async () => {
    const locator = stored(tarball([{ name: 'a', body: 'one' }]))
    const { lines } = splitArchive(tarball([{ name: 'a', body: 'one' }]))
    const refused = async (changed: readonly string[], ending = '\n'): Promise<string> => {
      writeFileSync(locator.split, gzipSync(changed.join('\n') + ending))
      return codeOf(events(locator))
    }
    expect(await refused(lines, '')).toBe('none')
    expect(await refused([])).toBe('none')
    expect(await refused([lines[0], lines[2]])).toMatch(/storage-damaged: the file a is not described/)
    expect(await refused([lines[0]])).toMatch(/storage-damaged: the file a is not described/)
    expect(await refused([lines[0], lines[1]])).toBe('none')
    expect(await refused([lines[1]])).toMatch(/storage-damaged: .* where none belong/)
    expect(await refused([lines[0], lines[1].replace('"size":3', '"size":4')])).toMatch(
      /is described with 4 bytes, and has 3/,
    )
    expect(await refused([lines[0], lines[1].replace('"size":3', '"size":-1')])).toMatch(
      /layer-description-invalid: line 2 .* no valid size/,
    )
    expect(await refused([lines[0].slice(0, 100)], '')).toMatch(
      /layer-description-invalid: line 1 .* ends in the middle/,
    )
    expect(await refused([lines[0].replace('A', '!')])).toMatch(/no valid base64/)
    for (const line of [
      '[]',
      '1',
      'null',
      '{"type":3}',
      '{"type":1,"size":1}',
      '{"type":2,"payload":7}',
      '{',
      '{"type":1,"name":"a","payload":"AA=="}',
    ])
      expect(await refused([line]), line).toMatch(/^layer-description-invalid: line 1 /)
    expect(await refused(['x'.repeat(5_000_000)])).toMatch(/layer-description-invalid: .* bytes/)
    writeFileSync(locator.split, gzipSync(lines.join('\n')).subarray(0, 60))
    expect(await codeOf(events(locator))).toMatch(/^gzip-truncated/)
  })

  it('takes bytes behind the archive, however many, bounded by what may be unpacked', async () => {
    const tar = Buffer.concat([tarball([{ name: 'a', body: 'one' }]), Buffer.alloc(6_000_000)])
    const locator = stored(tar)
    expect(await events(locator)).toEqual(await events(asFile(tar)))
    const limits = { ...DEFAULT_LIMITS, unpackedBytes: 5_000_000 }
    expect(await codeOf(events(locator, undefined, { limits }))).toMatch(/^decompression-bomb/)
  })

  it('ends at once when it is interrupted, and when enough has passed', async () => {
    const locator = stored(
      tarball([
        { name: 'a', body: 'one' },
        { name: 'b', body: 'two' },
      ]),
    )
    expect(await codeOf(events(locator, undefined, { signal: AbortSignal.abort() }))).toMatch(/^interrupted/)
    let entries = 0
    const told = await events(locator, () => ++entries > 0, { enough: () => entries === 1 })
    expect(told).toHaveLength(1)
  })
})
