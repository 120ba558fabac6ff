import { Buffer } from 'node:buffer'
import { assert, property, string } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeEntry, entriesFor, helperFor, parseAuthFile } from './auth-file.ts'

const base64 = (text: string): string => Buffer.from(text).toString('base64')
const users = (auths: object, name: string, options = {}): readonly string[] =>
  entriesFor(parseAuthFile(JSON.stringify(options === undefined ? auths : { auths }), options), name).flatMap(
    ({ entry }) =>
      decodeEntry(entry, 'x').credentials.map((found) => (found.kind === 'basic' ? found.username : found.kind)),
  )
const entry = (user: string): object => ({ auth: base64(`${user}:secret`) })

describe('files of credentials', () => {
  it.each([
    ['registry.example:5000'],
    ['https://registry.example:5000'],
    ['http://registry.example:5000/'],
    ['registry.example:5000/v1/'],
    ['https://registry.example:5000/v2/'],
    ['https://someone@registry.example:5000/v2'],
    ['REGISTRY.example:5000'],
  ])('knows a registry by the key %s', (key) => {
    expect(users({ [key]: entry('me') }, 'registry.example:5000/team/app')).toEqual(['me'])
    expect(users({ [key]: entry('me') }, 'registry.example/team/app')).toEqual([])
  })

  it.each([['https://index.docker.io/v1/'], ['docker.io'], ['index.docker.io'], ['registry-1.docker.io']])(
    'knows Docker Hub by the key %s',
    (key) => {
      expect(users({ [key]: entry('me') }, 'docker.io/library/alpine')).toEqual(['me'])
    },
  )

  it('does not take the tokens of Docker Desktop for credentials of Docker Hub', () => {
    const auths = {
      'https://index.docker.io/v1/access-token': entry('a'),
      'https://index.docker.io/v1/refresh-token': entry('b'),
    }
    expect(users(auths, 'docker.io/library/alpine')).toEqual([])
  })

  it('takes the most specific path first, and never that of another repository', () => {
    const auths = {
      'quay.io': entry('all'),
      'quay.io/team/app': entry('app'),
      'quay.io/team': entry('team'),
      'quay.io/team/application': entry('other'),
    }
    expect(users(auths, 'quay.io/team/app')).toEqual(['app', 'team', 'all'])
    expect(users(auths, 'quay.io/team/app/sub')).toEqual(['app', 'team', 'all'])
    expect(users(auths, 'quay.io/else')).toEqual(['all'])
  })

  it('takes an address with a path for the whole registry, when nothing else speaks for it', () => {
    const auths = { 'https://registry.example/some/path': entry('late'), 'registry.example': entry('first') }
    expect(users(auths, 'registry.example/team/app')).toEqual(['first', 'late'])
  })

  it('prefers a key that is written plainly', () => {
    const auths = { 'https://registry.example/v1/': entry('address'), 'registry.example': entry('plain') }
    expect(users(auths, 'registry.example/app')).toEqual(['plain', 'address'])
  })

  it('reads the old form, which is the table itself', () => {
    const file = parseAuthFile(JSON.stringify({ 'https://index.docker.io/v1/': entry('old') }), { legacy: true })
    expect(entriesFor(file, 'docker.io/library/alpine')).toHaveLength(1)
  })

  it('finds the helper of a registry, of a path, and the store of all', () => {
    const file = parseAuthFile(
      JSON.stringify({
        credsStore: 'desktop',
        credHelpers: { 'quay.io/team': 'team', 'https://index.docker.io/v1/': 'hub', 'plain.example': '' },
      }),
    )
    expect(helperFor(file, 'quay.io/team/app')).toEqual({ helper: 'team', key: 'quay.io/team' })
    expect(helperFor(file, 'docker.io/library/alpine')).toEqual({ helper: 'hub', key: 'docker.io' })
    expect(helperFor(file, 'quay.io/other')).toEqual({ helper: 'desktop', key: 'quay.io' })
    expect(helperFor(file, 'plain.example/app')).toBeUndefined()
  })

  it.each([
    ['', 'it is empty'],
    ['{"auths": {', 'it is not JSON'],
    ['[]', 'it is JSON, but no object'],
    ['{"auths": []}', '"auths" is no object'],
    ['{"credHelpers": 7}', '"credHelpers" is no object'],
    ['{"credHelpers": {"quay.io": {}}}', 'the helper for "quay.io" is no text'],
  ])('says what is wrong with %s', (text, problem) => {
    expect(parseAuthFile(text).problems).toEqual([problem])
  })

  it('takes keys that mean something to JavaScript as names', () => {
    const file = parseAuthFile('{"auths": {"__proto__": {"auth": "x"}, "constructor": {"auth": "YTpi"}}}')
    expect(entriesFor(file, 'constructor/app').map(({ key }) => key)).toEqual(['constructor'])
    expect(({} as Record<string, unknown>).auth).toBeUndefined()
  })

  it('answers for any text', () => {
    assert(property(string(), string(), (text, name) => entriesFor(parseAuthFile(text), name).length >= 0))
  })
})

describe('an entry', () => {
  it.each([
    ['padded', 'dXNlcjpwYXNz'],
    ['without its padding', base64('user:pass1').replace(/=+$/, '')],
    ['over several lines', `${base64('user:pass').slice(0, 4)}\n${base64('user:pass').slice(4)}\n`],
    ['in the alphabet of URLs', Buffer.from('user:pa>>?').toString('base64url')],
    ['padded with zeros inside', base64('user:pass\0\0')],
  ])('is decoded %s', (_, auth) => {
    expect(decodeEntry({ auth }, 'x').credentials).toMatchObject([{ kind: 'basic', username: 'user' }])
    expect(JSON.stringify(decodeEntry({ auth }, 'x'))).not.toContain('\\u0000')
  })

  it('keeps colons of the password', () => {
    expect(decodeEntry({ auth: base64('user:a:b') }, 'x').credentials).toMatchObject([{ password: 'a:b' }])
  })

  it('may hold user and password, an identity token or a registry token', () => {
    expect(decodeEntry({ username: 'u', password: 'p' }, 'x').credentials).toMatchObject([
      { username: 'u', password: 'p' },
    ])
    expect(decodeEntry({ auth: base64('<token>:'), identitytoken: 't' }, 'x').credentials).toEqual([
      { kind: 'identity', token: 't', from: 'x' },
    ])
    expect(decodeEntry({ registrytoken: 't' }, 'x').credentials).toEqual([{ kind: 'bearer', token: 't', from: 'x' }])
    expect(decodeEntry({}, 'x')).toEqual({ credentials: [] })
  })

  it.each([[{ auth: '***' }], [{ auth: base64('nocolon') }], ['text'], [null], [[1]]])(
    'that is garbage (%j) is a problem without its content',
    (value) => {
      const { credentials, problem } = decodeEntry(value, 'x')
      expect(credentials).toEqual([])
      expect(problem).toMatch(/base64 form|no object/)
      expect(problem).not.toMatch(/\*\*\*|nocolon/)
    },
  )
})
