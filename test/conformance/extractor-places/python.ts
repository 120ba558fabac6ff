import type { ExtractorSlice } from './types.ts'

export const python: ExtractorSlice = {
  places: new Map([]),
  notBuilt: [
    'language/python/condameta/*',
    'language/python/pdmlock/*',
    'language/python/pipfilelock/*',
    'language/python/poetrylock/*',
    'language/python/pylock/*',
    'language/python/pyprojecttoml/*',
    'language/python/requirements/*',
    'language/python/setup/*',
  ],
}
