import { deflateSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { catalogued } from '../../../test/support/catalog.ts'
import { rust } from './index.ts'

const HASH = 'ab'.repeat(32)
const REGISTRY = 'registry+https://github.com/rust-lang/crates.io-index'

describe('Cargo.lock', () => {
  test('crates, checksums, lines, edges, and what the project asks for itself', async () => {
    const lock = `version = 4

[[package]]
name = "app"
version = "0.1.0"
dependencies = ["syn 2.0.0"]

[[package]]
name = "syn"
version = "1.0.0"
source = "${REGISTRY}"

[[package]]
name = "syn"
version = "2.0.0"
source = "${REGISTRY}"
checksum = "${HASH}"
dependencies = ["syn 1.0.0", "missing"]
`
    const { components, relations, diagnostics } = await catalogued(rust, { 'app/Cargo.lock': lock })
    expect(diagnostics).toEqual([])
    expect(components.map(({ purl, direct }) => [purl, direct])).toEqual([
      ['pkg:cargo/app@0.1.0', 'unknown'],
      ['pkg:cargo/syn@1.0.0', false],
      ['pkg:cargo/syn@2.0.0', true],
    ])
    expect(components[2]).toMatchObject({ hashes: [`sha256:${HASH}`], evidence: [{ lines: [13, 18] }] })
    expect(relations).toHaveLength(2)
  })

  test('version 1 keeps checksums at the end', async () => {
    const lock = `[root]
name = "app"
version = "0.1.0"
dependencies = ["libc 0.2.0 (${REGISTRY})"]

[[package]]
name = "libc"
version = "0.2.0"
source = "${REGISTRY}"

[metadata]
"checksum libc 0.2.0 (${REGISTRY})" = "${HASH}"
`
    const { components, relations } = await catalogued(rust, { 'Cargo.lock': lock })
    expect(components.map(({ name, hashes }) => [name, hashes])).toEqual([
      ['app', []],
      ['libc', [`sha256:${HASH}`]],
    ])
    expect(relations).toHaveLength(1)
  })

  test('broken files are said, and lose nothing else', async () => {
    const { components, diagnostics } = await catalogued(rust, {
      'a/Cargo.lock': '[[package]\n',
      'b/Cargo.lock': '[[package]]\nname = "x"\n[[package]]\nname = "y"\nversion = "1.0.0"\n',
    })
    expect(components.map(({ name }) => name)).toEqual(['y'])
    expect(diagnostics.map(({ path, effect }) => [path, effect])).toEqual([
      ['a/Cargo.lock', 'partial'],
      ['b/Cargo.lock', 'partial'],
    ])
  })
})

test('Cargo.toml counts where no lockfile answers it', async () => {
  const manifest = `[package]
name = "app"
version = "0.1.0"
[dependencies]
serde = { version = "^1.0.2", features = ["derive"] }
other = { path = "../other", version = "1.0.0" }
[dev-dependencies]
renamed = { package = "real", version = "2" }
[target.'cfg(unix)'.dependencies]
libc = "0.2"
`
  const alone = await catalogued(rust, { 'app/Cargo.toml': manifest })
  expect(alone.components.map(({ name, version, scope }) => [name, version, scope])).toEqual([
    ['app', '0.1.0', 'unknown'],
    ['serde', '1.0.2', 'runtime'],
    ['real', '2', 'development'],
    ['libc', '0.2', 'runtime'],
  ])
  const locked = await catalogued(rust, { 'app/Cargo.toml': manifest, 'Cargo.lock': 'version = 3\n' })
  expect(locked.components).toEqual([])
})

/** An ELF with the section `.dep-v0`. */
function auditable(content: Uint8Array): Buffer {
  const out = Buffer.alloc(16_384)
  out.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1])
  out.writeUInt16LE(62, 18)
  out.writeBigUInt64LE(512n, 40)
  for (const [at, value] of [
    [58, 64],
    [60, 3],
    [62, 2],
  ] as const)
    out.writeUInt16LE(value, at)
  for (const [index, offset, size] of [
    [1, 1024, content.length],
    [2, 800, 32],
  ] as const) {
    const at = 512 + index * 64
    out.writeUInt32LE(index === 1 ? 1 : 9, at)
    out.writeUInt32LE(index === 1 ? 1 : 3, at + 4)
    out.writeBigUInt64LE(BigInt(offset), at + 24)
    out.writeBigUInt64LE(BigInt(size), at + 32)
  }
  out.write('\0.dep-v0\0.shstrtab\0', 800, 'latin1')
  out.set(content, 1024)
  return out
}

describe('cargo-auditable', () => {
  test('crates of a program, with scopes and edges', async () => {
    const packages = [
      { name: 'app', version: '0.1.0', source: 'local', root: true, dependencies: [1, 2] },
      { name: 'serde', version: '1.0.0', source: 'crates.io', dependencies: [0, 99, -1] },
      { name: 'cc', version: '1.2.0', source: 'crates.io', kind: 'build' },
    ]
    const program = auditable(deflateSync(JSON.stringify({ packages })))
    const { components, relations, diagnostics } = await catalogued(rust, { 'bin/app': program })
    expect(diagnostics).toEqual([])
    expect(components.map(({ name, scope, direct, presence }) => [name, scope, direct, presence])).toEqual([
      ['app', 'runtime', 'unknown', 'installed'],
      ['serde', 'runtime', true, 'installed'],
      ['cc', 'development', true, 'installed'],
    ])
    expect(relations).toHaveLength(3)
  })

  test('what cannot be unpacked, or unpacks to too much, is said', async () => {
    for (const content of [Buffer.from('no zlib'), deflateSync(Buffer.alloc(9 << 20))].map((one) =>
      one.subarray(0, 3000),
    )) {
      const { components, diagnostics } = await catalogued(rust, { 'bin/app': auditable(content) })
      expect(components).toEqual([])
      expect(diagnostics).toMatchObject([{ code: 'cargo-auditable-broken', path: 'bin/app', effect: 'partial' }])
    }
  })
})
