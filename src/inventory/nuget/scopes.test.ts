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
