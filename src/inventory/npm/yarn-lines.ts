import { decodeText, linesOf } from '../documents/text.ts'

/** One entry of a `yarn.lock`. */
export interface YarnEntry {
  /** What it answers: `name@^1.0.0`. */
  readonly patterns: readonly string[]
  readonly fields: ReadonlyMap<string, string>
  /** Lists of names with ranges: `dependencies`, `optionalDependencies`. */
  readonly lists: ReadonlyMap<string, ReadonlyMap<string, string>>
  readonly lines: readonly [number, number]
}

const MAX_ENTRIES = 500_000
const MAX_PATTERNS = 2_000

interface OpenEntry {
  readonly patterns: readonly string[]
  readonly fields: Map<string, string>
  readonly lists: Map<string, Map<string, string>>
  readonly first: number
  last: number
}

/**
 * The entries of a `yarn.lock`, classic (Yarn 1: names and values separated by a space) or berry (Yarn 2 and later: a small part of YAML,
 * two spaces a level), which have their shape in common: keys, below them fields, below these lists. `bad` is told the number of each
 * line that fits nowhere; a conflict that git left behind is such a line.
 */
export function readYarnLines(bytes: Uint8Array, bad: (line: number, text: string) => void): YarnEntry[] {
  const entries: OpenEntry[] = []
  let entry: OpenEntry | undefined
  let list: Map<string, string> | undefined
  for (const [index, raw] of linesOf(decodeText(bytes)).entries()) {
    const text = raw.trimEnd()
    const indent = text.length - text.trimStart().length
    const line = text.slice(indent)
    // ":" alone follows a key that Yarn found too long for one line ("? key").
    if (line === '' || line.startsWith('#') || (line === ':' && entry)) continue
    if (indent === 0) {
      const patterns = patternsOf(line)
      list = undefined
      entry = undefined
      if (patterns === undefined || entries.length >= MAX_ENTRIES) bad(index + 1, line)
      else {
        entry = { patterns, fields: new Map(), lists: new Map(), first: index + 1, last: index + 1 }
        entries.push(entry)
      }
      continue
    }
    const pair = pairOf(line)
    if (entry === undefined || pair === undefined || (indent > 2 && list === undefined)) {
      // What follows a line that was refused already, or is deeper than anything that is looked for, is no news.
      if (entry !== undefined && indent <= 4) bad(index + 1, line)
      continue
    }
    entry.last = index + 1
    if (indent > 4) continue
    if (indent > 2) list?.set(pair[0], pair[1])
    else if (pair[1] === '') {
      list = new Map()
      entry.lists.set(pair[0], list)
    } else {
      list = undefined
      entry.fields.set(pair[0], pair[1])
    }
  }
  return entries.map(({ first, last, ...rest }) => ({ ...rest, lines: [first, last] }))
}

/** The keys of `a@^1, "b@npm:^2":` or of `? "a@^1, b@^2"`; undefined for anything else. */
function patternsOf(line: string): string[] | undefined {
  const isLong = line.startsWith('? ')
  if (!isLong && !line.endsWith(':')) return undefined
  if (/^(?:<{7}|={7}|>{7})/.test(line)) return undefined
  const keys = isLong ? line.slice(2) : line.slice(0, -1)
  const patterns: string[] = []
  for (let at = 0; at < keys.length && patterns.length < MAX_PATTERNS; ) {
    const read = tokenAt(keys, at, ',')
    if (read === undefined) return undefined
    // Berry writes one quoted text with all keys in it, classic quotes each by itself.
    patterns.push(...read.text.split(/, (?=\S)/))
    at = read.end
    while (keys[at] === ',' || keys[at] === ' ') at++
  }
  return patterns.length === 0 ? undefined : patterns
}

/** `name "value"`, `"name": value`, `name:`; undefined where there is no name. */
function pairOf(line: string): [string, string] | undefined {
  const name = tokenAt(line, 0, ' ')
  if (name === undefined || name.text === '') return undefined
  const isQuoted = line[0] === '"'
  const key = isQuoted ? name.text : name.text.replace(/:$/, '')
  let at = name.end
  if (isQuoted && line[at] === ':') at++
  while (line[at] === ' ') at++
  const value = at >= line.length ? { text: '', end: at } : line[at] === '"' ? tokenAt(line, at, ' ') : plain(line, at)
  return value && [key, value.text]
}

function plain(line: string, at: number) {
  return { text: line.slice(at), end: line.length }
}

/** The quoted text (JSON's escapes) or the plain one up to `stop` that begins at `at`, and where it ends. */
function tokenAt(text: string, at: number, stop: string): { readonly text: string; readonly end: number } | undefined {
  if (text[at] !== '"') {
    const end = text.indexOf(stop, at)
    return { text: text.slice(at, end < 0 ? undefined : end), end: end < 0 ? text.length : end }
  }
  let end = at + 1
  while (end < text.length && text[end] !== '"') end += text[end] === '\\' ? 2 : 1
  if (end >= text.length) return undefined
  const quoted = text.slice(at, end + 1)
  if (!quoted.includes('\\')) return { text: quoted.slice(1, -1), end: end + 1 }
  try {
    return { text: String(JSON.parse(quoted)), end: end + 1 }
  } catch {
    return undefined
  }
}
