/** A block of the outermost level, with those of its attributes that are plain texts. */
export interface HclBlock {
  readonly type: string
  readonly labels: readonly string[]
  readonly attributes: ReadonlyMap<string, string>
  /** First and last line, from 1. */
  readonly lines: readonly [number, number]
}

interface Token {
  readonly kind: 'word' | 'text' | 'mark' | 'line'
  readonly text: string
  readonly line: number
}

/** Longest text of an attribute or label that matters here. */
const MAX_TEXT = 4096

/**
 * The outermost blocks of an HCL file (https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md): type, labels, and attributes whose value is
 * one quoted text without templates. Everything else is passed over; a file that breaks off gives the blocks before that.
 */
export function* hclBlocks(text: string): Generator<HclBlock, void, undefined> {
  let depth = 0
  let line: Token[] = []
  let open: { type: string; labels: string[]; attributes: Map<string, string>; first: number } | undefined
  for (const token of tokensOf(text)) {
    if (token.kind === 'mark' && '{[('.includes(token.text)) {
      if (depth === 0 && token.text === '{') open = begun(line)
      depth++
      line = []
    } else if (token.kind === 'mark' && '}])'.includes(token.text)) {
      if (depth === 1) takeAttribute(line, open?.attributes)
      depth = Math.max(0, depth - 1)
      if (depth === 0 && open !== undefined) {
        yield { type: open.type, labels: open.labels, attributes: open.attributes, lines: [open.first, token.line] }
        open = undefined
      }
      // What stands behind a bracket on its line is no plain attribute.
      line = [token]
    } else if (token.kind === 'line') {
      if (depth === 1) takeAttribute(line, open?.attributes)
      line = []
    } else if (line.length < 8) line.push(token)
  }
}

function begun(line: readonly Token[]) {
  const [first, ...labels] = line
  if (first?.kind !== 'word' || labels.some(({ kind }) => kind === 'mark')) return undefined
  return {
    type: first.text,
    labels: labels.map(({ text }) => text),
    attributes: new Map<string, string>(),
    first: first.line,
  }
}

function takeAttribute(line: readonly Token[], attributes: Map<string, string> | undefined): void {
  const [name, equals, value, rest] = line
  if (name?.kind === 'word' && equals?.text === '=' && value?.kind === 'text' && rest === undefined)
    attributes?.set(name.text, value.text)
}

function* tokensOf(text: string): Generator<Token, void, undefined> {
  const pattern =
    /(?<space>[^\S\n]+)|(?<line>\n)|(?<comment>#[^\n]*|\/\/[^\n]*|\/\*)|<<-?(?<heredoc>\w+)[^\n]*\n|(?<quote>")|(?<word>[A-Za-z_][\w.-]*)|(?<mark>.)/gsy
  let at = 0
  let line = 1
  while (at < text.length) {
    pattern.lastIndex = at
    const match = pattern.exec(text)
    if (match === null) return
    const { groups = {} } = match
    let end = pattern.lastIndex
    if (groups.quote !== undefined) {
      end = afterQuoted(text, at)
      const inside = text.slice(at + 1, end - 1)
      const isPlain = inside.length <= MAX_TEXT && !/[\\\n]|[$%]\{/.test(inside)
      yield { kind: isPlain ? 'text' : 'mark', text: isPlain ? inside : '"', line }
    } else if (groups.comment === '/*') {
      const close = text.indexOf('*/', at + 2)
      end = close < 0 ? text.length : close + 2
    } else if (groups.heredoc !== undefined) {
      end = afterHeredoc(text, end, groups.heredoc)
      yield { kind: 'mark', text: '<<', line }
    } else if (groups.line !== undefined) yield { kind: 'line', text: '\n', line }
    else if (groups.word !== undefined) yield { kind: 'word', text: groups.word, line }
    else if (groups.mark !== undefined) yield { kind: 'mark', text: groups.mark, line }
    for (let i = at; i < end; i++) if (text.charCodeAt(i) === NEWLINE) line++
    at = end
  }
}

/** The place behind a quoted text, whose templates may hold quoted texts themselves. */
function afterQuoted(text: string, start: number): number {
  const inside: ('"' | '{')[] = ['"']
  for (let at = start + 1; at < text.length; at++) {
    const char = text[at]
    const top = inside.at(-1)
    if (top === '"' && char === '\\') at++
    else if (char === '"') {
      if (top === '"') inside.pop()
      else inside.push('"')
    } else if (top === '"' && (char === '$' || char === '%') && text[at + 1] === '{') {
      inside.push('{')
      at++
    } else if (top === '{' && char === '}') inside.pop()
    else if (top === '{' && char === '{') inside.push('{')
    // A text that is not closed ends with its line.
    else if (char === '\n' && inside.length === 1) return at
    if (inside.length === 0) return at + 1
  }
  return text.length
}

/** The place behind the line that ends a here-document, its line break not included. */
function afterHeredoc(text: string, from: number, name: string): number {
  for (let at = from; at < text.length; ) {
    const newline = text.indexOf('\n', at)
    const end = newline < 0 ? text.length : newline
    if (text.slice(at, end).trim() === name) return end
    at = end + 1
  }
  return text.length
}

const NEWLINE = 0x0a
