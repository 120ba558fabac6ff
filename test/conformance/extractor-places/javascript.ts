import type { ExtractorSlice, Place } from './types.ts'

const npm = (path: string): Place => ({ cataloger: 'npm', path: () => path })

export const javascript: ExtractorSlice = {
  places: new Map<string, Place>([['language/javascript/yarnlock', npm('app/yarn.lock')]]),
  notBuilt: [
    'language/javascript/bunlock/*',
    'language/javascript/denojson/*',
    'language/javascript/denotssource/*',
    'language/javascript/pnpmlock/*',
    'language/javascript/vsix/*',
    'misc/chrome/*',
    'misc/vscodeextensions/*',
  ],
}
