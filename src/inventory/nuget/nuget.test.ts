import fc from 'fast-check'
import { expect, test } from 'vitest'
import { catalogued } from '../../../test/support/catalog.ts'
import { nuget } from './index.ts'
import { versionStrings } from './version-resource.ts'

const HASH = Buffer.alloc(64, 7).toString('base64')
const HEX = Buffer.alloc(64, 7).toString('hex')

const DEPS = JSON.stringify({
  targets: {
    '.NETCoreApp,Version=v8.0': {
      'App/1.0.0': { dependencies: { Serilog: '2.0.0' } },
      'Serilog/2.0.0': { dependencies: { 'System.Text.Json': '8.0.0' } },
      'System.Text.Json/8.0.0': {},
    },
  },
  libraries: {
    'App/1.0.0': { type: 'project', sha512: '' },
    'Serilog/2.0.0': { type: 'package', sha512: `sha512-${HASH}` },
    'System.Text.Json/8.0.0': { type: 'package' },
    'runtimepack.Microsoft.NETCore.App.Runtime.linux-x64/8.0.1': { type: 'runtimepack' },
  },
})

test('.deps.json: direct ones by the project, edges, digests, the runtime that was published with it', async () => {
  const { components, relations } = await catalogued(nuget, { 'app/App.deps.json': DEPS })
  expect(components.map(({ name, version, direct, presence }) => [name, version, direct, presence])).toStrictEqual([
    ['App', '1.0.0', false, 'installed'],
    ['Serilog', '2.0.0', true, 'installed'],
    ['System.Text.Json', '8.0.0', false, 'installed'],
    ['Microsoft.NETCore.App.Runtime.linux-x64', '8.0.1', false, 'installed'],
  ])
  expect(components[1]?.hashes).toStrictEqual([`sha512:${HEX}`])
  expect(relations).toStrictEqual([
    { from: components[0]?.id, to: components[1]?.id, kind: 'depends-on' },
    { from: components[1]?.id, to: components[2]?.id, kind: 'depends-on' },
  ])
})

test('packages.lock.json wins over its project; Directory.Packages.props and packages.config', async () => {
  const { components } = await catalogued(nuget, {
    'a/packages.lock.json': JSON.stringify({
      dependencies: {
        net8: {
          Direct: { type: 'Direct', resolved: '1.0.0', contentHash: HASH, dependencies: { Other: '2.0.0' } },
          Other: { type: 'Transitive', resolved: '2.0.0' },
          own: { type: 'Project' },
        },
      },
    }),
    'a/a.csproj': '<Project><ItemGroup><PackageReference Include="Direct" Version="0.9.0"/></ItemGroup></Project>',
    'b/b.csproj':
      '<Project><PropertyGroup><V>3.1.0</V></PropertyGroup><ItemGroup><PackageReference Include="X" Version="$(V)"/><PackageReference Include="Y"><Version>[1.0,2.0)</Version><PrivateAssets>all</PrivateAssets></PackageReference><PackageReference Include="Z"/></ItemGroup></Project>',
    'Directory.Packages.props':
      '<Project><ItemGroup><PackageVersion Include="Z" Version="4.0.0"/></ItemGroup></Project>',
    'c/packages.config': '<packages><package id="Old" version="1.2.3" developmentDependency="true"/></packages>',
  })
  expect(
    components.map(({ name, version, direct, scope, evidence }) => [
      name,
      version,
      direct,
      scope,
      evidence[0]?.confidence,
    ]),
  ).toStrictEqual([
    ['Z', '4.0.0', 'unknown', 'unknown', 1],
    ['Direct', '1.0.0', true, 'runtime', 1],
    ['Other', '2.0.0', false, 'runtime', 1],
    ['X', '3.1.0', true, 'runtime', 1],
    ['Y', '1.0', true, 'development', 0.3],
    ['Old', '1.2.3', 'unknown', 'development', 1],
  ])
})

test('paket, and .NET in its own folders', async () => {
  const { components, relations } = await catalogued(nuget, {
    'a/paket.lock':
      'NUGET\n  remote: https://api.nuget.org/v3/index.json\n    A (1.0)\n      B (>= 2.0)\n    B (2.1) - restriction: >= net45\nGROUP Build\nNUGET\n  remote: x\n    C (3.0)\n',
    'usr/share/dotnet/shared/Microsoft.NETCore.App/8.0.1/.version': 'abc\n8.0.1\n',
    'usr/share/dotnet/sdk/8.0.100/.version': 'abc\n8.0.100\n',
  })
  expect(components.map(({ name, version, scope }) => [name, version, scope])).toStrictEqual([
    ['A', '1.0', 'runtime'],
    ['B', '2.1', 'runtime'],
    ['C', '3.0', 'development'],
    ['dotnet-sdk', '8.0.100', 'unknown'],
    ['Microsoft.NETCore.App', '8.0.1', 'unknown'],
  ])
  expect(relations).toHaveLength(1)
})

test('bad input: a diagnostic for that file, the packages of others stay', async () => {
  const files = {
    'a/a.deps.json': DEPS.slice(0, 50),
    'b/project.assets.json': '[]',
    'c/packages.lock.json': '{"dependencies":{"net8":{"X":1}}}',
    'd/packages.config': '<!DOCTYPE p [<!ENTITY x "y">]><packages><package id="&x;" version="1"/></packages>',
    'e/e.csproj': '<Project>',
    'f/paket.lock': 'nothing',
    'g/g.dll': 'MZ',
  }
  const { components, diagnostics } = await catalogued(nuget, { ...files, 'z/App.deps.json': DEPS })
  expect(components).toHaveLength(4)
  expect([...new Set(diagnostics.map(({ path }) => path))].sort()).toStrictEqual(Object.keys(files))
})

test('a version resource of any bytes is read within them', () => {
  const key = Buffer.from('VS_VERSION_INFO\0', 'utf16le')
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 6, maxLength: 12 }), fc.uint8Array({ maxLength: 400 }), (before, after) => {
      versionStrings(Buffer.concat([before, key, after]))
    }),
  )
})
