import type { FileBytes, ReadResult } from '../../reading/index.ts'
import { decodeText, linesOf } from '../documents/text.ts'
import { type StatedPackage, StatedPackages } from '../stated-packages.ts'
import { toolPackage } from './tool.ts'

const MAX_VERSIONS = 32

/** `TOOL VERSION [VERSION…]` a line, `#` for comments (https://asdf-vm.com/manage/configuration.html, ".tool-versions"). */
export function readToolVersions(file: FileBytes): ReadResult<StatedPackage> {
  const found = new StatedPackages('tool-versions-unreadable', file.path)
  for (const [index, line] of linesOf(decodeText(file.bytes)).entries()) {
    const [tool, ...versions] = line.replace(/#.*$/, '').trim().split(/\s+/, MAX_VERSIONS)
    for (const version of versions) {
      const pkg = toolPackage(tool, version, 'declared', [index + 1, index + 1])
      if (pkg !== undefined) found.add(pkg)
    }
  }
  return found.result()
}

/** One version a line, of the runtime that the file is named after: `.nvmrc`, `.node-version`, pyenv's `.python-version` and their kin. */
export function readVersionFile(file: FileBytes): ReadResult<StatedPackage> {
  const found = new StatedPackages('version-file-unreadable', file.path)
  const name = file.path.slice(file.path.lastIndexOf('/') + 1)
  const tool = name === '.nvmrc' ? 'node' : (/^\.(\w+)-version$/.exec(name)?.[1] ?? '')
  for (const [index, line] of linesOf(decodeText(file.bytes)).slice(0, MAX_VERSIONS).entries()) {
    const version = line.replace(/#.*$/, '').trim()
    const own = version.startsWith(`${tool}-`) ? version.slice(tool.length + 1) : version
    const pkg = toolPackage(tool, own, 'declared', [index + 1, index + 1])
    if (pkg !== undefined) found.add(pkg)
  }
  return found.result()
}
