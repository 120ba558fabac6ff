import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { catalogued } from '../../../test/support/catalog.ts'
import { npm } from './index.ts'
import { readManifest } from './installed.ts'
import { integrityDigests } from './integrity.ts'
import { readNpmLock } from './lockfile.ts'

const root = join(process.env.BULWARK_CONFORMANCE ?? '../shared/conformance', 'extractors')
const hasData = existsSync(join(root, 'cases.jsonl'))

const bytesOf = (text: string) => ({
  path: 'package-lock.json',
  sizeBytes: text.length,
  mode: 0o644,
  bytes: Buffer.from(text),
})
const lock = (content: unknown) => readNpmLock(bytesOf(JSON.stringify(content, null, 2)))
const nested = (open: string, close: string, times: number) => open.repeat(times) + close.repeat(times)

describe('lockfiles of npm', () => {
  it('version 3: aliases, workspaces, scopes, bundled, development, git, and who needs whom', async () => {
    const { components, relations, diagnostics } = await catalogued(npm, {
      'package-lock.json': JSON.stringify({
        name: 'root',
        version: '9.9.9',
        lockfileVersion: 3,
        packages: {
          '': {
            name: 'root',
            version: '9.9.9',
            workspaces: ['packages/*'],
            dependencies: { cjs: 'npm:string-width@^4' },
          },
          'node_modules/own': { resolved: 'packages/own', link: true },
          'packages/own': { name: '@team/own', version: '1.0.0', dependencies: { '@scope/a': '^1' } },
          'packages/own/node_modules/@scope/a': { version: '1.2.3', dependencies: { b: '*' } },
          'node_modules/b': { version: '2.0.0', inBundle: true, dependencies: { own: '*' } },
          'node_modules/cjs': { name: 'string-width', version: '4.2.3' },
          'node_modules/dev': { version: '1.0.0', dev: true },
          'node_modules/forked': { version: '3.0.0', resolved: 'git+ssh://git@github.com/a/b.git#0123456' },
        },
      }),
    })
    expect(diagnostics).toEqual([])
    const by = new Map(components.map((one) => [one.name, one]))
    expect([...by.keys()].sort()).toEqual(['@scope/a', '@team/own', 'b', 'dev', 'forked', 'string-width'])
    expect(by.get('@scope/a')).toMatchObject({ purl: 'pkg:npm/%40scope/a@1.2.3', direct: true, presence: 'declared' })
    expect(by.get('string-width')).toMatchObject({ version: '4.2.3', direct: true, scope: 'runtime' })
    expect(by.get('b')).toMatchObject({ direct: false })
    expect(by.get('dev')?.scope).toBe('development')
    expect(by.get('forked')?.purl).toContain('vcs_url=git%2Bssh:%2F%2Fgit%40github.com')
    const ends = relations.map(({ from, to }) => {
      const name = (id: string) => components.find((one) => one.id === id)?.name
      return `${name(from)} > ${name(to)}`
    })
    expect(ends.sort()).toEqual(['@scope/a > b', '@team/own > @scope/a', 'b > @team/own'])
  })

  it('version 1: direct ones are those that package.json asks for', async () => {
    const { components } = await catalogued(npm, {
      'package.json': '{"name":"x","version":"1.0.0","private":true,"dependencies":{"a":"1"}}',
      'package-lock.json': JSON.stringify({
        lockfileVersion: 1,
        dependencies: {
          a: { version: '1.0.0', requires: { b: '1' } },
          b: { version: '1.1.0' },
          c: { version: 'file:../c' },
        },
      }),
    })
    expect(components.map((one) => [one.name, one.direct])).toEqual([
      ['a', true],
      ['b', false],
    ])
  })

  it('npm-shrinkwrap.json takes the place of package-lock.json', async () => {
    const one = (version: string) => JSON.stringify({ lockfileVersion: 3, packages: { 'node_modules/a': { version } } })
    const { components } = await catalogued(npm, {
      'package-lock.json': one('1.0.0'),
      'npm-shrinkwrap.json': one('2.0.0'),
    })
    expect(components.map((component) => component.version)).toEqual(['2.0.0'])
  })

  it('names the lines of each entry', () => {
    const { facts } = lock({
      lockfileVersion: 3,
      packages: { '': {}, 'node_modules/a': { version: '1.0.0' }, 'node_modules/"b': { version: '1.0.0' } },
    })
    expect(facts.map((fact) => fact.lines)).toEqual([
      [5, 7],
      [8, 10],
    ])
  })

  it('keeps SHA-256 and SHA-512 of an integrity, and nothing weaker or cut', () => {
    const sha512 = `sha512-${Buffer.alloc(64, 7).toString('base64')}`
    const sha256 = `sha256-${Buffer.alloc(32, 7).toString('base64')}`
    expect(integrityDigests(`sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk= ${sha512} ${sha256} sha512-AAAA`)).toEqual([
      `sha512:${'07'.repeat(64)}`,
      `sha256:${'07'.repeat(32)}`,
    ])
  })

  it('hostile documents are a diagnostic that names the file', () => {
    const hostile = [
      '',
      '[]',
      'null',
      '{',
      '{"packages":',
      nested('[', ']', 300_000),
      `{"packages":${nested('{"a":', '}', 5000)}}`,
      '{"name":"x"}',
    ]
    for (const text of hostile) {
      const { facts, diagnostics } = readNpmLock(bytesOf(text))
      expect(facts).toEqual([])
      expect(diagnostics).toMatchObject([{ path: 'package-lock.json', effect: 'partial' }])
    }
  })

  it('keys of the language itself are names like any other', () => {
    const text =
      '{"lockfileVersion":1,"dependencies":{"__proto__":{"version":"1.0.0"},"constructor":{"version":"2.0.0","requires":{"toString":"1"}}}}'
    expect(readNpmLock(bytesOf(text)).facts.map((fact) => `${fact.name} ${fact.version}`)).toEqual([
      '__proto__ 1.0.0',
      'constructor 2.0.0',
    ])
  })

  it('a deep lockfile of version 1 needs no stack, and requirements in a circle end', () => {
    let inner: Record<string, unknown> = { z: { version: '1.0.0', requires: { a: '1' } } }
    for (let i = 0; i < 400; i++)
      inner = { a: { version: `1.0.${i}`, requires: { z: '1', a: '1' }, dependencies: inner } }
    const { facts } = lock({ lockfileVersion: 1, dependencies: inner })
    expect(facts.length).toBe(401)
  })

  it('any JSON and any bytes give facts or diagnostics, never an exception', () => {
    const value = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.string(),
        fc.constant('1.0.0'),
        fc.boolean(),
        fc.constant(null),
        tie('object'),
      ),
      object: fc.dictionary(
        fc.constantFrom(
          'packages',
          'dependencies',
          'version',
          'name',
          'requires',
          'node_modules/a',
          'a',
          '',
          '__proto__',
          'link',
          'resolved',
        ),
        tie('value'),
      ),
    })).object
    fc.assert(
      fc.property(
        fc.oneof(
          value.map((v) => Buffer.from(JSON.stringify(v))),
          fc.uint8Array({ maxLength: 200 }),
        ),
        (bytes) => {
          const file = { path: 'package-lock.json', sizeBytes: bytes.length, mode: 0, bytes }
          for (const fact of readNpmLock(file).facts) expect(fact.name.length * fact.version.length).toBeGreaterThan(0)
          readManifest({ ...file, path: 'package.json' })
        },
      ),
    )
  })
})

