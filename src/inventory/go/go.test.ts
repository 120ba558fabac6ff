import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { catalogued } from '../../../test/support/catalog.ts'
import { readGoBinary } from './build-information.ts'
import { go } from './index.ts'
import { mainVersion } from './main-version.ts'

const SUM = `h1:${Buffer.alloc(32, 1).toString('base64')}`

function framed(text: string): Buffer {
  return Buffer.concat([Buffer.alloc(16, 0x30), Buffer.from(text), Buffer.alloc(16, 0x31)])
}

const MODULES = `path\texample.com/App\nmod\texample.com/App\t(devel)\t\ndep\tgolang.org/x/net\tv0.1.0\t${SUM}\ndep\told.example/a\tv1.0.0\n=>\tnew.example/b\tv2.0.0\t${SUM}\nbuild\t-ldflags="-s -X main.version=1.2.3"\n`

/** An ELF of 64 bits without sections, whose one segment is writable and holds the build information. */
function program(information: (address: number) => Buffer): Buffer {
  const out = Buffer.alloc(8192)
  out.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1])
  out.writeUInt16LE(62, 18)
  out.writeBigUInt64LE(64n, 32)
  out.writeUInt16LE(56, 54)
  out.writeUInt16LE(1, 56)
  out.writeUInt32LE(1, 64)
  out.writeUInt32LE(6, 68)
  out.writeBigUInt64LE(256n, 72)
  out.writeBigUInt64LE(0x1000n, 80)
  out.writeBigUInt64LE(7000n, 96)
  information(0x1000).copy(out, 256)
  return out
}

function inlined(version: string, text: string): Buffer {
  const header = Buffer.alloc(32)
  header.write('\xff Go buildinf:', 'latin1')
  header[14] = 8
  header[15] = 2
  const info = framed(text)
  const counted = (bytes: Buffer): Buffer =>
    Buffer.concat([Buffer.from([(bytes.length & 0x7f) | 0x80, bytes.length >> 7]), bytes])
  return Buffer.concat([header, counted(Buffer.from(version)), counted(info)])
}

function pointed(version: string, text: string, address: number): Buffer {
  const out = Buffer.alloc(2048)
  const info = framed(text)
  out.write('\xff Go buildinf:', 'latin1')
  out[14] = 8
  for (const [index, value] of [address + 64, address + 80].entries())
    out.writeBigUInt64LE(BigInt(value), 16 + index * 8)
  for (const [index, value] of [address + 128, version.length, address + 256, info.length].entries())
    out.writeBigUInt64LE(BigInt(value), 64 + index * 8)
  out.write(version, 128)
  info.copy(out, 256)
  return out
}

describe('programs', () => {
  for (const [form, information] of [
    ['Go 1.18 and later', () => inlined('go1.22.3', MODULES)],
    ['before Go 1.18', (address: number) => pointed('go1.22.3', MODULES, address)],
  ] as const)
    test(`build information of ${form}`, async () => {
      const { components, relations, diagnostics } = await catalogued(go, { 'bin/app': program(information) })
      expect(diagnostics).toEqual([])
      expect(components.map(({ purl }) => purl).sort()).toEqual([
        'pkg:golang/example.com/app@v1.2.3',
        'pkg:golang/golang.org/x/net@v0.1.0',
        'pkg:golang/new.example/b@v2.0.0',
        'pkg:golang/stdlib@1.22.3',
      ])
      expect(components.find(({ name }) => name === 'golang.org/x/net')).toMatchObject({
        version: '0.1.0',
        presence: 'installed',
        scope: 'runtime',
        hashes: [`sha256:${'01'.repeat(32)}`],
      })
      expect(relations).toHaveLength(3)
    })

  test('packed by UPX', async () => {
    const bytes = program(() => Buffer.from('UPX!'))
    const { components, diagnostics } = await catalogued(go, { 'bin/app': bytes })
    expect(components).toEqual([])
    expect(diagnostics).toMatchObject([{ code: 'executable-packed', path: 'bin/app', effect: 'partial' }])
  })

  test('whatever is damaged, nothing is thrown', () => {
    const good = program(() => inlined('go1.22.3', MODULES))
    const change = fc.record({ at: fc.integer({ min: 4, max: 700 }), value: fc.nat(255) })
    fc.assert(
      fc.property(fc.array(change, { maxLength: 10 }), fc.nat(8192), (changes, keep) => {
        const bytes = good.subarray(0, keep).slice()
        for (const { at, value } of changes) if (at < bytes.length) bytes[at] = value
        const at = (offset: number, length: number): Uint8Array => bytes.subarray(offset, offset + length)
        readGoBinary({ path: 'x', sizeBytes: bytes.length, mode: 0o755, at })
      }),
    )
  })

  test.skipIf(spawnSync('go', ['version']).error !== undefined)(
    'a program built here, stripped',
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'bulwark-go-'))
      try {
        writeFileSync(join(folder, 'go.mod'), 'module example.com/hello\n\ngo 1.20\n')
        writeFileSync(join(folder, 'main.go'), 'package main\nfunc main() { println("hello") }\n')
        const run = (...words: string[]): string =>
          execFileSync('go', words, {
            cwd: folder,
            encoding: 'utf8',
            env: { ...process.env, GOTOOLCHAIN: 'local' },
          })
        run('build', '-ldflags', '-s -w -X main.version=3.2.1', '-o', 'hello', '.')
        const stated = /go version go([\d.]+)/.exec(run('version'))?.[1]
        const bytes = readFileSync(join(folder, 'hello'))
        let read = 0
        const at = (offset: number, length: number): Uint8Array => {
          read += length
          return bytes.subarray(offset, offset + length)
        }
        const { facts } = readGoBinary({ path: 'hello', sizeBytes: bytes.length, mode: 0o755, at })
        expect(facts[0]?.goVersion).toContain(stated)
        expect(read).toBeLessThan(bytes.length / 20)
        const { components } = await catalogued(go, { hello: bytes })
        expect(components.map(({ name, version }) => `${name}@${version}`)).toEqual([
          'example.com/hello@3.2.1',
          `stdlib@${stated}`,
        ])
      } finally {
        rmSync(folder, { recursive: true })
      }
    },
    120_000,
  )
})

