import { basename } from 'node:path'
import type { ExtractorSlice, Place } from './types.ts'

/** .NET, Ruby and PHP. */
export const dotnetRubyPhp: ExtractorSlice = {
  places: new Map<string, Place>([
    ['language/php/composerlock', { cataloger: 'packagist', path: () => 'app/composer.lock' }],
    ['language/ruby/gemfilelock', { cataloger: 'rubygems', path: () => 'app/Gemfile.lock' }],
    ['language/ruby/gemspec', { cataloger: 'rubygems', path: (file) => `app/${basename(file)}` }],
  ]),
  notBuilt: ['language/dotnet/*'],
}