describe('installed packages of npm', () => {
  it('are those with name and version; a project of its own is none', async () => {
    const { components, relations } = await catalogued(npm, {
      'app/package.json': '{"name":"shop","version":"1.0.0","private":true}',
      'app/node_modules/a/package.json': '{"name":"a","version":"1.0.0","license":"MIT","dependencies":{"b":"1"}}',
      'app/node_modules/b/package.json': '{"name":"b","version":"v1.5.0","licenses":[{"type":"ISC"}]}',
      'app/node_modules/b/esm/package.json': '{"type":"module"}',
      'app/node_modules/b/test/package.json': '{"name":"{{name}}","version":"{{version}}"}',
      'usr/lib/node_modules/npm/package.json': '{"name":"npm","version":"10.0.0"}',
    })
    expect(components.map((one) => [one.name, one.version, one.licences, one.presence])).toEqual([
      ['a', '1.0.0', ['MIT'], 'installed'],
      ['b', '1.5.0', ['ISC'], 'installed'],
      ['npm', '10.0.0', [], 'installed'],
    ])
    expect(relations.length).toBe(1)
  })
})

describe(`cases of other projects${hasData ? '' : ' (skipped: no conformance data)'}`, () => {
  const cases = hasData
    ? readFileSync(join(root, 'cases.jsonl'), 'utf8')
        .split('\n')
        .filter((line) => /language\/javascript\/package(lock)?json"/.test(line))
        .map(
          (line) =>
            JSON.parse(line) as {
              extractor: string
              case: string
              file: string
              error: boolean
              packages: [string, string][]
            },
        )
    : []
  it.skipIf(!hasData)('are there', () => expect(cases.length).toBeGreaterThan(0))

  for (const one of cases) {
    it(`${one.extractor}: ${one.case} (${one.file})`, async () => {
      const isLock = one.extractor.endsWith('packagelockjson')
      const bytes = readFileSync(join(root, one.file))
      const listed = async (path: string) => {
        const { components, diagnostics } = await catalogued(npm, { [path]: bytes })
        expect(diagnostics.some((diagnostic) => diagnostic.effect === 'partial')).toBe(one.error)
        return [...new Set(components.map(({ name, version }) => `${name} ${version}`))].sort()
      }
      const expected = [...new Set(one.packages.map(([name, version]) => `${name} ${version}`))].sort()
      // The data does not say which cases count a manifest's ranges: as an installed package it has none, as a project it does.
      const readings = isLock
        ? [await listed('a/package-lock.json')]
        : [await listed('node_modules/a/package.json'), await listed('a/package.json')]
      expect(readings).toContainEqual(expected)
    })
  }
})
