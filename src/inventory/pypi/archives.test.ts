import { deflateSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { catalogued } from '../../../test/support/catalog.ts'
import { zipOf } from '../../../test/support/zip-writer.ts'
import { pypi } from './index.ts'

const metadata = (name: string, more = '') => `Metadata-Version: 2.1\nName: ${name}\nVersion: 1.2.0\n${more}\n`

describe('wheels and zipped eggs', () => {
  it('name the distribution in them', async () => {
    const { components, diagnostics } = await catalogued(pypi, {
      'opt/cache/demo-1.2.0-py3-none-any.whl': zipOf({
        'demo/__init__.py': '',
        'demo-1.2.0.dist-info/METADATA': metadata('demo', 'License: MIT\n'),
        'demo/vendored/x-1.dist-info/METADATA': metadata('inner'),
      }),
      'usr/lib/python3/site-packages/old-1.2.0-py3.11.egg': zipOf({ 'EGG-INFO/PKG-INFO': metadata('old') }),
    })
    expect(diagnostics).toEqual([])
    expect(components).toMatchObject([
      {
        purl: 'pkg:pypi/demo@1.2.0',
        licences: ['MIT'],
        evidence: [{ path: 'opt/cache/demo-1.2.0-py3-none-any.whl!/demo-1.2.0.dist-info/METADATA' }],
      },
      { purl: 'pkg:pypi/old@1.2.0' },
    ])
  })

  it.each([
    ['no archive', Buffer.from('no archive')],
    ['cut', zipOf({ 'a-1.dist-info/METADATA': metadata('a') }).subarray(0, 60)],
    ['hostile names', zipOf({ 'a-1.dist-info/METADATA': 'Name: a\u001b[2J\nVersion: 1\n\n' })],
    ['a bomb', zipOf({ 'a-1.dist-info/METADATA': Buffer.alloc(20 * 1024 ** 2) })],
  ])('that are broken are told, and lose no others: %s', async (_, bytes) => {
    const { components, diagnostics } = await catalogued(pypi, {
      'x.whl': bytes,
      'y.whl': zipOf({ 'b-1.dist-info/METADATA': metadata('b') }),
    })
    expect(components.map(({ name }) => name)).toEqual(['b'])
    expect(diagnostics).toMatchObject([{ path: 'x.whl', effect: 'partial' }])
  })
})

/** A program with an archive of PyInstaller at its end. */
function frozen(files: Readonly<Record<string, string>>, { shift = 0, tail = 0 } = {}): Uint8Array {
  const parts: Buffer[] = []
  const contents: Buffer[] = []
  let offset = 0
  for (const [name, text] of Object.entries(files)) {
    const packed = deflateSync(Buffer.from(text))
    const entry = Buffer.alloc(18 + Buffer.byteLength(name) + 1)
    entry.writeUInt32BE(entry.length, 0)
    entry.writeUInt32BE(offset + shift, 4)
    entry.writeUInt32BE(packed.length, 8)
    entry.writeUInt32BE(Buffer.byteLength(text), 12)
    entry[16] = 1
    entry.write(`xx${name}`, 16, 'latin1')
    entry[16] = 1
    contents.push(entry)
    parts.push(packed)
    offset += packed.length
  }
  const list = Buffer.concat(contents)
  const cookie = Buffer.alloc(88)
  cookie.write('MEI\x0c\x0b\x0a\x0b\x0e', 'latin1')
  cookie.writeUInt32BE(offset + list.length + 88, 8)
  cookie.writeUInt32BE(offset, 12)
  cookie.writeUInt32BE(list.length, 16)
  return Buffer.concat([Buffer.from('\x7fELF'), Buffer.alloc(1000), ...parts, list, cookie, Buffer.alloc(tail)])
}

describe('programs of PyInstaller', () => {
  const FILES = {
    main: 'x',
    'flask-1.2.0.dist-info/METADATA': metadata('flask', 'Requires-Dist: click\n'),
    'click-1.2.0.dist-info/METADATA': metadata('click'),
  }

  it('hold the distributions whose metadata they carry', async () => {
    for (const tail of [0, 500]) {
      const { components, relations, diagnostics } = await catalogued(pypi, { 'opt/app': frozen(FILES, { tail }) })
      expect(diagnostics).toEqual([])
      expect(components.map(({ purl }) => purl).sort()).toEqual(['pkg:pypi/click@1.2.0', 'pkg:pypi/flask@1.2.0'])
      expect(relations).toHaveLength(1)
    }
  })

  it('that are damaged are told', async () => {
    const { components, diagnostics } = await catalogued(pypi, { 'opt/app': frozen(FILES, { shift: 7 }) })
    expect(components).toEqual([])
    expect(diagnostics).toMatchObject([{ path: 'opt/app', effect: 'partial' }, { path: 'opt/app' }])
  })

  it('are read without harm whatever their bytes are', async () => {
    const good = frozen(FILES)
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: good.length - 5 }), fc.uint8Array({ maxLength: 12 }), async (at, noise) => {
        const bad = Uint8Array.from(good)
        bad.set(noise.subarray(0, bad.length - at - 4), at + 4)
        const { diagnostics } = await catalogued(pypi, { app: bad })
        for (const { code } of diagnostics) expect(code).not.toBe('reader-failed')
      }),
    )
  })
})
