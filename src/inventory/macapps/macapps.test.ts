import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { catalogued } from '../../../test/support/catalog.ts'
import { propertyListTexts } from '../documents/property-list.ts'
import { macapps } from './index.ts'

/** A binary property list of one dictionary of texts, written by the format's description. */
function binaryList(texts: Record<string, string>): Buffer {
  const flat = [...Object.keys(texts), ...Object.values(texts)]
  const count = Object.keys(texts).length
  const objects = [
    Buffer.from([0xd0 | count, ...flat.map((_, index) => index + 1)]),
    ...flat.map((text) => Buffer.concat([Buffer.from([0x5f, 0x10, text.length]), Buffer.from(text, 'latin1')])),
  ]
  let at = 8
  const offsets = objects.map(({ length }) => {
    at += length
    return at - length
  })
  const table = Buffer.alloc(offsets.length * 2)
  for (const [index, offset] of offsets.entries()) table.writeUInt16BE(offset, index * 2)
  const trailer = Buffer.alloc(32)
  trailer[6] = 2
  trailer[7] = 1
  trailer.writeUInt32BE(objects.length, 12)
  trailer.writeUInt32BE(at, 28)
  return Buffer.concat([Buffer.from('bplist00'), ...objects, table, trailer])
}

const path = 'Applications/A.app/Contents/Info.plist'

describe('applications of macOS', () => {
  it('say name and version in either form', async () => {
    const xml =
      '<?xml version="1.0"?><!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd"><plist version="1.0"><dict><key>CFBundleName</key><string>Two</string><key>X</key><dict><key>CFBundleName</key><string>no</string></dict><key>CFBundleVersion</key><string>7</string></dict></plist>'
    const { components } = await catalogued(macapps, {
      [path]: binaryList({ CFBundleName: 'One', CFBundleShortVersionString: '1.2', CFBundleIdentifier: 'x.one' }),
      'Applications/B.app/Contents/Info.plist': xml,
      'Applications/B.app/Contents/C.app/Contents/Info.plist': 'part of it',
    })
    expect(components.map(({ purl }) => purl)).toEqual(['pkg:macapps/One@1.2?bundle_id=x.one', 'pkg:macapps/Two@7'])
  })

  it.each(['', 'bplist00', '<plist/>', '<a', 'x'])('that are broken are told: %j', async (text) => {
    const { components, diagnostics } = await catalogued(macapps, { [path]: text })
    expect(components).toEqual([])
    expect(diagnostics).toMatchObject([{ path, effect: 'partial' }])
  })

  it('any damage to a binary list is a problem or fewer texts', () => {
    const whole = binaryList({ a: 'b', c: 'd' })
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(255), fc.nat(whole.length), (at, byte, cut) => {
        const bytes = Buffer.from(whole)
        bytes[at] = byte
        propertyListTexts(bytes)
        propertyListTexts(bytes.subarray(0, cut))
      }),
    )
  })
})
