import { assert, property, string } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { findRegistry, mergeRegistriesConf, parseRegistriesConf, relocated } from './registries-conf.ts'

const conf = (text: string): ReturnType<typeof parseRegistriesConf> => parseRegistriesConf(text, '/x.conf')
const prefixes = (text: string, name: string): string | undefined => findRegistry(conf(text).entries, name)?.prefix

describe('registries.conf', () => {
  it('reads registries with their mirrors', () => {
    const { entries, problems } = conf(`
      unqualified-search-registries = ["quay.io"]
      [[registry]]
      prefix = "example.com/foo"
      location = "internal.example/bar/"
      insecure = true
      [[registry.mirror]]
      location = "mirror-0.local/foo"
      [[registry.mirror]]
      location = "mirror-1.local/foo"
      insecure = true
      pull-from-mirror = "digest-only"
      [[registry.mirror]]
      location = "mirror-2.local"
      pull-from-mirror = "tag-only"
      [[registry]]
      location = "second.example"
      mirror-by-digest-only = true
      [[registry.mirror]]
      location = "mirror.second"
    `)
    expect(problems).toEqual([])
    expect(entries).toEqual([
      {
        prefix: 'example.com/foo',
        location: 'internal.example/bar',
        insecure: true,
        blocked: false,
        file: '/x.conf',
        mirrors: [
          { location: 'mirror-0.local/foo', insecure: false, answers: 'all' },
          { location: 'mirror-1.local/foo', insecure: true, answers: 'digests' },
          { location: 'mirror-2.local', insecure: false, answers: 'tags' },
        ],
      },
      {
        prefix: 'second.example',
        location: 'second.example',
        blocked: false,
        file: '/x.conf',
        mirrors: [{ location: 'mirror.second', insecure: false, answers: 'digests' }],
      },
    ])
  })

  const many = [
    'example.com',
    'example.com/foo',
    'example.com/foo/bar:v1',
    '*.example.com',
    '*.b.example.com',
    'localhost:5000',
  ]
    .map((prefix) => `[[registry]]\nprefix = "${prefix}"\nlocation = "x.example"\n`)
    .join('')
  it.each([
    ['example.com/other:1', 'example.com'],
    ['example.com/foo/app', 'example.com/foo'],
    ['example.com/food/app', 'example.com'],
    ['example.com/foo/bar:v1', 'example.com/foo/bar:v1'],
    ['example.com/foo/bar:v1@sha256:aa', 'example.com/foo/bar:v1'],
    ['example.com/foo/bar:v11', 'example.com/foo'],
    ['a.example.com/app', '*.example.com'],
    ['a.b.example.com/app', '*.b.example.com'],
    ['a.example.com:5000/app', '*.example.com'],
    ['example.comx/app', undefined],
    ['badexample.com/app', undefined],
    ['localhost:5000/app', 'localhost:5000'],
    ['localhost:50001/app', undefined],
  ])('finds for %s the longest prefix', (name, prefix) => {
    expect(prefixes(many, name)).toBe(prefix)
  })

  it.each([
    ['example.com/foo/app:1', 'example.com/foo', 'in.example/bar', 'in.example/bar/app:1'],
    ['example.com/foo:1', 'example.com/foo', 'in.example/bar', 'in.example/bar:1'],
    ['a.example.com/foo:1', '*.example.com', 'in.example/bar', 'in.example/bar/foo:1'],
    ['a.example.com/foo:1', '*.example.com', undefined, 'a.example.com/foo:1'],
  ])('moves %s of %s to %s', (name, prefix, location, to) => {
    expect(relocated(name, prefix, location)).toBe(to)
  })

  it('reads the first version', () => {
    const { entries, problems } = conf(`
      [registries.search]
      registries = ['a.example']
      [registries.insecure]
      registries = ['b.example']
      [registries.block]
      registries = ['c.example', 'b.example']
    `)
    expect(problems).toEqual([])
    expect(entries.map(({ prefix, insecure, blocked }) => [prefix, insecure, blocked])).toEqual([
      ['c.example', false, true],
      ['b.example', true, true],
    ])
  })

  it('lets later files replace registries of the same prefix, lists, and aliases', () => {
    const merged = mergeRegistriesConf([
      conf(
        'unqualified-search-registries = ["a"]\n[[registry]]\nlocation = "a.example"\nblocked = true\n[aliases]\nx = "a/x"\ny = "a/y"',
      ),
      conf(
        'unqualified-search-registries = ["b"]\n[[registry]]\nlocation = "a.example"\n[[registry]]\nlocation = "b.example"\n[aliases]\nx = "b/x"\ny = ""',
      ),
      conf('credential-helpers = ["containers-auth.json", "pass"]'),
    ])
    expect(merged.entries.map(({ prefix, blocked }) => [prefix, blocked])).toEqual([
      ['a.example', false],
      ['b.example', false],
    ])
    expect(merged.search).toEqual(['b'])
    expect(merged.helpers).toEqual(['containers-auth.json', 'pass'])
    expect([...merged.aliases]).toEqual([['x', { name: 'b/x', file: '/x.conf' }]])
  })

  it.each([
    ['[[registry]]', 'neither prefix nor location'],
    ['[[registry]]\nlocation = "https://user:secret@a.example"', 'has a scheme'],
    ['[[registry]]\nprefix = "*.example.com:5000"\nlocation = "a"', 'wildcard'],
    ['[[registry]]\nprefix = "a.*.com"\nlocation = "a"', 'wildcard'],
    ['[[registry]]\nlocation = 7', 'no text'],
    ['[[registry]]\nlocation = "a.example"\ninsecure = "yes"', 'neither true nor false'],
    ['[[registry]]\nlocation = "a.example"\nmirror = "m"', 'no array of tables'],
    ['[[registry]]\nlocation = "a.example"\n[[registry.mirror]]\ninsecure = true', 'has no location'],
    [
      '[[registry]]\nlocation = "a.example"\n[[registry.mirror]]\nlocation = "m"\npull-from-mirror = "never"',
      'none of all',
    ],
    ['registry = [1]', 'no table'],
    ['aliases = 3', 'no table'],
    ['unqualified-search-registries = "quay.io"', 'no list'],
  ])('says what is wrong with %j', (text, problem) => {
    const { problems } = conf(text)
    expect(problems.join('\n')).toContain(problem)
    expect(problems.join('\n')).not.toContain('secret')
  })

  it('does not quote a file that is not TOML', () => {
    expect(conf('token = "hush\n').broken).toMatch(/^it is not TOML \(line 1, column \d+\)$/)
    expect(conf(`x = ${'['.repeat(100_000)}`).broken).toMatch(/not TOML/)
  })

  it('answers for any text', () => {
    assert(property(string(), string(), (text, name) => findRegistry(conf(text).entries, name) === undefined))
  })
})
