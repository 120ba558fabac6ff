import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { paxBody, tarball, tarEntry, type WrittenEntry } from '../../../test/support/tar-writer.ts'
import { Failure } from '../../lib/failure.ts'
import { DEFAULT_LIMITS, type Limits } from '../../lib/limits.ts'
import type { Diagnostic } from '../../model/diagnostic.ts'
import type { TarEntry } from '../types.ts'
import { TarReader } from './reader.ts'

interface Read {
  readonly entries: TarEntry[]
  readonly bodies: string[]
  readonly problems: Diagnostic[]
}

function read(bytes: Uint8Array, limits: Partial<Limits> = {}, chunkBytes = bytes.length || 1): Read {
  const result: Read = { entries: [], bodies: [], problems: [] }
  let body = ''
  const reader = new TarReader(
    {
      entry(entry) {
        result.entries.push(entry)
        body = ''
        return entry.sizeBytes <= 100_000
      },
      body: (chunk) => {
        body += Buffer.from(chunk).toString('latin1')
      },
      end: () => result.bodies.push(body),
      problem: (problem) => result.problems.push(problem),
    },
    'the-layer',
    { ...DEFAULT_LIMITS, ...limits },
  )
  for (let at = 0; at < bytes.length; at += chunkBytes) reader.push(bytes.subarray(at, at + chunkBytes))
  reader.finish()
  return result
}

