import { describe, expect, it } from 'vitest'
import { parseImageList } from './image-list.ts'

describe('a list of images', () => {
  it('has one a line, remarks and empty lines left out', () => {
    expect(parseImageList('\ufeffalpine:3.20\r\n\r\n  # no more\n  ghcr.io/a/b@sha256:1 \n', 'l.txt')).toEqual([
      { reference: 'alpine:3.20', from: 'l.txt:1' },
      { reference: 'ghcr.io/a/b@sha256:1', from: 'l.txt:4' },
    ])
  })

  it.each([
    ['two words', 'holds a space'],
    ['a\u0000b', 'holds control characters'],
    ['a'.repeat(5000), 'is longer than'],
  ])('names a wrong line by its number and goes on: %s', (line, why) => {
    const [good, wrong, next] = parseImageList(`one\n${line}\ntwo`, 'l.txt')
    expect(good).toEqual({ reference: 'one', from: 'l.txt:1' })
    expect(next).toEqual({ reference: 'two', from: 'l.txt:3' })
    expect(wrong).toMatchObject({ from: 'l.txt:2', failure: { code: 'list-line-invalid' } })
    expect('failure' in wrong && wrong.failure.message).toContain(`line 2 of l.txt ${why}`)
  })
})
