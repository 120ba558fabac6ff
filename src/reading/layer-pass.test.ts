import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { type LayerEntry, tarOf } from '../../test/support/image-builder.ts'
import { TarReader } from '../image/index.ts'
import { DEFAULT_LIMITS, type Limits } from '../lib/limits.ts'
import { decodeIndex, decodeRows } from './codec.ts'
import type { FileReader, LoadedReader, RandomReader } from './index.ts'
import { LayerPass } from './layer-pass.ts'
import { HashedPaths, hashPath } from './path-hash.ts'

const random: RandomReader<string> = {
  id: 'random',
  version: 1,
  wants: { any: [{ suffix: '.db' }], maxBytes: 1024 ** 2, loss: 'blind', digests: ['sha1'] },
  readRandom: ({ sizeBytes, at }) => ({
    facts: [
      `${sizeBytes}`,
      Buffer.from(at(sizeBytes - 3, 10)).toString(),
      Buffer.from(at(-1, Number.NaN)).toString(),
      `${at(sizeBytes + 9, 9).length}`,
    ],
    diagnostics: [],
  }),
}
const whole: FileReader<number> = {
  id: 'whole',
  version: 1,
  wants: { any: [{ suffix: '.db' }], maxBytes: 1024 ** 2, loss: 'partial' },
  read: ({ bytes }) => ({ facts: [bytes.length, bytes[bytes.length - 1]], diagnostics: [] }),
}
const magic: FileReader<string> = {
  id: 'magic',
  version: 1,
  wants: { any: [], magic: { bytes: [Buffer.from('MAGIC')] }, executable: true, maxBytes: 1024 ** 2, loss: 'partial' },
  read: ({ bytes }) => ({ facts: [Buffer.from(bytes).toString()], diagnostics: [] }),
}
const readers = [random, whole, magic] as LoadedReader[]

function run(entries: readonly LayerEntry[], limits: Limits = DEFAULT_LIMITS, chunkBytes = 1024 ** 2) {
  const pass = new LayerPass({ readers, limits })
  const tar = new TarReader(pass, 'test', limits)
  const bytes = tarOf(entries)
  for (let at = 0; at < bytes.length; at += chunkBytes) tar.push(bytes.subarray(at, at + chunkBytes))
  tar.finish()
  pass.close()
  const facts = pass.facts()
  const rows = new Map(
    facts.rows.map(({ reader, encoded, transient }) => [reader, { ...decodeRows(encoded), transient }]),
  )
  return {
    index: decodeIndex(facts.index),
    diagnostics: facts.diagnostics,
    facts: (id: string) =>
      rows
        .get(id)
        ?.rows?.()
        .flatMap((row) => row.facts),
    row: (id: string) => rows.get(id)?.rows?.()[0],
    said: (id: string) => rows.get(id)?.diagnostics,
    transient: (id: string) => rows.get(id)?.transient,
  }
}

const { TMPDIR } = process.env
afterEach(() => {
  if (TMPDIR === undefined) delete process.env.TMPDIR
  else process.env.TMPDIR = TMPDIR
})

describe('a body', () => {
  it.each([1024 ** 2, 10])(
    'reaches all takers, random access and whole, with %d bytes of memory',
    (memoryBodyBytes) => {
      const text = `${'x'.repeat(5000)}end`
      const { facts, row } = run([{ name: 'a.db', text }], { ...DEFAULT_LIMITS, memoryBodyBytes }, 100)
      expect(facts('random')).toEqual(['5003', 'end', '', '0'])
      expect(facts('whole')).toEqual([5003, 'd'.charCodeAt(0)])
      expect(row('random')?.digests).toEqual({ sha1: expect.stringMatching(/^[0-9a-f]{40}$/) })
      expect(row('whole')?.digests).toBeUndefined()
    },
  )

  it('has the same digest in memory and in a temporary file', () => {
    const digests = [1024 ** 2, 10].map(
      (memoryBodyBytes) =>
        run([{ name: 'a.db', text: 'y'.repeat(3000) }], { ...DEFAULT_LIMITS, memoryBodyBytes }).row('random')?.digests,
    )
    expect(digests[0]).toEqual(digests[1])
  })

  it('that finds no temporary space is lost for this run only, and the next one is read', () => {
    process.env.TMPDIR = '/nowhere/at/all'
    const entries = [
      { name: 'a.db', text: 'x'.repeat(50) },
      { name: 'b.db', text: 'abc' },
    ]
    const { facts, said, transient } = run(entries, { ...DEFAULT_LIMITS, memoryBodyBytes: 10 })
    expect(said('random')).toMatchObject([{ code: 'temporary-space', path: 'a.db', effect: 'blind' }])
    expect(said('whole')).toMatchObject([{ code: 'temporary-space', path: 'a.db', effect: 'partial' }])
    expect(transient('random')).toBe(true)
    expect(facts('random')).toEqual(['3', 'abc', '', '0'])
  })

  it('larger than all temporary files may be is lost, and that is said', () => {
    const { said } = run([{ name: 'a.db', text: 'x'.repeat(50) }], {
      ...DEFAULT_LIMITS,
      memoryBodyBytes: 10,
      temporaryBytes: 20,
    })
    expect(said('random')).toMatchObject([
      { code: 'temporary-space', message: expect.stringContaining('20 are allowed') },
    ])
  })

  it.each([1, 3, 700, 1024 ** 2])('is known by its first bytes, in pieces of %d bytes', (chunkBytes) => {
    const entries = [
      { name: 'bin/a', mode: 0o755, text: `MAGIC${'z'.repeat(9000)}` },
      { name: 'bin/b', mode: 0o644, text: 'MAGIC' },
      { name: 'bin/c', mode: 0o755, text: 'MAGI' },
      { name: 'bin/d', mode: 0o755, text: 'other text' },
      { name: 'e.db', mode: 0o755, text: 'MAGIC' },
    ]
    const { facts } = run(entries, DEFAULT_LIMITS, chunkBytes)
    expect(facts('magic')).toEqual([`MAGIC${'z'.repeat(9000)}`, 'MAGIC'])
    expect(facts('whole')).toEqual([5, 'C'.charCodeAt(0)])
  })

  it('of no bytes is read', () => {
    expect(run([{ name: 'a.db' }]).facts('whole')).toEqual([0, undefined])
  })
})

