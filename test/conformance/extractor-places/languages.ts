import type { ExtractorSlice } from './types.ts'

export const languages: ExtractorSlice = {
  places: new Map([]),
  notBuilt: [
    'language/cpp/*',
    'language/dart/*',
    'language/erlang/*',
    'language/gleam/*',
    'language/haskell/*',
    'language/julia/*',
    'language/perl/*',
    'language/r/*',
    'language/swift/*',
  ],
}
