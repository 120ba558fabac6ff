import { describe, expect, it } from 'vitest'
import { Failure } from '../lib/failure.ts'
import { errorText } from './error-text.ts'

const PLAIN = { colour: false, debug: false }

describe('the text of an error', () => {
  it('says what failed, on what, why and what to try, in four lines at most', () => {
    const hints = ['this', 'that', 'or that', 'and more']
    const failure = new Failure('x', 'could not be read', { input: 'image.tar', hints })
    expect(errorText(failure, PLAIN)).toBe(
      'error: image.tar: could not be read\n  try: this\n  try: that\n  try: or that\n',
    )
  })

  it('names the input once', () => {
    const failure = new Failure('x', 'cannot read image.tar', { input: 'image.tar' })
    expect(errorText(failure, PLAIN)).toBe('error: cannot read image.tar\n')
  })

  it('says what the system said in words, and still on what', () => {
    const message = "cannot be read: ENOENT: no such file or directory, open '/srv/image.tar'"
    const failure = new Failure('x', message, { input: '/srv/image.tar' })
    expect(errorText(failure, PLAIN)).toBe('error: /srv/image.tar: cannot be read: no such file or directory\n')
  })

  it('writes no control character of the input', () => {
    const failure = new Failure('x', 'is odd', { input: 'a\u001b[31m\nb' })
    expect(errorText(failure, PLAIN)).toBe('error: a\\u001b[31m b: is odd\n')
  })

  it('adds code and causes when asked', () => {
    const failure = new Failure('some-code', 'failed', { cause: new Error('the cause') })
    expect(errorText(failure, { ...PLAIN, debug: true })).toMatch(/code: some-code[\s\S]*caused by: the cause/)
  })
})
