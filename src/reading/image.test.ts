import { describe, expect, it } from 'vitest'
import type { LayerEntry } from '../../test/support/image-builder.ts'
import { lines, read, rowsOf, STATUS, winners } from '../../test/support/read-image.ts'
import type { AnyReader, FileReader } from './index.ts'

describe('the layers of an image', () => {
  it('give rows with their digests, and only the newest copy wins', async () => {
    const target = await read([[{ name: STATUS, text: 'a\n' }], [{ name: STATUS, text: 'a\nb\n' }]], {
      encoding: 'gzip',
    })
    expect(rowsOf(target).map(({ layer, wins, facts }) => [layer, wins, facts])).toEqual([
      [0, false, ['a']],
      [1, true, ['a', 'b']],
    ])
    expect(rowsOf(target)[0].digests?.md5).toBe('60b725f10c9c85c70d97880dfe8191b3')
    expect(target.diagnostics).toEqual([])
  })

  it.each([
    ['a whiteout of the file', [{ name: 'var/lib/db/.wh.status' }]],
    ['a whiteout of a parent', [{ name: 'var/.wh.lib' }]],
    ['an opaque parent', [{ name: 'var/lib/.wh..wh..opq' }]],
    ['an opaque root', [{ name: '.wh..wh..opq' }]],
    ['a file in the place of a parent', [{ name: 'var/lib', text: 'x' }]],
    ['a device in its place', [{ name: STATUS, flag: '3' }]],
    ['a folder in its place', [{ name: `${STATUS}/` }]],
  ])('hide a file by %s', async (_, layer) => {
    const target = await read([[{ name: STATUS, text: 'a\n' }], layer])
    expect(winners(target)).toEqual([])
    expect(rowsOf(target)).toHaveLength(1)
  })

  it('say when a device lies where a database is read', async () => {
    const target = await read([[{ name: STATUS, flag: '3' }]])
    expect(target.diagnostics).toMatchObject([
      { code: 'not-a-file', path: STATUS, effect: 'blind', layer: { index: 0 } },
    ])
  })

  it('do not hide what the same layer adds beside a whiteout', async () => {
    const target = await read([
      [{ name: STATUS, text: 'a\n' }],
      [{ name: 'var/lib/db/.wh.status' }, { name: STATUS, text: 'b\n' }],
    ])
    expect(winners(target)).toEqual([[STATUS, 1, 'b']])
  })

  it('ignore the names that AUFS kept for itself', async () => {
    const target = await read([
      [{ name: STATUS, text: 'a\n' }],
      [{ name: '.wh..wh.plnk/', flag: '5' }, { name: '.wh..wh.aufs' }],
    ])
    expect(winners(target)).toHaveLength(1)
  })

  it('take the later of two entries of one name', async () => {
    const target = await read([
      [
        { name: STATUS, text: 'a\n' },
        { name: `./${STATUS}`, text: 'b\n' },
      ],
    ])
    expect(rowsOf(target).map(({ facts }) => facts)).toEqual([['b']])
  })

  it('forget what a later file of the same layer puts out of the way', async () => {
    const target = await read([
      [
        { name: STATUS, text: 'a\n' },
        { name: 'var/lib', text: 'x' },
      ],
    ])
    expect(rowsOf(target)).toEqual([])
  })
})

describe('continuity of a record', () => {
  const first = { name: STATUS, text: 'a\n' }
  it.each<[string, LayerEntry[][], number | undefined]>([
    ['from the oldest layer', [[first], [{ name: STATUS, text: 'a\nb\n' }]], 0],
    ['over a layer that does not touch it', [[first], [{ name: 'x', text: '' }], [{ name: STATUS, text: 'a\n' }]], 0],
    ['broken by its absence', [[first], [{ name: STATUS, text: 'b\n' }], [{ name: STATUS, text: 'a\n' }]], 2],
    ['broken by a whiteout', [[first], [{ name: 'var/lib/db/.wh.status' }], [first]], 2],
    ['broken by a whiteout of a parent', [[first], [{ name: '.wh.var' }], [first]], 2],
    ['broken by a whiteout in its own layer', [[first], [{ name: 'var/lib/db/.wh.status' }, first]], 1],
    ['broken by an opaque parent', [[first], [{ name: 'var/lib/.wh..wh..opq' }, first]], 1],
    ['broken by something that is no file', [[first], [{ name: STATUS, flag: '6' }], [first]], 2],
    ['of a record that is gone', [[first], [{ name: STATUS, text: 'b\n' }]], undefined],
    ['of a file that is gone', [[first], [{ name: 'var/lib/db/.wh.status' }]], undefined],
    [
      'with one diff ID twice',
      [[first], [{ name: 'var/lib/db/.wh.status' }], [first], [{ name: STATUS, text: 'a\nc\n' }]],
      2,
    ],
  ])('%s', async (_, layers, since) => {
    const { tree } = await read(layers)
    expect(tree.since('lines', STATUS, 'a')).toBe(since)
  })
})

describe('names', () => {
  it('longer than a header, and not UTF-8, are told apart', async () => {
    const deep = `${'very-long-folder-name/'.repeat(20)}package.json`
    const target = await read([
      [
        { name: deep, text: 'a\n' },
        { name: '\udcff/package.json', text: 'b\n' },
        { name: '\udcfe/package.json', text: 'c\n' },
        { name: '\ufffd/package.json', text: 'd\n' },
      ],
      [{ name: '.wh.\udcfe' }],
    ])
    expect(winners(target).map(([, , fact]) => fact)).toEqual(['a', 'b', 'd'])
  })

  it('that climb above the root stay in it', async () => {
    const target = await read([
      [
        { name: `../../${STATUS}`, text: 'a\n' },
        { name: '/app/package.json', text: 'b\n' },
      ],
    ])
    expect(winners(target).map(([path]) => path)).toEqual(['app/package.json', STATUS])
  })
})

describe('what is left out', () => {
  const layers = [
    [
      { name: 'a/b/package.json', text: 'a\n' },
      { name: 'a/package.json', text: 'b\n' },
      { name: 'c/package.json', text: 'c\n' },
    ],
  ]
  it.each([
    [{ skipFiles: ['/a/package.json'] }, ['a', 'c']],
    [{ skipFiles: ['**/package.json'] }, []],
    [{ skipFiles: ['*/package.json'] }, ['a']],
    [{ skipDirs: ['a'] }, ['c']],
    [{ skipDirs: ['**/b'] }, ['b', 'c']],
    [{ skipDirs: ['?'] }, []],
  ])('%j', async (given, facts) => {
    expect(winners(await read(layers, given)).map(([, , fact]) => fact)).toEqual(facts)
  })
})

describe('readers that fail', () => {
  it('lose their file by their own measure, and nobody else is touched', async () => {
    const broken: FileReader<string> = {
      ...lines,
      id: 'broken',
      read: () => {
        throw new Error('no such thing')
      },
    }
    const small: FileReader<string> = { ...lines, id: 'small', wants: { ...lines.wants, maxBytes: 1, loss: 'partial' } }
    const target = await read([[{ name: STATUS, text: 'a\n' }]], { readers: [broken, small, lines] as AnyReader[] })
    expect(winners(target)).toHaveLength(1)
    expect(target.diagnostics.map(({ code, path, effect }) => [code, path, effect]).toSorted()).toEqual([
      ['file-too-large', STATUS, 'partial'],
      ['reader-failed', STATUS, 'blind'],
    ])
  })
})
