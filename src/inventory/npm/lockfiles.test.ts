import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Catalogued } from '../../../test/support/catalog.ts'
import { catalogued } from '../../../test/support/catalog.ts'
import { readBunLock } from './bun-lock.ts'
import { npm } from './index.ts'
import { parseJsoncObject } from './jsonc.ts'
import { readPnpmLock } from './pnpm-lock.ts'
import { readYarnLock } from './yarn-lock.ts'

const integrity = `sha512-${Buffer.alloc(64, 7).toString('base64')}`
const digest = `sha512:${'07'.repeat(64)}`

/** `name version direct scope` of each, and `a > b` for each edge. */
function told({ components, relations }: Catalogued) {
  const name = (id: string) => components.find((one) => one.id === id)?.name
  return {
    packages: components.map((one) => `${one.name} ${one.version} ${one.direct} ${one.scope}`).sort(),
    edges: relations.map(({ from, to }) => `${name(from)} > ${name(to)}`).sort(),
  }
}

const file = (path: string, text: string | Uint8Array) => {
  const bytes = Buffer.from(text as string)
  return { path, sizeBytes: bytes.length, mode: 0o644, bytes }
}

const MANIFEST = JSON.stringify({
  name: 'shop',
  version: '1.0.0',
  private: true,
  dependencies: { a: '^1.0.0', cjs: 'npm:string-width@^4' },
  devDependencies: { dev: '^3' },
})

const CLASSIC = `# yarn lockfile v1


a@^1.0.0, a@^1.1.0:
  version "1.2.0"
  resolved "https://registry.yarnpkg.com/a/-/a-1.2.0.tgz#0123456789012345678901234567890123456789"
  integrity ${integrity}
  dependencies:
    "@s/b" "^2"

"@s/b@^2":
  version "2.0.0"

"cjs@npm:string-width@^4":
  version "4.2.3"

dev@^3:
  version "3.0.0"
  dependencies:
    only-dev "*"

only-dev@*:
  version "9.0.0"
`

describe('yarn.lock', () => {
  it('classic, with the package.json beside it', async () => {
    const answer = await catalogued(npm, { 'app/package.json': MANIFEST, 'app/yarn.lock': CLASSIC })
    expect(answer.diagnostics).toEqual([])
    expect(told(answer)).toEqual({
      packages: [
        '@s/b 2.0.0 false runtime',
        'a 1.2.0 true runtime',
        'dev 3.0.0 true development',
        'only-dev 9.0.0 false development',
        'string-width 4.2.3 true runtime',
      ],
      edges: ['a > @s/b', 'dev > only-dev'],
    })
    const a = answer.components.find((one) => one.name === 'a')
    expect(a).toMatchObject({ hashes: [digest], presence: 'declared', purl: 'pkg:npm/a@1.2.0' })
    expect(a?.evidence[0].lines).toEqual([4, 9])
  })

  it('classic, alone: nobody says who asks', async () => {
    const answer = await catalogued(npm, { 'yarn.lock': CLASSIC.replaceAll('\n', '\r\n') })
    expect(told(answer).packages).toContain('a 1.2.0 unknown unknown')
  })

  it('berry: workspaces, patches, checksums, long keys, development by package.json of a workspace', async () => {
    const answer = await catalogued(npm, {
      'package.json': '{"name":"root","private":true,"workspaces":["packages/*"]}',
      'packages/own/package.json': MANIFEST.replace('shop', 'own'),
      'yarn.lock': `__metadata:
  version: 8
  cacheKey: 10c0

"root@workspace:.":
  version: 0.0.0-use.local
  resolution: "root@workspace:."
  languageName: unknown
  linkType: soft

"own@workspace:packages/own":
  version: 0.0.0-use.local
  resolution: "own@workspace:packages/own"
  dependencies:
    a: "npm:^1.0.0"
    cjs: "npm:string-width@^4"
    dev: "npm:^3"
  linkType: soft

? "a@npm:^1.0.0, a@npm:^1.1.0"
:
  version: 1.2.0
  resolution: "a@npm:1.2.0"
  dependencies:
    dev: "npm:^3"
  peerDependencies:
    react: "*"
  dependenciesMeta:
    dev:
      optional: true
  checksum: 10c0/${'07'.repeat(64)}
  linkType: hard

"a@patch:a@npm%3A^1.0.0#optional!builtin<compat/a>":
  version: 1.2.0
  resolution: "a@patch:a@npm%3A1.2.0#optional!builtin<compat/a>::version=1.2.0&hash=1"
  linkType: hard

"cjs@npm:string-width@^4":
  version: 4.2.3
  resolution: "string-width@npm:4.2.3"

"dev@npm:^3":
  version: 3.0.0
  resolution: "dev@npm:3.0.0"

"f@https://github.com/x/f.git#v1":
  version: 1.0.0
  resolution: "f@https://github.com/x/f.git#commit=0123"
`,
    })
    expect(answer.diagnostics).toEqual([])
    expect(told(answer).packages.filter((text) => !text.startsWith('own'))).toEqual([
      'a 1.2.0 true runtime',
      'dev 3.0.0 true runtime',
      'f 1.0.0 false unknown',
      'string-width 4.2.3 true runtime',
    ])
    expect(told(answer).edges).toContain('a > dev')
    expect(answer.components.find((one) => one.name === 'a')?.hashes).toEqual([digest])
  })

  it('a lockfile that an installed package brought along locks nothing', async () => {
    const { components } = await catalogued(npm, { 'app/node_modules/a/yarn.lock': CLASSIC })
    expect(components).toEqual([])
  })

  it('a conflict that git left and lines that fit nowhere are told with their number; the rest counts', () => {
    const text = `<<<<<<< HEAD\n${CLASSIC}=======\nbroken line\n>>>>>>> branch\n`
    const { facts, diagnostics } = readYarnLock(file('yarn.lock', text))
    expect(facts).toHaveLength(5)
    expect(diagnostics[0]).toMatchObject({ path: 'yarn.lock', effect: 'partial' })
    expect(diagnostics[0].message).toContain('line 1 ')
    expect(readYarnLock(file('yarn.lock', '<html></html>')).diagnostics).toHaveLength(1)
    expect(readYarnLock(file('yarn.lock', '# yarn lockfile v1\n'))).toEqual({ facts: [], diagnostics: [] })
  })

  it('keys of the language, circles, versions that are none', () => {
    const text =
      '__proto__@1:\n  version "1.0.0"\n  dependencies:\n    __proto__ "1"\n    c "1"\n\nc@1:\n  version "1"\n  dependencies:\n    __proto__ "1"\n\nd@1:\n  integrity x\n'
    const { facts, diagnostics } = readYarnLock(file('yarn.lock', text))
    expect(facts.map(({ name, dependsOn }) => [name, dependsOn])).toEqual([
      ['__proto__', [1]],
      ['c', [0]],
    ])
    expect(diagnostics).toMatchObject([{ message: expect.stringContaining('has no version') }])
  })
})

