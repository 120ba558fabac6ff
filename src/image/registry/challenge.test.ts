import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseChallenges } from './challenge.ts'

const read = (header: string): unknown =>
  parseChallenges(header).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)])

describe('challenges of a WWW-Authenticate header', () => {
  it('have quoted and plain parameters, in any case', () => {
    expect(
      read('Bearer Realm="https://auth.example/token?a=b,c",service=registry.example,scope="repository:a/b:pull,push"'),
    ).toEqual([
      [
        'bearer',
        { realm: 'https://auth.example/token?a=b,c', service: 'registry.example', scope: 'repository:a/b:pull,push' },
      ],
    ])
    expect(read('BASIC realm = "say \\"hi\\""')).toEqual([['basic', { realm: 'say "hi"' }]])
  })

  it('may be several, with and without parameters', () => {
    expect(read('Negotiate, Basic realm="x", Bearer realm="y", error="invalid_token"')).toEqual([
      ['negotiate', {}],
      ['basic', { realm: 'x' }],
      ['bearer', { realm: 'y', error: 'invalid_token' }],
    ])
    expect(read('Negotiate oYIBNg==, Basic realm=x')).toEqual([
      ['negotiate', {}],
      ['basic', { realm: 'x' }],
    ])
  })

  it('keep the first of parameters of one name, and no names of the language', () => {
    expect(read('Basic realm=a, realm=b')).toEqual([['basic', { realm: 'a' }]])
    expect(parseChallenges('Basic __proto__=x')[0].parameters.get('__proto__')).toBe('x')
  })

  it('end where the grammar does, and never hang', () => {
    expect(read('')).toEqual([])
    expect(read('Basic realm="open')).toEqual([['basic', {}]])
    const start = performance.now()
    for (const hostile of [
      `Basic ${'a='.repeat(20_000)}`,
      `${','.repeat(50_000)}`,
      `Basic a="${'\\"'.repeat(20_000)}`,
      'x '.repeat(20_000),
    ])
      expect(parseChallenges(hostile).length).toBeLessThanOrEqual(20)
    expect(performance.now() - start).toBeLessThan(1000)
    fc.assert(fc.property(fc.string({ maxLength: 300 }), (text) => void parseChallenges(text)))
  })

  it('give back what was written', () => {
    const value = fc.stringMatching(/^[ -~]{0,20}$/)
    fc.assert(
      fc.property(value, value, (realm, scope) => {
        const quoted = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`
        expect(read(`Bearer realm=${quoted(realm)},scope=${quoted(scope)}`)).toEqual([['bearer', { realm, scope }]])
      }),
    )
  })
})
