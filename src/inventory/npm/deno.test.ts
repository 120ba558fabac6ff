import { describe, expect, it } from 'vitest'
import { catalogued } from '../../../test/support/catalog.ts'
import { readDenoConfig, readDenoSource } from './deno.ts'
import { readDenoLock } from './deno-lock.ts'
import { npm } from './index.ts'

const LOCK = {
  version: '4',
  specifiers: { 'jsr:@std/path@^1': '1.0.8', 'jsr:@std/internal@^1': '1.0.5', 'npm:chalk@5': '5.3.0' },
  jsr: {
    '@std/path@1.0.8': { integrity: '0a'.repeat(32), dependencies: ['jsr:@std/internal@^1'] },
    '@std/internal@1.0.5': { integrity: '0b'.repeat(32) },
  },
  npm: {
    'chalk@5.3.0_react@18.0.0': { integrity: `sha512-${Buffer.alloc(64, 7).toString('base64')}`, dependencies: ['a'] },
    'a@1.0.0': {},
  },
  remote: { 'https://deno.land/x/oak@v12.0.0/mod.ts': '00', 'https://example.org/x.ts': '00' },
  workspace: { dependencies: ['jsr:@std/path@^1'] },
}

const file = (path: string, text: string) => {
  const bytes = Buffer.from(text)
  return { path, sizeBytes: bytes.length, mode: 0, bytes }
}

describe('Deno', () => {
  it('deno.lock: npm, JSR and addresses, who asks, who needs whom, digests; imports beside it count no more', async () => {
    const { components, relations, diagnostics } = await catalogued(npm, {
      'deno.lock': JSON.stringify(LOCK, null, 1),
      'deno.json': '{"imports": {"x": "npm:x@1",}} // as written',
      'main.ts': 'import "npm:y@1.0.0"',
    })
    expect(diagnostics).toEqual([])
    const name = (id: string) => components.find((one) => one.id === id)?.name
    expect(components.map((one) => `${one.name} ${one.version} ${one.direct} ${one.ecosystem}`).sort()).toEqual([
      'a 1.0.0 false npm',
      'chalk 5.3.0 false npm',
      'oak 12.0.0 unknown generic',
      'std/internal 1.0.5 false generic',
      'std/path 1.0.8 true generic',
    ])
    expect(relations.map(({ from, to }) => `${name(from)} > ${name(to)}`)).toEqual([
      'chalk > a',
      'std/path > std/internal',
    ])
    expect(components.find((one) => one.name === 'std/path')?.hashes).toEqual([`sha256:${'0a'.repeat(32)}`])
  })

  it('version 3 has its lists in packages', () => {
    const three = {
      version: '3',
      packages: {
        specifiers: { 'npm:chalk@5': 'npm:chalk@5.3.0' },
        npm: { 'chalk@5.3.0': { dependencies: { a: 'a@1.0.0' } }, 'a@1.0.0': { dependencies: {} } },
      },
      workspace: { dependencies: ['npm:chalk@5'] },
    }
    const { facts } = readDenoLock(file('deno.lock', JSON.stringify(three)))
    expect(facts.map(({ name, direct, dependsOn }) => [name, direct, dependsOn])).toEqual([
      ['chalk', true, [1]],
      ['a', false, []],
    ])
  })

  it('modules name packages with their line; comments, own files and packages without version do not', () => {
    const text = `// import "npm:no@1.0.0"
import a from "npm:a@1.2.3/sub"
export * from 'https://esm.sh/v135/@s/b@2.0.0?dev'
import "./own.ts"; import "npm:any"
`
    const { facts } = readDenoSource(file('main.ts', text))
    expect(facts.map(({ name, version, lines }) => [name, version, lines])).toEqual([
      ['a', '1.2.3', [2, 2]],
      ['@s/b', '2.0.0', [3, 3]],
    ])
  })

  it('bad ones are a diagnostic', () => {
    for (const text of ['', '{', '[]', '{"a":'.repeat(9000)])
      for (const read of [readDenoLock, readDenoConfig])
        expect(read(file('deno.lock', text))).toMatchObject({ facts: [], diagnostics: [{ effect: 'partial' }] })
  })
})
