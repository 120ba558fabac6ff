import { describe, expect, it } from 'vitest'
import { leavesRoot, normaliseEntryName } from './names.ts'

describe('names of entries', () => {
  it.each([
    ['usr/bin/sh', 'usr/bin/sh'],
    ['./usr/bin/', 'usr/bin'],
    ['/etc/passwd', 'etc/passwd'],
    ['a//b/./c', 'a/b/c'],
    ['../../etc/passwd', 'etc/passwd'],
    ['a/../../b', 'b'],
    ['..a/b..', '..a/b..'],
    ['.wh..wh..opq', '.wh..wh..opq'],
    ['a/.', 'a'],
    ['./', undefined],
    ['/', undefined],
    ['..', undefined],
    ['', undefined],
  ])('%j becomes %j', (name, normalised) => {
    expect(normaliseEntryName(name)).toBe(normalised)
  })

  it('tells names that climb above the root', () => {
    expect(['../a', 'a/../../b', '/..'].map(leavesRoot)).toEqual([true, true, true])
    expect(['a/../b', 'a..b', '/a'].map(leavesRoot)).toEqual([false, false, false])
  })
})
