import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EMPTY_ROWS } from './codec.ts'
import { type BundledRows, decodeBundle, encodeBundle, rowsFor, withFacts } from './layer-bundle.ts'
import type { AnyReader, LayerFacts } from './types.ts'

const reader = (id: string, version: number, options?: string): AnyReader => ({
  id,
  version,
  ...(options === undefined ? {} : { options }),
  wants: { any: [], maxBytes: 1, loss: 'partial' },
  read: () => ({ facts: [], diagnostics: [] }),
})

const row: fc.Arbitrary<BundledRows> = fc.record({
  reader: fc.string(),
  version: fc.nat(),
  options: fc.string(),
  encoded: fc.oneof(fc.constant(EMPTY_ROWS), fc.uint8Array({ maxLength: 50 })),
})
const bundle = fc.record({ index: fc.uint8Array({ maxLength: 100 }), rows: fc.array(row, { maxLength: 8 }) })

function facts(version: number, options?: string): LayerFacts {
  const encoded = Uint8Array.of(version)
  const rows = [{ reader: 'one', version, encoded, ...(options === undefined ? {} : { options }) }]
  return { diffId: 'sha256:a', complete: true, index: Uint8Array.of(1), rows, diagnostics: [] }
}

describe('all of a layer in one run of bytes', () => {
  it('comes back as it was, and under no other key', () => {
    fc.assert(
      fc.property(fc.string(), bundle, (key, given) => {
        const encoded = encodeBundle(key, given)
        const decoded = decodeBundle(key, encoded)
        const plain = (bytes: Uint8Array): number[] => [...bytes]
        expect(plain(decoded?.index ?? new Uint8Array(0))).toEqual(plain(given.index))
        expect(decoded?.rows.map(({ encoded: bytes }) => plain(bytes))).toEqual(
          given.rows.map((one) => plain(one.encoded)),
        )
        expect(decodeBundle(`${key}x`, encoded)).toBeUndefined()
      }),
    )
  })

  it('is not taken for one when it is cut off or something else', () => {
    const whole = encodeBundle('key', { index: Uint8Array.of(1, 2, 3), rows: [] })
    for (let length = 0; length < whole.length; length++)
      expect(decodeBundle('key', whole.subarray(0, length))).toBeUndefined()
    fc.assert(fc.property(fc.uint8Array(), (bytes) => decodeBundle('key', bytes) === undefined))
  })

  it('gives rows of a reader that found nothing as the very ones that cost nothing', () => {
    const empty = { reader: 'one', version: 1, options: '', encoded: Uint8Array.from(EMPTY_ROWS) }
    const decoded = decodeBundle('key', encodeBundle('key', { index: new Uint8Array(0), rows: [empty] }))
    expect(decoded?.rows[0].encoded).toBe(EMPTY_ROWS)
  })
})

describe('rows of a reader', () => {
  it('are found in their version and with their options only', () => {
    const both = withFacts(withFacts(undefined, facts(1)), facts(1, 'deep'))
    expect(rowsFor(both, [reader('one', 1)]).rows.size).toBe(1)
    expect(rowsFor(both, [reader('one', 1, 'deep')]).rows.size).toBe(1)
    expect(rowsFor(both, [reader('one', 1, 'deeper')]).rows.size).toBe(0)
    expect(rowsFor(both, [reader('one', 2)]).rows.size).toBe(0)
  })

  it('of a newer version take the place of the older with the same options, and of nothing else', () => {
    const other = { ...facts(1), rows: [{ reader: 'two', version: 1, encoded: EMPTY_ROWS }] }
    const all = [facts(1), facts(1, 'deep'), other, facts(2)].reduce(
      (before, fresh) => withFacts(before, fresh),
      undefined as ReturnType<typeof withFacts> | undefined,
    )
    expect(all?.rows.map(({ reader: id, version, options }) => `${id} ${version} ${options}`).sort()).toEqual([
      'one 1 deep',
      'one 2 ',
      'two 1 ',
    ])
  })
})
