import { describe, expect, it } from 'vitest'
import type { LayerEntry } from '../../test/support/image-builder.ts'
import { read, STATUS, winners } from '../../test/support/read-image.ts'

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
