import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Failure } from '../../lib/failure.ts'
import { familiarRepository, fullName, parseImageName, parseReference } from './image-name.ts'

const HEX = 'ab'.repeat(32)

function failureOf(act: () => unknown): Failure {
  try {
    act()
  } catch (error) {
    if (error instanceof Failure) return error
    throw error
  }
  throw new Error('nothing was refused')
}

describe('an image reference by its grammar', () => {
  it('has a domain before the first slash only where the grammar allows one', () => {
    expect(parseReference('host:5000/a/b:tag')).toEqual({ domain: 'host:5000', path: 'a/b', tag: 'tag' })
    expect(parseReference('under_score/a')).toEqual({ path: 'under_score/a' })
    expect(parseReference('[2001:db8::1]:443/a')).toEqual({ domain: '[2001:db8::1]:443', path: 'a' })
  })

  it('knows the digests that OCI knows', () => {
    expect(parseReference(`a@sha512:${'ab'.repeat(64)}`).digest).toMatch(/^sha512:/)
    for (const digest of [`sha384:${'ab'.repeat(48)}`, `sha256:${'ab'.repeat(31)}`, `sha256:${HEX.toUpperCase()}`])
      expect(failureOf(() => parseReference(`a@${digest}`)).message).toContain('no digest that is known')
  })

  it('bounds the path, not the domain with it', () => {
    const longest = 'a'.repeat(255)
    expect(parseReference(`registry.example/${longest}:1`).path).toBe(longest)
    expect(failureOf(() => parseReference(`registry.example/${longest}a`)).message).toContain('longer than 255')
  })

  it('says what is wrong with the case of letters', () => {
    expect(failureOf(() => parseReference('Shop/Cart/x')).message).toBe('a repository is written in lower case')
    expect(failureOf(() => parseReference('a b')).message).toBe('it is no image reference')
  })

  it('gives back what it was made of', () => {
    const component = fc.stringMatching(/^[a-z0-9]{1,8}([._-][a-z0-9]{1,8}){0,2}$/)
    const reference = fc.record(
      {
        domain: fc.constantFrom('registry.example', 'localhost:5000', '[::1]:443', 'UP'),
        path: fc.array(component, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/')),
        tag: fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}$/),
        digest: fc.constant(`sha256:${HEX}`),
      },
      { requiredKeys: ['domain', 'path'] },
    )
    fc.assert(
      fc.property(reference, (parts) => {
        const text = `${parts.domain}/${parts.path}${parts.tag ? `:${parts.tag}` : ''}${parts.digest ? `@${parts.digest}` : ''}`
        expect(parseReference(text)).toEqual(parts)
        expect(parseImageName(text)).toMatchObject(parts)
      }),
    )
  })

  it('refuses any other text with a Failure, and quickly', () => {
    const hostile = fc.oneof(fc.string({ maxLength: 2000 }), fc.stringMatching(/^[a-z./:@_-]{0,1500}$/))
    fc.assert(
      fc.property(hostile, (text) => {
        try {
          const { domain, path } = parseImageName(text)
          expect(`${domain}/${path}`).not.toMatch(/\s|\.\.\/|\/\//)
        } catch (error) {
          expect(error).toBeInstanceOf(Failure)
        }
      }),
    )
    const start = performance.now()
    expect(() => parseReference(`${'a-'.repeat(500)}!`)).toThrow(Failure)
    expect(performance.now() - start).toBeLessThan(1000)
  })
})

describe('an image name as users type it', () => {
  it('is looked for where Docker looks', () => {
    const full = (text: string): string => fullName(parseImageName(text))
    expect(full('alpine')).toBe('docker.io/library/alpine:latest')
    expect(full('org/app:2')).toBe('docker.io/org/app:2')
    expect(full('docker.io/alpine')).toBe('docker.io/library/alpine:latest')
    expect(full('index.docker.io/alpine')).toBe('docker.io/library/alpine:latest')
    expect(full('localhost/app')).toBe('localhost/app:latest')
    expect(full('localhost:5000/app')).toBe('localhost:5000/app:latest')
    expect(full(`alpine@sha256:${HEX}`)).toBe(`docker.io/library/alpine@sha256:${HEX}`)
    expect(full(`host.example/a:1@sha256:${HEX}`)).toBe(`host.example/a:1@sha256:${HEX}`)
  })

  it('is shown as Docker shows it', () => {
    expect(familiarRepository(parseImageName('alpine'))).toBe('alpine')
    expect(familiarRepository(parseImageName('org/app'))).toBe('org/app')
    expect(familiarRepository(parseImageName('registry.example/a/b'))).toBe('registry.example/a/b')
  })

  it('is not an ID, and says how a digest is written', () => {
    const failure = failureOf(() => parseImageName(HEX))
    expect(failure.message).toBe('it is an ID, not a name')
    expect(failure.hints[0]).toContain('@sha256:')
  })
})
