import { expect, it } from 'vitest'
import { catalogued } from '../../../test/support/catalog.ts'
import { nuget } from './index.ts'

const LOCK = JSON.stringify({
  version: 1,
  dependencies: {
    'net8.0': {
      Serilog: { type: 'Direct', resolved: '3.1.1', dependencies: { Shared: '1.0.0' } },
      StyleCop: { type: 'Direct', resolved: '1.1.0', dependencies: { Shared: '1.0.0', Rules: '1.0.0' } },
      Central: { type: 'Direct', resolved: '2.0.0' },
      Shared: { type: 'Transitive', resolved: '1.0.0' },
      Rules: { type: 'Transitive', resolved: '1.0.0' },
    },
  },
})

it('a project beside its lockfile says which packages are for development', async () => {
  const { components } = await catalogued(nuget, {
    'a/app.csproj':
      '<Project><ItemGroup><PackageReference Include="Serilog" Version="3.1.1"/><PackageReference Include="stylecop" Version="1.1.0"><PrivateAssets>all</PrivateAssets></PackageReference><PackageReference Include="Central"/></ItemGroup></Project>',
    'a/packages.lock.json': LOCK,
    'b/packages.lock.json': LOCK,
  })
  const inFolder = (folder: string) =>
    components.filter(({ evidence }) => evidence[0]?.path.startsWith(folder)).map(({ name, scope }) => [name, scope])
  expect(Object.fromEntries(inFolder('a/'))).toEqual({
    Serilog: 'runtime',
    StyleCop: 'development',
    Central: 'runtime',
    Shared: 'runtime',
    Rules: 'development',
  })
  expect(new Set(inFolder('b/').map(([, scope]) => scope))).toEqual(new Set(['unknown']))
})

it('what was restored for a project says it by itself', async () => {
  const { components } = await catalogued(nuget, {
    'obj/project.assets.json': JSON.stringify({
      targets: {
        'net8.0': {
          'Serilog/3.1.1': { dependencies: { Shared: '1.0.0' } },
          'StyleCop/1.1.0': { dependencies: { Shared: '1.0.0', Rules: '1.0.0' } },
          'Shared/1.0.0': {},
          'Rules/1.0.0': {},
          'Beside/1.0.0': { type: 'project', dependencies: { Far: '1.0.0' } },
          'Far/1.0.0': {},
          'NETStandard.Library/2.0.3': {},
        },
      },
      libraries: {
        'Serilog/3.1.1': { type: 'package' },
        'StyleCop/1.1.0': { type: 'package' },
        'Shared/1.0.0': { type: 'package' },
        'Rules/1.0.0': { type: 'package' },
        'Beside/1.0.0': { type: 'project' },
        'Far/1.0.0': { type: 'package' },
        'NETStandard.Library/2.0.3': { type: 'package' },
      },
      project: {
        frameworks: {
          'net8.0': {
            dependencies: {
              Serilog: {},
              StyleCop: { suppressParent: 'All' },
              'NETStandard.Library': { suppressParent: 'All', autoReferenced: true },
            },
          },
        },
      },
    }),
  })
  expect(Object.fromEntries(components.map(({ name, scope }) => [name, scope]))).toEqual({
    Serilog: 'runtime',
    StyleCop: 'development',
    Shared: 'runtime',
    Rules: 'development',
    Far: 'runtime',
    'NETStandard.Library': 'runtime',
  })
})
