import { basename } from 'node:path'
import type { ExtractorSlice, Place } from './types.ts'

/** Package managers of systems, runtimes, workflows, bills of materials. */
export const systems: ExtractorSlice = {
  places: new Map<string, Place>([
    ['misc/githubactions', { cataloger: 'github-actions', path: () => '.github/workflows/valid.yml' }],
    ['misc/netscaler', { cataloger: 'netscaler', path: () => 'nsconfig/ns.conf' }],
    ['os/homebrew', { cataloger: 'homebrew', path: (file) => `opt/homebrew/${file.replace(/^.*?testdata\//, '')}` }],
    ['os/macapps', { cataloger: 'macapps', path: () => 'Applications/Name.app/Contents/Info.plist' }],
    ['os/snap', { cataloger: 'snap', path: () => 'snap/core/1/meta/snap.yaml' }],
    ['os/spack', { cataloger: 'spack', path: () => 'opt/spack/name/.spack/spec.json' }],
    ['runtime/mise', { cataloger: 'tool-versions', path: () => 'app/mise.toml' }],
    ['sbom/cdx', { cataloger: 'sbom-files', path: (file) => `opt/${basename(file)}` }],
    ['sbom/spdx', { cataloger: 'sbom-files', path: (file) => `opt/${basename(file)}` }],
  ]),
  notBuilt: [],
  gaps: {
    'embeddedfs/*':
      'that an extracted archive is none is told by whoever is asked to open it as a target; inside a target only archives of packages are opened',
    'sbom/spdx/testdata/overlapping_refs.spdx.json':
      "a package of Maven is named group:artifact, as advisories name it, wherever it is found; the case has the URL's last part only",
    'os/macapps/testdata/MissingData.plist':
      'an application that states no version is told as a diagnostic: nothing can be looked up without one',
  },
}
