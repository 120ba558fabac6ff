import { Buffer } from 'node:buffer'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type JsonMember, jsonMembers } from './json-members.ts'
import { unpacked } from './unpacked.ts'
import { xmlElements } from './xml-elements.ts'

async function* pieces(text: string | Uint8Array, size = 3): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

const members = (
  text: string,
  options: { within?: string; maxMember?: number } = {},
  size = 3,
): Promise<JsonMember[]> => Array.fromAsync(jsonMembers(pieces(text, size), 'feed', options))

describe('members of a large JSON document', () => {
  it('gives those of an object, of a list, and of a member', async () => {
    expect(await members('{"a": {"x": [1, "},"]}, "b\\"": 2}')).toMatchObject([
      { key: 'a', value: { x: [1, '},'] } },
      { key: 'b"', value: 2 },
    ])
    expect(await members('\ufeff [ [1], "two", null ]')).toMatchObject([
      { key: '0', value: [1] },
      { key: '1', value: 'two' },
      { key: '2', value: null },
    ])
    const whole = '{"count": 2, "other": [{"no": 1}], "list": [{"id": "ä"}, {"id": 2}], "after": {"a": 1}, "last": 3}'
    expect((await members(whole, { within: 'list' })).map((one) => one.value)).toEqual([{ id: 'ä' }, { id: 2 }])
    for (const size of [1, 3, 100])
      expect(await members('{"first": [{"id": 1}], "second": [2]}', { within: 'first' }, size)).toMatchObject([
        { value: { id: 1 } },
      ])
    expect(await members('[]')).toEqual([])
  })

  it.each([
    ['<html><body>Sorry</body></html>', 'is not a JSON list or object'],
    ['', 'is empty'],
    ['{"a": 1, "b": [1', 'is cut short'],
    ['{"a": [}', 'brackets'],
    ['[1, , 2]', 'without a member'],
    ['[1] [2]', 'goes on'],
    ['[nonsense]', 'is not JSON'],
    [`${'['.repeat(300)}`, 'nests deeper'],
  ])('refuses %j and says why', async (text, why) => {
    await expect(members(text)).rejects.toThrow(why)
  })

  it('refuses a member that is too large, and drops what would change prototypes', async () => {
    await expect(members(`["${'x'.repeat(100)}"]`, { maxMember: 50 })).rejects.toThrow('more than 50 bytes')
    const [one] = await members('[{"__proto__": {"polluted": true}, "a": 1}]')
    expect(one.value).toEqual({ a: 1 })
    expect((one.value as { polluted?: boolean }).polluted).toBeUndefined()
  })

  it('gives what JSON.parse gives, in whatever pieces it comes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.jsonValue()), fc.integer({ min: 1, max: 40 }), async (list, size) => {
        const text = JSON.stringify(list)
        if (text.includes('__proto__')) return
        expect((await members(text, {}, size)).map((one) => one.value)).toEqual(JSON.parse(text))
      }),
    )
  })
})

describe('elements of a large XML document', () => {
  const read = (text: string) =>
    Array.fromAsync(xmlElements(pieces(text), 'feed', { root: ['r'], wanted: new Set(['item']) }))

  it('gives the wanted ones whole, without prefixes', async () => {
    const found = await read(
      '<?xml version="1.0"?><r xmlns:n="u"><x><n:item n:id="1">ä<y>b</y></n:item></x><item/></r>',
    )
    expect(found).toMatchObject([
      { name: 'item', text: 'ä', children: [{ name: 'y', text: 'b' }] },
      { name: 'item', children: [] },
    ])
    expect(found[0].attributes.get('id')).toBe('1')
  })

  it.each([
    ['<html><body/></html>', 'root <html>'],
    ['', 'is empty'],
    ['<r><item>', 'not the XML'],
    ['<!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><r><item>&b;</item></r>', 'not the XML'],
    [`<r>${'<a>'.repeat(300)}`, 'nests deeper'],
  ])('refuses %j and says why', async (text, why) => {
    await expect(read(text)).rejects.toThrow(why)
  })
})

describe('packed documents', () => {
  const text = 'advisories, many of them. '.repeat(5_000)
  // The same text through bzip2 1.0 and xz 5.
  const bzip2 = Buffer.from(
    'QlpoOTFBWSZTWRLJWSsARFuRgEAFJ2OdIDAA+AKGmmAAoaaYAApVE0ekyHlNxCo3EKjQhUYEKj8IVHYhUehCo2EKjAhUdCFR2IVH0QqMiFRkQqNCFRkQqPYhUciFRsIVHQhUYEKjgQqORCo4EKjIhUaEKj+LuSKcKEgJZKyVgA==',
    'base64',
  )
  const xz = Buffer.from(
    '/Td6WFoAAATm1rRGAgAhARYAAAB0L+Wj4fvPAHRdADCZCzM9OepzlZI6gsyPLDovJG5+mDVc3rUfgGJtBWwk7FIlLx8jRCGmvpPfFRZATZ+hM8yxXqs0+Gcu5BB6KLQFjb2DHO8fYMrosGGesPz3036IW0RsXz1XHDkokXSPuHT0V1qbdGmzTbm9W/SybrSgOAAAAK+mDFfUAKPsAAGQAdD3BwAloc06scRn+wIAAAAABFla',
    'base64',
  )
  const read = async (bytes: Uint8Array, most = 10_000_000) =>
    Buffer.concat(await Array.fromAsync(unpacked(pieces(bytes, 1_000), most, 'feed'))).toString()

  it('are unpacked by what their first bytes say', async () => {
    expect(await read(Buffer.from(text))).toBe(text)
    expect(await read(gzipSync(text))).toBe(text)
    expect(await read(zstdCompressSync(text))).toBe(text)
    expect(await read(bzip2)).toBe(text)
    expect(await read(xz)).toBe(text)
  })

  it('are refused when they are cut short, damaged or too large', async () => {
    for (const bytes of [gzipSync(text), zstdCompressSync(text), bzip2, xz]) {
      await expect(read(bytes.subarray(0, bytes.length - 10))).rejects.toThrow('feed')
      await expect(read(bytes, 1_000)).rejects.toThrow('more than 1000 bytes')
    }
  })
})