describe('pnpm-lock.yaml', () => {
  it('version 9: workspaces, aliases, peers, development, lines', async () => {
    const answer = await catalogued(npm, {
      'pnpm-lock.yaml': `lockfileVersion: '9.0'
importers:
  .:
    dependencies:
      a:
        specifier: ^1
        version: 1.10.0(b@2.0.0)
  packages/own:
    dependencies:
      cjs:
        specifier: npm:string-width@^4
        version: string-width@4.2.3
      root:
        specifier: workspace:*
        version: link:../..
    devDependencies:
      '@s/dev':
        specifier: ^3
        version: 3.0.0
packages:
  a@1.10.0:
    resolution: {integrity: ${integrity}}
  b@2.0.0:
    resolution: {integrity: ${integrity}}
  '@s/dev@3.0.0':
    resolution: {integrity: ${integrity}}
    engines: {node: '>=8'}
  string-width@4.2.3:
    resolution: {integrity: ${integrity}}
snapshots:
  a@1.10.0(b@2.0.0):
    dependencies:
      b: 2.0.0
  a@1.10.0(b@3.0.0): {}
  b@2.0.0: {}
  '@s/dev@3.0.0':
    dependencies:
      a: 1.10.0(b@2.0.0)
  string-width@4.2.3: {}
`,
    })
    expect(answer.diagnostics).toEqual([])
    expect(told(answer)).toEqual({
      packages: [
        '@s/dev 3.0.0 true development',
        'a 1.10.0 true runtime',
        'b 2.0.0 false runtime',
        'string-width 4.2.3 true runtime',
      ],
      edges: ['@s/dev > a', 'a > b'],
    })
    const dev = answer.components.find((one) => one.name === '@s/dev')
    expect(dev).toMatchObject({ purl: 'pkg:npm/%40s/dev@3.0.0', hashes: [digest] })
    expect(dev?.evidence[0].lines).toEqual([25, 27])
  })

  it('versions 5 and 6: keys with slashes, peers behind an underscore, another registry', () => {
    const five = `lockfileVersion: 5.4
dependencies:
  a: 1.0.0_b@2.0.0
devDependencies:
  '@s/c': 3.0.0
packages:
  /a/1.0.0_b@2.0.0:
    resolution: {integrity: ${integrity}}
    dependencies: {b: 2.0.0}
    dev: false
  registry.example.org/b/2.0.0:
    resolution: {integrity: ${integrity}}
    dev: false
  /@s/c/3.0.0:
    resolution: {integrity: ${integrity}}
    dev: true
`
    const facts = readPnpmLock(file('pnpm-lock.yaml', five)).facts
    expect(facts.map(({ name, version, direct, development }) => [name, version, direct, development])).toEqual([
      ['a', '1.0.0', true, false],
      ['b', '2.0.0', false, false],
      ['@s/c', '3.0.0', true, true],
    ])
  })

  it('bad ones are a diagnostic', () => {
    const bomb = `a: &a [x,x,x,x,x,x,x,x,x,x]\n${Array.from({ length: 9 }, (_, i) => `${'bcdefghij'[i]}: &${'bcdefghij'[i]} [${Array(10).fill(`*${'abcdefghi'[i]}`).join(',')}]`).join('\n')}\n`
    for (const text of ['', '[]', 'a: b', '{', bomb, 'lockfileVersion: 9\npackages:\n  junk: {}\n']) {
      const { facts, diagnostics } = readPnpmLock(file('pnpm-lock.yaml', text))
      expect(facts).toEqual([])
      expect(diagnostics).toMatchObject([{ path: 'pnpm-lock.yaml', effect: 'partial' }])
    }
  })
})

