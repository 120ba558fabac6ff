import type { FileBytes, ReadResult } from '../../reading/index.ts'
import { lowestAllowed } from '../documents/lowest-allowed.ts'
import { decodeText, linesOf } from '../documents/text.ts'
import { RANGE_CONFIDENCE } from '../range-confidence.ts'
import { type StatedPackage, StatedPackages } from '../stated-packages.ts'
import { parseReference } from './reference.ts'

const MAX_LINE = 10_000
/** A statement with more lines is no list of requirements. */
const MAX_STATEMENT = 500
const DEVELOPMENT: ReadonlySet<string> = new Set([
  'build_requires',
  'tool_requires',
  'test_requires',
  'python_requires',
])

/**
 * What a project asks Conan for: the sections of a `conanfile.txt` (https://docs.conan.io/2/reference/conanfile_txt.html), and of a `conanfile.py`
 * (https://docs.conan.io/2/reference/conanfile.html) what stands in literals: `requires = …`, `self.requires("…")` and their like. Nothing is run;
 * a reference that is put together by the program is not known. Of a range the least version counts.
 */
export function readConanfile(file: FileBytes): ReadResult<StatedPackage> {
  const stated = new StatedPackages('conanfile-unreadable', file.path)
  const text = decodeText(file.bytes)
  if (text.includes('\0')) return stated.problem('the conanfile is no text').result()
  const lines = linesOf(text).map((line) => line.slice(0, MAX_LINE).trim())
  if (file.path.endsWith('.txt')) readSections(stated, lines)
  else readStatements(stated, lines)
  return stated.result()
}

function readSections(stated: StatedPackages, lines: readonly string[]): void {
  let section = ''
  for (const [index, line] of lines.entries()) {
    const header = /^\[([^\]]{1,100})\]/.exec(line)?.[1]
    if (header !== undefined) section = header
    else if ((section === 'requires' || DEVELOPMENT.has(section)) && line !== '' && !line.startsWith('#')) {
      const reference = line.replace(/\s#.*$/, '').trim()
      if (!addReference(stated, reference, section, index + 1))
        stated.problem(`a requirement has no name or no version (line ${index + 1})`)
    }
  }
}

function readStatements(stated: StatedPackages, lines: readonly string[]): void {
  let kind: string | undefined
  let depth = 0
  let length = 0
  for (const [index, whole] of lines.entries()) {
    const line = whole.startsWith('#') ? '' : whole
    if (kind === undefined) {
      kind = /(?:^|[\s.;])((?:build_|tool_|test_|python_)?requires)\s{0,20}[=(]/.exec(line)?.[1]
      depth = 0
      length = 0
    }
    if (kind === undefined) continue
    const literals = [...line.matchAll(/(?<![\w"'])([frbu]{0,2})(["'])((?:(?!\2).)*)\2/gi)]
    for (const [, prefix = '', , reference = ''] of literals)
      if (!/f/i.test(prefix)) addReference(stated, reference, kind, index + 1)
    depth += depthOf(line)
    const goesOn = (depth > 0 || line.endsWith('\\') || line.endsWith(',')) && ++length < MAX_STATEMENT
    if (!goesOn) kind = undefined
  }
}

/** How many brackets a line opens beyond those that it closes, those in texts left out. */
function depthOf(line: string): number {
  let depth = 0
  let quote: string | undefined
  for (const char of line) {
    if (quote !== undefined) {
      if (char === quote) quote = undefined
    } else if (char === '"' || char === "'") quote = char
    else if (char === '#') return depth
    else if ('([{'.includes(char)) depth++
    else if (')]}'.includes(char)) depth--
  }
  return depth
}

/** Whether the text is a reference at all. */
function addReference(stated: StatedPackages, text: string, kind: string, line: number): boolean {
  const [name, range] = /^([A-Za-z0-9_][\w.+-]{1,100})\/\[([^\]]{1,200})\]/.exec(text)?.slice(1) ?? []
  const lowest = range === undefined ? undefined : lowestAllowed(range, 'exact')
  if (range !== undefined && lowest === undefined) return true
  const isReference = /^[A-Za-z0-9_][\w.+-]{1,100}\/[\w.+-]{1,100}(?:[@#].{0,300})?$/.test(text)
  const found =
    lowest !== undefined ? parseReference(`${name}/${lowest.version}`) : isReference ? parseReference(text) : undefined
  if (found === undefined) return false
  stated.add({
    ...found,
    direct: true,
    scope: DEVELOPMENT.has(kind) ? 'development' : 'runtime',
    lines: [line, line],
    ...(lowest?.exact === false && { confidence: RANGE_CONFIDENCE }),
  })
  return true
}
