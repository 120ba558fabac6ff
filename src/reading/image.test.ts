import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { imageOf, type LayerEntry } from '../../test/support/image-builder.ts'
import { DEFAULT_LIMITS } from '../lib/limits.ts'
import type { AnyReader, FactStore, FileReader, PlacedRow, ReadTarget } from './index.ts'
import { inlineRunner, memoryFactStore, readImage } from './index.ts'

const decoder = new TextDecoder()

/** One record a line, followed by its text. */
const lines: FileReader<string> = {
  id: 'lines',
  version: 1,
  wants: {
    any: [{ path: 'var/lib/db/status' }, { path: 'usr/lib/db/status' }, { name: 'package.json' }],
    maxBytes: 1024 ** 2,
    loss: 'blind',
    digests: ['md5', 'sha256'],
  },
  keys: (fact) => [fact],
  read: ({ bytes }) => ({
    facts: decoder
      .decode(bytes)
      .split('\n')
      .filter((line) => line !== ''),
    diagnostics: [],
  }),
}

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'reading-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

interface Given {
  readonly readers?: readonly AnyReader[]
  readonly store?: FactStore
  readonly skipFiles?: readonly string[]
  readonly skipDirs?: readonly string[]
  readonly encoding?: 'plain' | 'gzip'
}

async function read(layers: readonly (readonly LayerEntry[])[], given: Given = {}): Promise<ReadTarget> {
  const readers = given.readers ?? [lines as AnyReader]
  return readImage(imageOf(folder, layers, given.encoding), {
    readers,
    runner: inlineRunner(readers),
    store: given.store,
    limits: DEFAULT_LIMITS,
    signal: new AbortController().signal,
    skipFiles: given.skipFiles ?? [],
    skipDirs: given.skipDirs ?? [],
    progress: () => {},
  })
}

const rowsOf = (target: ReadTarget): readonly PlacedRow[] => target.rows.get('lines') ?? []
const winners = (target: ReadTarget) =>
  rowsOf(target)
    .filter(({ wins }) => wins)
    .map(({ path, layer, facts }) => [path, layer, ...facts])

const STATUS = 'var/lib/db/status'

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

