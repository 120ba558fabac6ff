import { describe, expect, it } from 'vitest'
import { catalogued } from '../../../test/support/catalog.ts'
import { bazel } from './index.ts'

const MODULE = `module(name = "mine", version = "1.0")
SKYLIB = "1.5." + "0"
bazel_dep(name = "bazel_skylib", version = SKYLIB)
bazel_dep(name = "rules_go", version = "0.41.0", repo_name = "io_go")
bazel_dep("googletest", "1.14.0", dev_dependency = True)
bazel_dep(name = "overridden")
single_version_override(module_name = "rules_go", version = "0.42.0")
local_path_override(module_name = "overridden", path = "../x")
`
const OLD_LOCK = JSON.stringify({
  lockFileVersion: 3,
  moduleDepGraph: {
    '<root>': { name: 'mine', version: '1.0', deps: { bazel_skylib: 'bazel_skylib@1.5.0' } },
    'bazel_skylib@1.5.0': { name: 'bazel_skylib', version: '1.5.0', deps: { platforms: 'platforms@0.0.7' } },
    'platforms@0.0.7': { name: 'platforms', version: '0.0.7', deps: {} },
    'googletest@1.14.0': { name: 'googletest', version: '1.14.0', deps: { absl: 'absl@1' } },
    'absl@1': { name: 'absl', version: '1', deps: { platforms: 'platforms@0.0.7' } },
    'overridden@_': { name: 'overridden', version: '' },
  },
})

describe('bazel', () => {
  it('lists what a project asks for', async () => {
    const { components, diagnostics } = await catalogued(bazel, { 'app/MODULE.bazel': MODULE })
    expect(diagnostics).toEqual([])
    expect(
      components.map(({ purl, scope, evidence }) => [purl, scope, evidence[0]?.lines?.[0], evidence[0]?.confidence]),
    ).toEqual([
      ['pkg:bazel/bazel_skylib@1.5.0', 'runtime', 3, 0.3],
      ['pkg:bazel/rules_go@0.42.0', 'runtime', 4, 1],
      ['pkg:bazel/googletest@1.14.0', 'development', 5, 0.3],
    ])
  })

  it('lists the graph of an older lockfile, with what it is for', async () => {
    const { components, relations } = await catalogued(bazel, {
      'app/MODULE.bazel': MODULE,
      'app/MODULE.bazel.lock': OLD_LOCK,
    })
    expect(components.map(({ purl, direct, scope }) => [purl, direct, scope])).toEqual([
      ['pkg:bazel/bazel_skylib@1.5.0', true, 'runtime'],
      ['pkg:bazel/platforms@0.0.7', false, 'runtime'],
      ['pkg:bazel/googletest@1.14.0', true, 'development'],
      ['pkg:bazel/absl@1', false, 'development'],
    ])
    expect(relations).toHaveLength(3)
  })

  it('lists chosen versions of a newer lockfile, with registries of their own', async () => {
    const { components } = await catalogued(bazel, {
      'MODULE.bazel': MODULE,
      'MODULE.bazel.lock': JSON.stringify({
        lockFileVersion: 11,
        registryFileHashes: {
          'https://bcr.bazel.build/bazel_registry.json': 'ab',
          'https://bcr.bazel.build/modules/bazel_skylib/1.4.0/MODULE.bazel': 'ab',
          'https://bcr.bazel.build/modules/bazel_skylib/1.5.0/MODULE.bazel': 'ab',
          'https://bcr.bazel.build/modules/bazel_skylib/1.5.0/source.json': 'ab',
          'https://example.org/modules/other/1.0/source.json': 'ab',
          'https://example.org/modules/missing/1.0/source.json': null,
        },
      }),
    })
    expect(components.map(({ purl, direct }) => [purl, direct])).toEqual([
      ['pkg:bazel/bazel_skylib@1.5.0', true],
      ['pkg:bazel/other@1.0?repository_url=https:%2F%2Fexample.org%2F', false],
    ])
  })

  it.each([
    ['MODULE.bazel.lock', ''],
    ['MODULE.bazel.lock', '{}'],
    ['MODULE.bazel.lock', '{"moduleDepGraph":{"a@1":{"version":"1"}}}'],
    ['MODULE.bazel.lock', '['.repeat(100_000)],
    ['MODULE.bazel', 'bazel_dep(name = "a", version = "1\u0007")'],
    ['MODULE.bazel', '( '.repeat(1_100_000)],
  ])('names a broken %s (%#) and keeps the others', async (name, content) => {
    const { components, diagnostics } = await catalogued(bazel, {
      [`bad/${name}`]: content,
      'good/MODULE.bazel': MODULE,
    })
    expect(components).toHaveLength(3)
    expect(diagnostics).toMatchObject([{ path: `bad/${name}`, effect: 'partial' }])
  })
})
