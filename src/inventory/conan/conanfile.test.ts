import { describe, expect, it } from 'vitest'
import { catalogued } from '../../../test/support/catalog.ts'
import { conan } from './index.ts'

const TEXT = `[requires]
zlib/1.2.13
# a comment
poco/[>=1.9 <2]@user/stable # why
any/[*]

[tool_requires]
cmake/3.22.6#0123abcd
[options]
zlib/1.2.13:shared=True
`
const PYTHON = `from conan import ConanFile

class App(ConanFile):
    name = "app"
    requires = "fmt/9.1.0", "spdlog/1.11.0@corp/stable"
    build_requires = (
        "gtest/1.13.0",  # (
        ("ninja/1.11.1", "override"),
    )

    def requirements(self):
        self.requires("openssl/3.0.8", transitive_headers=True)
        self.requires(f"dynamic/{self.version}")
        self.tool_requires('protobuf/[~3.21]')
        # self.requires("not/1.0")

    def source(self):
        get(self, "https://example.org/x/1.0.tgz")
        x = "no/1.0"
`

describe('conanfiles', () => {
  it('of text ask for packages in sections', async () => {
    const { components, diagnostics } = await catalogued(conan, { 'app/conanfile.txt': TEXT })
    expect(diagnostics).toEqual([])
    expect(components.map(({ purl, scope, evidence }) => [purl, scope, evidence[0]?.lines?.[0]])).toEqual([
      ['pkg:conan/zlib@1.2.13', 'runtime', 2],
      ['pkg:conan/poco@1.9', 'runtime', 4],
      ['pkg:conan/cmake@3.22.6', 'development', 8],
    ])
    expect(components.map(({ evidence }) => evidence[0]?.confidence)).toEqual([1, 0.3, 1])
  })

  it('of Python ask in literals', async () => {
    const { components } = await catalogued(conan, { 'app/conanfile.py': PYTHON })
    expect(components.map(({ purl, scope }) => [purl, scope])).toEqual([
      ['pkg:conan/fmt@9.1.0', 'runtime'],
      ['pkg:conan/corp/spdlog@1.11.0?channel=stable', 'runtime'],
      ['pkg:conan/gtest@1.13.0', 'development'],
      ['pkg:conan/ninja@1.11.1', 'development'],
      ['pkg:conan/openssl@3.0.8', 'runtime'],
      ['pkg:conan/protobuf@3.21', 'development'],
    ])
  })

  it('say nothing beside a lockfile', async () => {
    const { components } = await catalogued(conan, {
      'app/conanfile.txt': TEXT,
      'app/conan.lock': '{"version":"0.5","requires":["zlib/1.2.12#x%1"],"build_requires":[],"python_requires":[]}',
    })
    expect(components.map(({ version }) => version)).toEqual(['1.2.12'])
  })

  it.each([
    ['conanfile.txt', '[requires]\nnothing\n'],
    ['conanfile.txt', '\u0000'],
    ['conanfile.py', '\u0000'],
  ])('that are broken are named: %s (%#)', async (name, content) => {
    const { components, diagnostics } = await catalogued(conan, {
      [`bad/${name}`]: content,
      'good/conanfile.txt': TEXT,
    })
    expect(components).toHaveLength(3)
    expect(diagnostics).toMatchObject([{ path: `bad/${name}`, effect: 'partial' }])
  })

  it('end soon, however they are written', async () => {
    const start = performance.now()
    await catalogued(conan, {
      'a/conanfile.py': `requires = (${'"a/1",'.repeat(200_000)}`,
      'b/conanfile.py': 'requires = (\n'.repeat(100_000),
      'c/conanfile.py': `requires = ${`"'`.repeat(500_000)}`,
      'd/conanfile.txt': `[requires]\n${'a/['.repeat(300_000)}`,
    })
    expect(performance.now() - start).toBeLessThan(3000)
  })
})