describe('links', () => {
  it('a hard link to a wanted body already passed gives a row of its own', async () => {
    const target = await read([
      [
        { name: 'store/abc', text: 'a\n' },
        { name: 'z', text: '' },
        { name: 'app/package.json', hardlink: 'store/abc' },
      ],
    ])
    expect(winners(target)).toEqual([['app/package.json', 0, 'a']])
  })

  it('a hard link leads to the copy that stood there when it was made', async () => {
    const target = await read([
      [
        { name: 'f', text: 'a\n' },
        { name: 'app/package.json', hardlink: 'f' },
        { name: 'f', text: 'b\n' },
      ],
    ])
    expect(winners(target)).toEqual([['app/package.json', 0, 'a']])
  })

  it('a hard link into an older layer is read there, also when its target is gone since', async () => {
    const target = await read([
      [{ name: 'opt/data', text: 'a\n' }],
      [{ name: 'var/lib/db/status', hardlink: 'opt/data' }],
      [{ name: '.wh.opt' }],
    ])
    expect(winners(target)).toEqual([[STATUS, 0, 'a']])
    expect(target.tree.wins(STATUS, 0)).toBe(true)
  })

  it('a hard link to nowhere is said', async () => {
    const target = await read([
      [
        { name: STATUS, hardlink: 'no/where' },
        { name: 'other', hardlink: 'no/where' },
      ],
    ])
    expect(target.diagnostics.map(({ code, path, effect }) => [code, path, effect])).toEqual([
      ['hard-link-to-nowhere', STATUS, 'blind'],
      ['hard-link-to-nowhere', 'other', 'notice'],
    ])
  })

  it.each<[string, LayerEntry[][]]>([
    ['absolute', [[{ name: 'opt/state/status', text: 'a\n' }], [{ name: STATUS, symlink: '/opt/state/status' }]]],
    [
      'relative',
      [[{ name: 'opt/state/status', text: 'a\n' }], [{ name: STATUS, symlink: '../../../opt/state/status' }]],
    ],
    [
      'beyond the root',
      [[{ name: 'opt/state/status', text: 'a\n' }], [{ name: STATUS, symlink: '../../../../../../opt/state/status' }]],
    ],
    ['of a parent', [[{ name: 'opt/state/status', text: 'a\n' }], [{ name: 'var/lib/db', symlink: '/opt/state' }]]],
    [
      'in the same layer',
      [
        [
          { name: STATUS, symlink: '/opt/state/status' },
          { name: 'opt/state/status', text: 'a\n' },
        ],
      ],
    ],
    [
      'over two links',
      [
        [{ name: 'opt/real/status', text: 'a\n' }],
        [
          { name: 'var/lib/db', symlink: '/opt/state' },
          { name: 'opt/state', symlink: 'real' },
        ],
      ],
    ],
  ])('a wanted path that is a symbolic link is read where it leads: %s', async (_, layers) => {
    const target = await read(layers)
    expect(winners(target)).toEqual([[STATUS, 0, 'a']])
    expect(target.tree.since('lines', STATUS, 'a')).toBe(0)
    expect(target.tree.wins(STATUS, 0)).toBe(true)
  })

  it('a link by a wanted name is read where it leads', async () => {
    const target = await read([
      [
        { name: 'x/y', text: 'a\n' },
        { name: 'app/package.json', symlink: '../x/y' },
      ],
    ])
    expect(winners(target)).toEqual([['app/package.json', 0, 'a']])
  })

  it('two wanted paths to one body give one row', async () => {
    const target = await read([
      [{ name: 'opt/s/status', text: 'a\n' }],
      [
        { name: 'var/lib/db', symlink: '/opt/s' },
        { name: 'usr/lib/db', symlink: '/opt/s' },
      ],
    ])
    expect(winners(target)).toEqual([[STATUS, 0, 'a']])
  })

  it('a wanted path that leads to another wanted path is not read twice', async () => {
    const target = await read([
      [
        { name: 'usr/lib/db/status', text: 'a\n' },
        { name: 'var/lib', symlink: '/usr/lib' },
      ],
    ])
    expect(winners(target)).toEqual([['usr/lib/db/status', 0, 'a']])
    expect(target.tree.resolve(STATUS)).toBe('usr/lib/db/status')
    expect(target.tree.since('lines', STATUS, 'a')).toBe(0)
  })

  it('what lies behind a link of an older layer is found where it lands', async () => {
    const target = await read([
      [{ name: 'usr/lib/' }, { name: 'usr/lib/db/status', text: 'a\n' }, { name: 'var/lib', symlink: '/usr/lib' }],
      [{ name: STATUS, text: 'a\nb\n' }],
    ])
    expect(winners(target)).toEqual([['usr/lib/db/status', 1, 'a', 'b']])
    expect(target.tree.since('lines', 'usr/lib/db/status', 'a')).toBe(0)
  })

  it('a folder named as such takes the place of a link', async () => {
    const target = await read([
      [
        { name: 'usr/lib/db/status', text: 'a\n' },
        { name: 'var/lib', symlink: '/usr/lib' },
      ],
      [{ name: 'var/lib/' }, { name: STATUS, text: 'b\n' }],
    ])
    expect(winners(target)).toEqual([
      ['usr/lib/db/status', 0, 'a'],
      [STATUS, 1, 'b'],
    ])
  })

  it('links in a circle lead nowhere, and that is said', async () => {
    const target = await read([
      [
        { name: STATUS, symlink: 'status' },
        { name: 'a', symlink: 'b' },
        { name: 'b', symlink: 'a' },
      ],
    ])
    expect(target.tree.resolve(STATUS)).toBeUndefined()
    expect(target.tree.resolve('a/x')).toBeUndefined()
    expect(target.diagnostics).toMatchObject([{ code: 'link-to-nowhere', path: STATUS, effect: 'notice' }])
  })

  it('an entry whose parents are links in a circle is left out and named', async () => {
    const target = await read([
      [
        { name: 'var', symlink: 'var' },
        { name: STATUS, text: 'a\n' },
      ],
    ])
    expect(target.diagnostics).toMatchObject([{ code: 'link-loop', path: STATUS, effect: 'partial' }])
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

describe('known layers', () => {
  const shared = [
    { name: STATUS, text: 'a\n' },
    { name: 'nul', text: 'x' },
  ]
  const one = [shared, [{ name: STATUS, text: 'a\nb\n' }]]
  const two = [shared, [{ name: 'var/lib/db/.wh.status' }]]
  const plain = (target: ReadTarget) => ({ rows: [...target.rows], diagnostics: target.diagnostics })

  it('two images that share a layer give the same in either order as from an empty store', async () => {
    const [freshOne, freshTwo] = [plain(await read(one)), plain(await read(two))]
    for (const order of [
      [one, two],
      [two, one],
    ]) {
      const store = memoryFactStore()
      for (const layers of [...order, ...order]) {
        const got = plain(await read(layers, { store }))
        expect(got).toEqual(layers === one ? freshOne : freshTwo)
      }
    }
  })

  it('are not opened again, and only readers of another version run', async () => {
    const store = memoryFactStore()
    const image = imageOf(folder, one)
    await read(one, { store })
    for (const layer of image.layers) rmSync(layer.locator?.path ?? '')
    const options = {
      runner: inlineRunner([]),
      store,
      limits: DEFAULT_LIMITS,
      signal: new AbortController().signal,
      skipFiles: [],
      skipDirs: [],
      progress: () => {},
    }
    const target = await readImage(image, { ...options, readers: [lines as AnyReader] })
    expect(target.layers.map(({ known }) => known)).toEqual([true, true])
    await expect(readImage(image, { ...options, readers: [{ ...lines, version: 2 } as AnyReader] })).rejects.toThrow(
      /lines/,
    )
  })

  it('a layer that is not here is blind and named', async () => {
    const image = imageOf(folder, one)
    const layers = image.layers.map((layer, i) =>
      i === 0 ? { ...layer, locator: undefined, absent: 'a foreign layer' } : layer,
    )
    const readers = [lines as AnyReader]
    const target = await readImage(
      { ...image, layers },
      {
        readers,
        runner: inlineRunner(readers),
        limits: DEFAULT_LIMITS,
        signal: new AbortController().signal,
        skipFiles: [],
        skipDirs: [],
        progress: () => {},
      },
    )
    expect(target.diagnostics).toMatchObject([{ code: 'layer-absent', effect: 'blind', layer: { index: 0 } }])
    expect(target.diagnostics[0].message).toContain('a foreign layer')
    expect(winners(target)).toHaveLength(1)
  })

  it('a digest that lies is an error that names the layer', async () => {
    const image = imageOf(folder, one)
    const lie = `sha256:${'1'.repeat(64)}` as const
    const readers = [lines as AnyReader]
    const reading = readImage(
      { ...image, layers: [{ ...image.layers[0], diffId: lie }] },
      {
        readers,
        runner: inlineRunner(readers),
        limits: DEFAULT_LIMITS,
        signal: new AbortController().signal,
        skipFiles: [],
        skipDirs: [],
        progress: () => {},
      },
    )
    await expect(reading).rejects.toMatchObject({ code: 'digest-mismatch', input: `layer 1 of 1 (${lie})` })
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
