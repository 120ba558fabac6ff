import { describe, expect, it } from 'vitest'
import { compileDispatch, conditionHolds } from './dispatch.ts'
import type { AnyReader, PathCondition, Wants } from './types.ts'

const reader = (id: string, wants: Partial<Wants>): AnyReader => ({
  id,
  version: 1,
  wants: { any: [], maxBytes: 1000, loss: 'partial', ...wants },
  read: () => ({ facts: [], diagnostics: [] }),
})

const takers = (wants: Partial<Wants>, path: string, mode = 0o644): number =>
  compileDispatch([reader('r', wants)]).byPath(path, mode).length

describe('a condition on a path', () => {
  it.each<[PathCondition, string, boolean]>([
    [{ path: 'etc/os-release' }, 'etc/os-release', true],
    [{ path: 'etc/os-release' }, 'x/etc/os-release', false],
    [{ name: 'status' }, 'a/b/status', true],
    [{ name: 'status' }, 'status', true],
    [{ name: 'status' }, 'a/status/b', false],
    [{ suffix: '.list' }, 'a/x.list', true],
    [{ suffix: '.list' }, 'a/.list', true],
    [{ suffix: 'a/x' }, 'a/x', false],
    [{ under: 'var/lib' }, 'var/lib/a/b', true],
    [{ under: 'var/lib' }, 'var/library/a', false],
    [{ under: 'var/lib' }, 'var/lib', false],
    [{ under: 'var/lib', suffix: '.list' }, 'var/lib/x.list', true],
    [{ under: 'var/lib', suffix: '.list' }, 'var/x.list', false],
    [{ inside: 'node_modules', name: 'package.json' }, 'a/node_modules/b/package.json', true],
    [{ inside: 'node_modules', name: 'package.json' }, 'node_modules/b/package.json', true],
    [{ inside: 'node_modules', name: 'package.json' }, 'old_node_modules/b/package.json', false],
    [{ inside: 'node_modules' }, 'a/node_modules', false],
    [{ inside: 'b/c' }, 'a/b/c/d', true],
    [{ inside: 'b/c' }, 'a/bb/c/b/c', false],
    [{}, 'anything', true],
  ])('%j on %s: %s', (condition, path, holds) => {
    expect(conditionHolds(condition, path)).toBe(holds)
    expect(takers({ any: [condition] }, path)).toBe(holds ? 1 : 0)
  })
})

describe('the dispatch', () => {
  it('takes a file once for each reader, however many conditions hold', () => {
    const readers = [
      reader('a', { any: [{ name: 'x' }, { suffix: 'x' }, { path: 'x' }] }),
      reader('b', { any: [{ suffix: 'x' }] }),
    ]
    expect(
      compileDispatch(readers)
        .byPath('x', 0)
        .map(({ id }) => id),
    ).toEqual(['a', 'b'])
  })

  it('asks for an executable bit where that is wanted', () => {
    expect(takers({ any: [{ name: 'x' }], executable: true }, 'x', 0o644)).toBe(0)
    expect(takers({ any: [{ name: 'x' }], executable: true }, 'x', 0o755)).toBe(1)
  })

  it('knows files by their first bytes, large enough and not taken already', () => {
    const elf = reader('elf', { magic: { bytes: [Uint8Array.of(0x7f, 0x45)], minBytes: 10 }, executable: true })
    const dispatch = compileDispatch([elf])
    expect(dispatch.looksInside(0o755, 10)).toBe(true)
    expect(dispatch.looksInside(0o755, 9)).toBe(false)
    expect(dispatch.looksInside(0o644, 10)).toBe(false)
    expect(dispatch.byMagic(Uint8Array.of(0x7f, 0x45, 1), 0o755, 10, [])).toEqual([elf])
    expect(dispatch.byMagic(Uint8Array.of(0x7f), 0o755, 10, [])).toEqual([])
    expect(dispatch.byMagic(Uint8Array.of(0x7f, 0x45), 0o755, 10, [elf])).toEqual([])
  })

  it('does not stumble over names of object members', () => {
    expect(takers({ any: [{ name: 'x' }] }, '__proto__/constructor')).toBe(0)
  })
})
