import { describe, expect, it } from 'vitest'
import { recordedDigest, recordedDigestText } from './recorded-digest.ts'

const SHORT = 'Ab'.repeat(32)
const LONG = 'cD'.repeat(64)

describe('a digest in a file', () => {
  it('is taken by whatever name its algorithm goes, in lower case', () => {
    for (const name of ['SHA-256', 'SHA256', 'sha256', 'sha-256'])
      expect(recordedDigest(name, SHORT)).toBe(`sha256:${SHORT.toLowerCase()}`)
    expect(recordedDigest('SHA512', LONG)).toBe(`sha512:${LONG.toLowerCase()}`)
    expect(recordedDigestText(` sha256:${SHORT}\n`)).toBe(`sha256:${SHORT.toLowerCase()}`)
    expect(recordedDigestText(`sha512=${LONG}`)).toBe(`sha512:${LONG.toLowerCase()}`)
  })

  it('is none where it is weak, cut, too long, or something else', () => {
    expect(recordedDigest('md5', 'ab'.repeat(16))).toBeUndefined()
    expect(recordedDigest('sha1', 'ab'.repeat(20))).toBeUndefined()
    expect(recordedDigest('sha256', SHORT.slice(1))).toBeUndefined()
    expect(recordedDigest('sha512', SHORT)).toBeUndefined()
    expect(recordedDigest('sha256', 'x'.repeat(64))).toBeUndefined()
    expect(recordedDigest(undefined, SHORT)).toBeUndefined()
    for (const text of [undefined, '', 'sha256', `sha256:${'a'.repeat(10_000_000)}`, `__proto__:${SHORT}`, `:${SHORT}`])
      expect(recordedDigestText(text)).toBeUndefined()
  })
})
