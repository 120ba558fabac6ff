import type { ExtractorSlice } from './types.ts'

export const dotnetRubyPhp: ExtractorSlice = {
  places: new Map([]),
  notBuilt: ['language/dotnet/*', 'language/ruby/*', 'language/php/*'],
}