function failureOf(action: () => unknown): Failure {
  try {
    action()
  } catch (error) {
    if (error instanceof Failure) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

const one = (entry: WrittenEntry) => read(tarball([entry])).entries[0]

describe('names and numbers', () => {
  it('takes names from PAX, GNU long names, and the ustar prefix', () => {
    const long = 'x'.repeat(300)
    expect(one({ name: 'short', pax: { path: long } }).name).toBe(long)
    expect(one({ name: 'name', prefix: 'pre/fix' }).name).toBe('pre/fix/name')
    const gnu = tarball([
      { name: '././@LongLink', flag: 'L', body: `${long}\0`, format: 'gnu' },
      { name: '././@LongLink', flag: 'K', body: `${long}/to\0`, format: 'gnu' },
      { name: 'cut', flag: '2', linkName: 'cut', format: 'gnu' },
    ])
    expect(read(gnu).entries).toMatchObject([{ name: long, linkName: `${long}/to`, type: 'symlink' }])
  })

  it('keeps names that are not UTF-8 apart', () => {
    const entries = read(tarball([{ name: Uint8Array.of(0x61, 0xe9) }, { name: Uint8Array.of(0x61, 0xe8) }])).entries
    expect(entries[0].name).not.toBe(entries[1].name)
  })

  it('reads sizes in base 256, accepts both checksums, and a v7 folder by its slash', () => {
    const size = Buffer.concat([Uint8Array.of(0x80), Buffer.alloc(10), Uint8Array.of(3)])
    expect(read(tarball([{ name: 'a', size, body: 'abc' }])).bodies).toEqual(['abc'])
    expect(one({ name: Uint8Array.of(0xc3, 0xa9), checksum: 'signed' }).name).toBe('é')
    expect(one({ name: 'folder/', flag: '\0', format: 'v7' }).type).toBe('directory')
  })

  it('applies global PAX records until a file has its own', () => {
    const archive = tarball([
      { name: 'g', flag: 'g', body: paxBody({ mtime: '7', uid: '5' }) },
      { name: 'a' },
      { name: 'b', pax: { uid: '6' } },
    ])
    expect(read(archive).entries).toMatchObject([
      { uid: 5, mtime: 7 },
      { uid: 6, mtime: 7 },
    ])
  })

  it('reports an empty name and goes on', () => {
    const { entries, problems } = read(tarball([{ name: '', body: 'lost' }, { name: 'b' }]))
    expect(entries.map((entry) => entry.name)).toEqual(['b'])
    expect(problems).toMatchObject([{ code: 'tar-empty-name', effect: 'partial' }])
  })
})

describe('sparse files', () => {
  const holes = `\0\0\0\0abc\0\0\0`
  it.each([
    [
      '0.1',
      { name: 'x', body: 'abc', pax: { 'GNU.sparse.size': '10', 'GNU.sparse.map': '4,3', 'GNU.sparse.name': 'real' } },
    ],
    [
      '1.0',
      {
        name: 'x',
        body: Buffer.concat([Buffer.from('1\n4\n3\n'), Buffer.alloc(506), Buffer.from('abc')]),
        pax: {
          'GNU.sparse.major': '1',
          'GNU.sparse.minor': '0',
          'GNU.sparse.realsize': '10',
          'GNU.sparse.name': 'real',
        },
      },
    ],
    [
      '0.0',
      {
        name: 'real',
        body: 'abc',
        pax: { 'GNU.sparse.size': '10', 'GNU.sparse.offset': '4', 'GNU.sparse.numbytes': '3' },
      },
    ],
  ])('fills the holes of PAX format %s', (_, entry) => {
    const result = read(tarball([entry, { name: 'after' }]))
    expect(result.entries).toMatchObject([{ name: 'real', sizeBytes: 10 }, { name: 'after' }])
    expect(result.bodies[0]).toBe(holes)
  })

  it('reports a map that is not sound and goes on behind the body', () => {
    const bad = { name: 'x', body: 'abc', pax: { 'GNU.sparse.size': '5', 'GNU.sparse.map': '4,3' } }
    const result = read(tarball([bad, { name: 'after' }]))
    expect(result.entries.map((entry) => entry.name)).toEqual(['after'])
    expect(result.problems).toMatchObject([{ code: 'tar-sparse-invalid', path: 'x', effect: 'partial' }])
  })

  it('stops holes that unpack to too much', () => {
    const entry = { name: 'x', pax: { 'GNU.sparse.size': '90000', 'GNU.sparse.map': '90000,0' } }
    const failure = failureOf(() => read(tarball([entry, entry, entry]), { unpackedBytes: 200_000 }))
    expect(failure).toMatchObject({ code: 'decompression-bomb', input: 'the-layer' })
  })
})

describe('ends and damage', () => {
  it('accepts a missing trailer, a missing last padding, an empty archive, and more zeros than needed', () => {
    expect(read(tarball([{ name: 'a' }], false)).entries).toHaveLength(1)
    expect(read(tarball([{ name: 'a', body: 'abc' }], false).subarray(0, 515)).bodies).toEqual(['abc'])
    expect(read(new Uint8Array()).entries).toEqual([])
    expect(read(Buffer.concat([tarball([{ name: 'a' }]), Buffer.alloc(50_000)])).problems).toEqual([])
  })

  it('says that bytes behind the end were ignored', () => {
    const { problems, entries } = read(Buffer.concat([tarball([{ name: 'a' }]), tarball([{ name: 'b' }])]))
    expect(entries).toHaveLength(1)
    expect(problems).toMatchObject([{ code: 'tar-data-after-end', effect: 'notice' }])
  })

  it('names the archive and the byte when it is truncated or junk', () => {
    const archive = tarball([{ name: 'a', body: 'x'.repeat(2000) }])
    const truncated = failureOf(() => read(archive.subarray(0, 700)))
    expect(truncated).toMatchObject({ code: 'tar-truncated', input: 'the-layer' })
    expect(truncated.message).toContain('byte 700')
    expect(failureOf(() => read(archive.subarray(0, 100))).code).toBe('tar-truncated')
    const junk = failureOf(() => read(Buffer.concat([tarball([{ name: 'a' }], false), Buffer.alloc(512, 'j')])))
    expect(junk).toMatchObject({ code: 'tar-header-invalid' })
    expect(junk.message).toContain('byte 512')
    expect(failureOf(() => read(tarball([{ name: 'a', checksum: 'wrong' }]))).code).toBe('tar-header-invalid')
  })

  it('refuses a PAX header of 4 GiB before it allocates', () => {
    const archive = tarEntry({ name: 'x', flag: 'x', size: 4 * 1024 ** 3 })
    expect(failureOf(() => read(archive))).toMatchObject({ code: 'tar-header-too-large', input: 'the-layer' })
  })

  it('refuses negative and overlong sizes', () => {
    for (const size of [Buffer.alloc(12, 0xff), Buffer.from([0x80, ...Buffer.alloc(11, 0xff)])]) {
      expect(failureOf(() => read(tarball([{ name: 'a', size }]))).code).toBe('tar-header-invalid')
    }
  })

  it('counts entries', () => {
    const archive = tarball([{ name: 'a' }, { name: 'b' }, { name: 'c' }])
    expect(failureOf(() => read(archive, { entries: 2 })).code).toBe('tar-too-many-entries')
  })

  it('reads a million entries', () => {
    const block = tarEntry({ name: 'same' })
    const many = Buffer.concat(new Array(1000).fill(block))
    let count = 0
    const handler = { entry: () => count++ < 0, body: () => {}, end: () => {}, problem: () => {} }
    const reader = new TarReader(handler, 'many', DEFAULT_LIMITS)
    for (let i = 0; i < 1000; i++) reader.push(many)
    reader.finish()
    expect(count).toBe(1_000_000)
  })

  it('keeps what a malformed PAX header gave before it broke, and says so', () => {
    const body = Buffer.concat([paxBody({ path: 'named' }), Buffer.from('99 broken')])
    const result = read(tarball([{ name: 'p', flag: 'x', body }, { name: 'a' }]))
    expect(result.entries[0].name).toBe('named')
    expect(result.problems).toMatchObject([{ code: 'tar-pax-invalid', effect: 'partial' }])
  })
})

describe('any bytes', () => {
  const sample = tarball([
    { name: 'a', body: 'x'.repeat(700), pax: { path: 'b'.repeat(150) } },
    { name: '././@LongLink', flag: 'L', body: 'long\0', format: 'gnu' },
    { name: 'x', body: 'abc', pax: { 'GNU.sparse.size': '10', 'GNU.sparse.map': '4,3' } },
    { name: 'c', flag: '1', linkName: 'a' },
  ])

  it('gives the same whatever the chunks', () => {
    const whole = read(sample)
    for (const bytes of [1, 7, 100, 511, 512, 513, 1500]) expect(read(sample, {}, bytes)).toEqual(whole)
  })

  it('gives a result or a Failure for damaged archives, never another error', () => {
    const change = fc.tuple(fc.nat(sample.length - 1), fc.nat(255))
    fc.assert(
      fc.property(fc.array(change, { maxLength: 20 }), fc.nat(sample.length), fc.boolean(), (changes, cut, fix) => {
        const bytes = Buffer.from(sample.subarray(0, cut))
        for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value
        if (fix) sumHeaders(bytes)
        try {
          read(bytes)
        } catch (error) {
          if (!(error instanceof Failure)) throw error
        }
      }),
      { numRuns: 500 },
    )
  })
})

/** Makes every block's checksum right, so that damage reaches what lies behind it. */
function sumHeaders(bytes: Buffer): void {
  for (let at = 0; at + 512 <= bytes.length; at += 512) {
    const block = bytes.subarray(at, at + 512)
    block.fill(0x20, 148, 156)
    block.write(`${block.reduce((sum, byte) => sum + byte, 0).toString(8)}\0`, 148, 'latin1')
  }
}
