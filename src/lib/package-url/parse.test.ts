import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { packageUrl } from './package-url.ts'
import { buildPackageUrl, canonicalPackageUrl, parsePackageUrl } from './parse.ts'

describe('package URLs', () => {
  it('are taken apart and put together', () => {
    const parts = {
      type: 'npm',
      namespace: '@scope',
      name: 'a',
      version: '1.0.0',
      qualifiers: { x: 'a b' },
      subpath: 'p/q',
    }
    const text = 'pkg:npm/%40scope/a@1.0.0?x=a%20b#p/q'
    expect(parsePackageUrl(text)).toEqual(parts)
    expect(packageUrl(parts)).toBe(text)
  })

  it('are brought into the form of their type', () => {
    expect(canonicalPackageUrl('pkg:PyPI/Foo_Bar@1')).toBe('pkg:pypi/foo-bar@1')
    expect(canonicalPackageUrl('pkg:git/GitHub.com/A/B@1')).toBe('pkg:git/github.com/a/b@1')
    expect(canonicalPackageUrl('pkg:brew/SQLite@3')).toBe('pkg:brew/sqlite@3')
  })

  it('that are none are refused with the text', () => {
    for (const text of [
      '',
      'npm/a@1',
      'pkg:npm',
      'pkg:julia/Dates',
      'pkg:vcpkg/@1.0',
      'pkg:otp/a/b@1',
      'pkg:gem/a?Platform=b',
    ])
      expect(() => parsePackageUrl(text), text).toThrow('is no package URL')
    expect(() => buildPackageUrl({ type: 'cpan', name: 'A::B' })).toThrow('is no package URL')
  })

  it('of any parts come back as they were', () => {
    const part = fc
      .string({ minLength: 1, maxLength: 12 })
      .filter((text) => !/^\s|\s$|\//.test(text) && text.isWellFormed())
    fc.assert(
      fc.property(part, part, part, part, (namespace, name, version, value) => {
        const parts = { type: 'generic', namespace, name, version, qualifiers: { key: value } }
        expect(parsePackageUrl(packageUrl(parts))).toEqual(parts)
      }),
    )
  })
})

it('takes versions of Go that are not semantic', () => {
  for (const version of ['v1', 'v1.0.0-20240101000000-abcdefabcdef', 'none']) {
    const text = `pkg:golang/example.com/x@${version}`
    expect(buildPackageUrl(parsePackageUrl(text))).toBe(text)
  }
})
