import type { FileBytes, ReadResult } from '../../reading/index.ts'
import { decodeText, linesOf } from '../documents/text.ts'
import { parseToml } from '../documents/toml.ts'
import { asObject, member, textMember } from '../json-document.ts'
import { type StatedPackage, StatedPackages } from '../stated-packages.ts'
import { toolPackage } from './tool.ts'

/** Tools of `[tools]` (https://mise.jdx.dev/configuration.html): a version, a list of them, or a table with `version`. */
export function readMise(file: FileBytes): ReadResult<StatedPackage> {
  const found = new StatedPackages('mise-config-unreadable', file.path)
  const parsed = parseToml(file.bytes)
  if ('problem' in parsed)
    return found.problem(`the configuration of mise could not be read: ${parsed.problem}`).result()
  const lines = keyLines(linesOf(decodeText(file.bytes)))
  for (const [tool, said] of Object.entries(asObject(member(parsed.object, 'tools')) ?? {})) {
    const line = lines.get(tool)
    for (const one of Array.isArray(said) ? said : [said]) {
      const version = typeof one === 'string' ? one : textMember(asObject(one) ?? {}, 'version')
      const pkg = version === undefined ? undefined : toolPackage(tool, version, 'declared', line)
      if (pkg !== undefined) found.add(pkg)
    }
  }
  return found.result()
}

/** Lines of keys below `[tools]`, and of `[tools.NAME]`. */
function keyLines(lines: readonly string[]): Map<string, [number, number]> {
  const found = new Map<string, [number, number]>()
  let isTools = false
  for (const [index, line] of lines.entries()) {
    const header = /^\s*\[\s*([^\]]+?)\s*\]/.exec(line)?.[1]
    if (header !== undefined) isTools = header === 'tools'
    const named = header?.startsWith('tools.') ? header.slice('tools.'.length) : undefined
    const key = named ?? (isTools ? /^\s*("[^"]*"|'[^']*'|[\w.-]+)\s*=/.exec(line)?.[1] : undefined)
    if (key !== undefined) found.set(key.replace(/^["']|["']$/g, ''), [index + 1, index + 1])
  }
  return found
}
