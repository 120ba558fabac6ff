import { basename } from 'node:path'
import type { ExtractorSlice, Place } from './types.ts'

/** .NET, Ruby and PHP. */
export const dotnetRubyPhp: ExtractorSlice = {
  places: new Map<string, Place>([
    ['language/php/composerlock', { cataloger: 'packagist', path: () => 'app/composer.lock' }],
    ['language/ruby/gemfilelock', { cataloger: 'rubygems', path: () => 'app/Gemfile.lock' }],
    [
      'language/ruby/gemspec',
      {
        cataloger: 'rubygems',
        path: (file) => `app/${basename(file)}`,
        beside: ['lib/example_app/version.rb'],
      },
    ],
    ['language/dotnet/depsjson', { cataloger: 'nuget', path: () => 'app/application1.deps.json' }],
    ['language/dotnet/dotnetpe', { cataloger: 'nuget', path: (file) => `app/${basename(file)}` }],
    ['language/dotnet/nugetcpm', { cataloger: 'nuget', path: () => 'app/Directory.Packages.props' }],
    ['language/dotnet/packagesconfig', { cataloger: 'nuget', path: () => 'app/packages.config' }],
    ['language/dotnet/packageslockjson', { cataloger: 'nuget', path: () => 'app/packages.lock.json' }],
    ['language/dotnet/paketdependencies', { cataloger: 'nuget', path: () => 'app/paket.dependencies' }],
    ['language/dotnet/projectassetsjson', { cataloger: 'nuget', path: () => 'app/obj/project.assets.json' }],
  ]),
  notBuilt: [],
  gaps: {
    'language/dotnet/paketdependencies/testdata/duplicate/paket.dependencies':
      'a requirement without any version names no package that could be looked up; the case lists it with an empty version',
  },
}
