import type { FileBytes, ReadResult } from '../../reading/index.ts'
import { packageUrl } from '../package-url.ts'
import { type StatedPackage, StatedPackages } from '../stated-packages.ts'

/**
 * The cask that a file lies in: `Caskroom/NAME/VERSION/…`, or its record `Caskroom/NAME/.metadata/VERSION/TIME/Casks/NAME.{json,rb}`
 * (Library/Homebrew/cask/metadata.rb). The folders say all that is taken.
 */
export function readCask(file: FileBytes): ReadResult<StatedPackage> {
  const found = new StatedPackages('homebrew-cask-unreadable', file.path)
  const place =
    /(?:^|\/)Caskroom\/([^/.][^/]*)\/\.metadata\/([^/]+)\/[^/]+\/Casks\/[^/]+$/.exec(file.path) ??
    /(?:^|\/)Caskroom\/([^/.][^/]*)\/([^/.][^/]*)\/.+$/.exec(file.path)
  if (place === null) return found.result()
  const [, name, version] = place
  found.add({
    purl: packageUrl({ type: 'brew', name, version }),
    name,
    version,
    ecosystem: 'brew',
    presence: 'installed',
    key: name,
  })
  return found.result()
}
