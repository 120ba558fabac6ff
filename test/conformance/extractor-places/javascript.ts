import type { ExtractorSlice, Place } from './types.ts'

const npm = (path: string): Place => ({ cataloger: 'npm', path: () => path })

export const javascript: ExtractorSlice = {
  places: new Map<string, Place>([
    ['language/javascript/yarnlock', npm('app/yarn.lock')],
    ['language/javascript/pnpmlock', npm('app/pnpm-lock.yaml')],
    ['language/javascript/denojson', npm('app/deno.json')],
    ['language/javascript/denotssource', npm('app/main.ts')],
    ['language/javascript/vsix', npm('app/extension.vsix')],
    ['misc/vscodeextensions', { cataloger: 'vscode', path: () => 'home/user/.vscode/extensions/extensions.json' }],
    [
      'misc/chrome/extensions',
      { cataloger: 'chrome', path: (file) => `home/user/.config/google-chrome/Default/Extensions/${chromePath(file)}` },
    ],
    ['language/javascript/bunlock', npm('app/bun.lock')],
  ]),
  notBuilt: [],
  gaps: {
    'misc/chrome/extensions/testdata/nolocaleoekpmoecnnnilnnbdlolhkhi/1.89.1/manifest.json':
      'which extension it is its folder says; a name that is missing in one language loses no package',
    'language/javascript/denojson/testdata/deno.json':
      'a range of JSR stands for the lowest version that it allows, as one of npm does; the case wants "^1" itself',
    'language/javascript/bunlock/testdata/files.json5':
      'a folder of the project without a version is its own code here, as it is in lockfiles of npm: no component',
  },
}

/** Folders of extensions and their versions are named as Chrome does; what has none gets them. */
function chromePath(file: string): string {
  const match = /\/(\w{32}\/[^/]+\/manifest\.json)$/.exec(file)
  return match?.[1] ?? `${'a'.repeat(32)}/1.0_0/manifest.json`
}
