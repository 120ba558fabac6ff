import type { ExtractorSlice } from './types.ts'

export const javascript: ExtractorSlice = {
  places: new Map([]),
  notBuilt: [
    'language/javascript/bunlock/*',
    'language/javascript/denojson/*',
    'language/javascript/denotssource/*',
    'language/javascript/pnpmlock/*',
    'language/javascript/vsix/*',
    'language/javascript/yarnlock/*',
    'misc/chrome/*',
    'misc/vscodeextensions/*',
  ],
}
