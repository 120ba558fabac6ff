import type { ExtractorSlice } from './types.ts'

export const systems: ExtractorSlice = {
  places: new Map([]),
  notBuilt: [
    'embeddedfs/*',
    'misc/githubactions/*',
    'misc/netscaler/*',
    'os/homebrew/*',
    'os/macapps/*',
    'os/snap/*',
    'os/spack/*',
    'runtime/*',
    'sbom/*',
  ],
}
