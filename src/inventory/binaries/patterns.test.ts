import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Hit, Patterns } from './patterns.ts'

describe('needles in bytes', () => {
  it('are found where a plain search finds them', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 200 })
    const needles = fc.uniqueArray(fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 4, maxLength: 9 }), {
      minLength: 1,
    })
    fc.assert(
      fc.property(text, needles, (body, list) => {
        const hits: Hit[] = []
        new Patterns(list).search(Buffer.from(body), (hit) => hits.push(hit))
        const plain = list.flatMap((needle, index) =>
          [...body].flatMap((_, at) => (body.startsWith(needle, at) ? [`${index}@${at}`] : [])),
        )
        expect(hits.map((hit) => `${hit.needle}@${hit.offset}`).sort()).toEqual(plain.sort())
      }),
    )
  })

  it('of fewer than 4 bytes are refused', () => {
    expect(() => new Patterns(['abc'])).toThrow(RangeError)
  })
})