test('the version of the main module', () => {
  expect(mainVersion('v1.0.0', {})).toBe('v1.0.0')
  expect(mainVersion('(devel)', { '-ldflags': '-X "github.com/a/b.Version=v4.5.6"' })).toBe('v4.5.6')
  expect(mainVersion('', { 'vcs.revision': 'ab'.repeat(20), 'vcs.time': '2024-01-02T03:04:05Z' })).toBe(
    'v0.0.0-20240102030405-abababababab',
  )
  expect(mainVersion('(devel)', {})).toBe('(devel)')
})

describe('go.mod', () => {
  test('requirements, replacements, exclusions, toolchain', async () => {
    const { components, diagnostics } = await catalogued(go, {
      'app/go.mod': `module a.example/b

go 1.21
toolchain go1.22rc1
require (
	x.example/direct v1.0.0
	"x.example/quoted" v1.1.0 // indirect
	x.example/out v1.0.0
	x.example/local v0.1.0
)
exclude x.example/out v1.0.0
replace x.example/local => ../local
retract [v1.0.0, v1.1.0]
`,
      'app/go.sum': `x.example/direct v1.0.0 ${SUM}\nx.example/direct v1.0.0/go.mod ${SUM}\nx.example/unused v9.0.0 ${SUM}\n`,
    })
    expect(diagnostics).toEqual([])
    expect(components.map(({ name, version, direct }) => [name, version, direct])).toEqual([
      ['x.example/direct', '1.0.0', true],
      ['x.example/quoted', '1.1.0', false],
      ['x.example/local', '0.1.0', true],
      ['stdlib', '1.22.0-rc.1', 'unknown'],
    ])
    expect(components[0]).toMatchObject({ hashes: [`sha256:${'01'.repeat(32)}`], evidence: [{ lines: [6, 6] }] })
  })

  test('before Go 1.17 go.sum names what is needed indirectly, at its highest version', async () => {
    const { components } = await catalogued(go, {
      'go.mod': 'module a\ngo 1.15\nrequire x.example/a v1.0.0\n',
      'go.sum': `x.example/a v1.0.0 ${SUM}\nx.example/b v1.9.0 ${SUM}\nx.example/b v1.10.0 ${SUM}\nx.example/c v1.0.0/go.mod ${SUM}\n`,
    })
    expect(components.map(({ name, version }) => `${name}@${version}`)).toEqual([
      'x.example/a@1.0.0',
      'stdlib@1.15',
      'x.example/b@1.10.0',
    ])
  })

  test('broken lines are said, and lose nothing else', async () => {
    const { components, diagnostics } = await catalogued(go, {
      'a/go.mod': 'require x.example/a\nrequire x.example/b v1.0.0\nrequire (\n',
      'b/go.sum': 'x\n',
    })
    expect(components.map(({ name }) => name)).toEqual(['x.example/b'])
    expect(diagnostics.map(({ code, path, effect }) => [code, path, effect])).toEqual([
      ['go-mod-broken', 'a/go.mod', 'partial'],
      ['go-sum-broken', 'b/go.sum', 'partial'],
    ])
  })
})
