import type { FileBytes, ReadResult } from '../../reading/index.ts'
import { lowestAllowed } from '../documents/lowest-allowed.ts'
import { decodeText, linesOf } from '../documents/text.ts'
import { packageUrl } from '../package-url.ts'
import { RANGE_CONFIDENCE } from '../range-confidence.ts'
import { type StatedPackage, StatedPackages } from '../stated-packages.ts'

const MAX_LINE = 10_000
/** `{:name, "~> 1.0"` with what follows on its line. */
const DEPENDENCY = /\{\s{0,20}:([a-z]\w{0,200}),\s{0,20}"([^"]{1,200})"(.*)/

/**
 * Packages that a `mix.exs` asks for with a version (https://hexdocs.pm/mix/Mix.Tasks.Deps.html), each with the least one that is allowed. It is a
 * program: only tuples of a literal name and requirement on one line are read.
 */
export function readMixProject(file: FileBytes): ReadResult<StatedPackage> {
  const stated = new StatedPackages('mix-project-unreadable', file.path)
  const text = decodeText(file.bytes)
  if (text.includes('\0')) return stated.problem('mix.exs is no text').result()
  for (const [index, whole] of linesOf(text).entries()) {
    const line = whole.slice(0, MAX_LINE).trimStart()
    const [, key = '', range = '', options = ''] = line.startsWith('#') ? [] : (DEPENDENCY.exec(line) ?? [])
    const lowest = lowestAllowed(range, 'exact')
    if (key === '' || lowest === undefined) continue
    const name = /\bhex:\s{0,20}[:"](\w{1,200})/.exec(options)?.[1] ?? key
    const only = /\bonly:\s{0,20}([^}]*)/.exec(options)?.[1]
    const isDevelopment = (only !== undefined && !only.includes(':prod')) || /\bruntime:\s{0,20}false\b/.test(options)
    const { version, exact } = lowest
    stated.add({
      purl: packageUrl({ type: 'hex', name: name.toLowerCase(), version }),
      name,
      version,
      ecosystem: 'Hex',
      presence: 'declared',
      direct: true,
      scope: isDevelopment ? 'development' : 'runtime',
      lines: [index + 1, index + 1],
      ...(!exact && { confidence: RANGE_CONFIDENCE }),
    })
  }
  return stated.result()
}