describe('bun.lock', () => {
  it('workspaces, nested places, aliases, development, repositories, lines', async () => {
    const answer = await catalogued(npm, {
      'bun.lock': `{
  // written by hand
  "lockfileVersion": 1,
  "workspaces": {
    "": { "name": "shop", "dependencies": { "a": "^1", "cjs": "npm:string-width@^4", }, "devDependencies": { "dev": "3" } },
  },
  "packages": {
    "a": ["a@1.0.0", "", { "dependencies": { "b": "^1" } }, "${integrity}"],
    "a/b": ["b@1.0.0", "", {}, "${integrity}"],
    "b": ["b@2.0.0", "", {}, "${integrity}"],
    "cjs": ["string-width@4.2.3", "", {}, "${integrity}"],
    "dev": ["dev@3.0.0", "", { "dependencies": { "b": "2" } }, "${integrity}"],
    "own": ["own@workspace:packages/own"],
    "x": ["x@git+https://github.com/x/x.git#0123456789", {}, "x-x-0123456"], /* end */
  },
}`,
    })
    expect(answer.diagnostics).toEqual([])
    expect(told(answer)).toEqual({
      packages: [
        'a 1.0.0 true runtime',
        'b 1.0.0 false runtime',
        'b 2.0.0 false development',
        'dev 3.0.0 true development',
        'string-width 4.2.3 true runtime',
        'x 0123456789 false unknown',
      ],
      edges: ['a > b', 'dev > b'],
    })
    const a = answer.components.find((one) => one.name === 'a')
    expect(a?.hashes).toEqual([digest])
    expect(a?.evidence[0].lines).toEqual([8, 8])
  })

  it('comments and commas go, texts and positions stay', () => {
    const text = '{"a": "// no, } comment ,}", /* , */ "b": [1,2,/*x*/ ], // end\n "c": {"d": "\\"//",},}'
    expect(parseJsoncObject(Buffer.from(text))).toEqual({
      object: { a: '// no, } comment ,}', b: [1, 2], c: { d: '"//' } },
    })
    for (const bad of ['', '{', '/*', '//', '{"a": /*/ 1}', '[1,]'])
      expect(parseJsoncObject(Buffer.from(bad))).toHaveProperty('problem')
  })

  it('bad ones are a diagnostic', () => {
    for (const text of ['', '{', '[]', '{}', '{"packages": {"a": 5}}', '{"packages": {"a": ["a@"]}}']) {
      const { facts, diagnostics } = readBunLock(file('bun.lock', text))
      expect(facts).toEqual([])
      expect(diagnostics).toMatchObject([{ path: 'bun.lock', effect: 'partial' }])
    }
  })
})

it('any change of any lockfile gives facts or diagnostics, never an exception', () => {
  const seeds: [string, (given: ReturnType<typeof file>) => { facts: readonly { name: string }[] }][] = [
    [CLASSIC, readYarnLock],
    ['lockfileVersion: 9\npackages:\n  /a/1.0.0: {resolution: {integrity: x}}\n  b@1: {}\n', readPnpmLock],
    ['{"workspaces": {"": {"dependencies": {"a": "1"}}}, "packages": {"a": ["a@1", "", {}]}, }', readBunLock],
  ]
  for (const [seed, read] of seeds) {
    const change = fc.array(fc.tuple(fc.nat(seed.length - 1), fc.constantFrom(...'"{}[]:,@ \n?/*')), { maxLength: 6 })
    fc.assert(
      fc.property(change, (changes) => {
        const text = [...seed]
        for (const [at, character] of changes) text[at] = character
        for (const { name } of read(file('x', text.join(''))).facts) expect(name).not.toBe('')
      }),
      { numRuns: 300 },
    )
  }
})