describe('the index of a layer', () => {
  it('has each path once, sorted, folders told apart', () => {
    const { index } = run([
      { name: './' },
      { name: 'a/' },
      { name: 'a/b' },
      { name: 'c', symlink: 'a' },
      { name: 'a/b' },
    ])
    expect(index?.entries.length).toBe(3 * 16)
    const held = new HashedPaths(index?.entries ?? new Uint8Array())
    expect(['a', 'a/b', 'c', 'b'].map((path) => held.bitOf(hashPath(path)))).toEqual([1, 0, 0, undefined])
    expect(index?.links).toEqual([{ path: 'c', to: 'a', hard: false }])
  })

  it('finds every one of 60,000 paths', () => {
    const entries = Array.from({ length: 60_000 }, (_, i) => ({ name: `folder-${i % 100}/file-${i}` }))
    const { index } = run(entries)
    const hashes = index?.entries ?? new Uint8Array()
    expect(hashes.length).toBe(60_000 * 16)
    for (let at = 16; at < hashes.length; at += 16) {
      expect(Buffer.compare(hashes.subarray(at - 16, at), hashes.subarray(at, at + 16))).toBe(-1)
    }
    const held = new HashedPaths(hashes)
    for (let i = 0; i < 60_000; i += 997) expect(held.bitOf(hashPath(`folder-${i % 100}/file-${i}`))).toBe(0)
  })

  it('is bounded by the number of paths, implied folders too', () => {
    const entries = Array.from({ length: 20 }, (_, i) => ({ name: `${i}/${'d/'.repeat(20)}f` }))
    expect(() => run(entries, { ...DEFAULT_LIMITS, entries: 100 })).toThrow(/100 files and folders/)
  })

  it('leaves out names that no file can have, and says so', () => {
    const { diagnostics, index } = run([{ name: `${'n/'.repeat(3000)}f` }])
    expect(diagnostics).toMatchObject([{ code: 'entry-name-invalid', effect: 'partial' }])
    expect(index?.entries.length).toBe(0)
  })

  it('says a hundred odd things and counts the others', () => {
    const { diagnostics } = run(Array.from({ length: 250 }, (_, i) => ({ name: `h${i}`, hardlink: '..' })))
    expect(diagnostics).toHaveLength(101)
    expect(diagnostics[100].message).toContain('150')
  })
})

describe('stored bytes', () => {
  it('that were changed anywhere count as not stored', () => {
    const pass = new LayerPass({ readers, limits: DEFAULT_LIMITS })
    const tar = new TarReader(pass, 'test', DEFAULT_LIMITS)
    tar.push(
      tarOf([
        { name: 'a.db', text: 'abc' },
        { name: 'x', symlink: 'a.db' },
      ]),
    )
    tar.finish()
    const { index, rows } = pass.facts()
    const cases: readonly [Uint8Array, (bytes: Uint8Array) => unknown][] = [
      [index, decodeIndex],
      [rows[0].encoded, decodeRows],
    ]
    for (const [bytes, decode] of cases) {
      expect(decode(bytes)).toBeDefined()
      fc.assert(
        fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
          const changed = Uint8Array.from(bytes)
          changed[at] ^= flip
          // Byte 3 is spare; the others are covered by the format, the kind, the checksum.
          if (at > 3) expect(decode(changed)).toBeUndefined()
          else decode(changed)
          expect(decode(bytes.subarray(0, at))).toBeUndefined()
        }),
      )
    }
  })

  it('of any other kind count as not stored', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(decodeRows(bytes)).toBeUndefined()
        expect(decodeIndex(bytes)).toBeUndefined()
      }),
    )
  })
})
