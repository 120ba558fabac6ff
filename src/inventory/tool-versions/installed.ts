import type { FileBytes, ReadResult } from '../../reading/index.ts'
import { type StatedPackage, StatedPackages } from '../stated-packages.ts'
import { toolPackage } from './tool.ts'

/** Where each manager keeps a tool in a version; the file stands at the top of it. */
const PLACES = [
  /(?:^|\/)(?:\.asdf|mise)\/installs\/([^/]+)\/([^/]+)\/[^/]+$/,
  /(?:^|\/)\.nvm\/versions\/(node)\/v([^/]+)\/[^/]+$/,
  /(?:^|\/)(node)-versions\/v([^/]+)\/installation\/[^/]+$/,
  /(?:^|\/)\.volta\/tools\/image\/(node|npm|yarn|pnpm)\/([^/]+)\/[^/]+$/,
]

/**
 * The runtime in whose folder a file lies: asdf (asdf-vm.com/manage/dependencies.html, `ASDF_DATA_DIR/installs`), mise, nvm, fnm and Volta all
 * name folders by tool and version. The folders say all that is taken.
 */
export function readInstalledRuntime(file: FileBytes): ReadResult<StatedPackage> {
  const found = new StatedPackages('runtime-installed-unreadable', file.path)
  for (const place of PLACES) {
    const match = place.exec(file.path)
    const pkg = match === null ? undefined : toolPackage(match[1], match[2], 'installed')
    if (pkg !== undefined) found.add(pkg)
  }
  return found.result()
}
