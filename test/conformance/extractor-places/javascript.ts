import type { ExtractorSlice, Place } from './types.ts'

const npm = (path: string): Place => ({ cataloger: 'npm', path: () => path })

export const javascript: ExtractorSlice = {
  places: new Map<string, Place>([
    ['language/javascript/yarnlock', npm('app/yarn.lock')],
    ['language/javascript/pnpmlock', npm('app/pnpm-lock.yaml')],
    ['language/javascript/denojson', npm('app/deno.json')],
    ['language/javascript/denotssource', npm('app/main.ts')],
    ['language/javascript/bunlock', npm('app/bun.lock')],
  ]),
  notBuilt: ['language/javascript/vsix/*', 'misc/chrome/*', 'misc/vscodeextensions/*'],
  gaps: {
    'language/javascript/denojson/testdata/deno.json':
      'a range of JSR stands for the lowest version that it allows, as one of npm does; the case wants "^1" itself',
    'language/javascript/bunlock/testdata/files.json5':
      'a folder of the project without a version is its own code here, as it is in lockfiles of npm: no component',
  },
}
