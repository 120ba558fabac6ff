import { describe, expect, it } from 'vitest'
import { foldersAbove, inFolder, pathFrom, placeOf } from './folders.ts'

describe('folders of an image', () => {
  it('are told from paths, up to the root', () => {
    expect(placeOf('a/b/c.txt')).toEqual({ folder: 'a/b', name: 'c.txt' })
    expect(placeOf('c.txt')).toEqual({ folder: '', name: 'c.txt' })
    expect([...foldersAbove('a/b')]).toEqual(['a/b', 'a', ''])
    expect([...foldersAbove('a/'.repeat(100_000))]).toHaveLength(256)
    expect(inFolder('', 'x')).toBe('x')
  })

  it('are where written paths lead, and never out of the root', () => {
    expect(pathFrom('a/b', '../c/./d.txt')).toBe('a/c/d.txt')
    expect(pathFrom('', 'd.txt')).toBe('d.txt')
    expect(pathFrom('a', '/etc//d.txt')).toBe('etc/d.txt')
    expect(pathFrom('a', '../../etc/passwd')).toBeUndefined()
  })
})
