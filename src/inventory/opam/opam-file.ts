/** A word of an opam file: a text, a name, or a sign; brackets and comparisons are signs. */
export interface OpamToken {
  readonly kind: 'text' | 'name' | 'sign'
  readonly text: string
  /** From 1. */
  readonly line: number
}

const MAX_TOKENS = 500_000

/**
 * The fields of an opam file (https://opam.ocaml.org/doc/Manual.html#Common-file-format), each with the words of its value; those of a section
 * as `url.checksum`. Undefined for what is no such file: a text or comment that does not end, a bracket too many, or far too many words.
 */
export function opamFields(text: string): ReadonlyMap<string, readonly OpamToken[]> | undefined {
  const tokens = tokensOf(text)
  if (tokens === undefined) return undefined
  const fields = new Map<string, OpamToken[]>()
  let section = ''
  let depth = 0
  let value: OpamToken[] = []
  for (const [index, token] of tokens.entries()) {
    const next = tokens[index + 1]
    if (depth === 0 && token.kind === 'name' && next?.kind === 'sign' && next.text === ':') {
      value = []
      const name = `${section}${token.text}`
      if (!fields.has(name)) fields.set(name, value)
    } else if (depth === 0 && isSign(token, '{') && section === '' && opensSection(tokens, index)) {
      section = `${sectionName(tokens, index)}.`
      value = []
    } else if (depth === 0 && isSign(token, '}') && section !== '') {
      section = ''
      value = []
    } else {
      if (token.kind === 'sign' && '[({'.includes(token.text)) depth++
      else if (token.kind === 'sign' && '])}'.includes(token.text) && --depth < 0) return undefined
      if (!isSign(token, ':')) value.push(token)
    }
  }
  return depth === 0 && section === '' ? fields : undefined
}

/** `url {` or `extra-source "name" {`, not a filter behind a value. */
function opensSection(tokens: readonly OpamToken[], brace: number): boolean {
  const [before, earlier] = [tokens[brace - 1], tokens[brace - 2]]
  if (before?.kind === 'name') return !isSign(earlier, ':')
  return before?.kind === 'text' && earlier?.kind === 'name' && !isSign(tokens[brace - 3], ':')
}

function sectionName(tokens: readonly OpamToken[], brace: number): string {
  const before = tokens[brace - 1]
  return (before?.kind === 'name' ? before : tokens[brace - 2])?.text ?? ''
}

/** Whether it is that sign, not a text of the same characters. */
export function isSign(token: OpamToken | undefined, text: string): boolean {
  return token?.kind === 'sign' && token.text === text
}

const PIECE = /[ \t\r\n]+|#[^\n]*|[A-Za-z0-9_][A-Za-z0-9_+.-]*|>=|<=|!=|./sy

function tokensOf(text: string): OpamToken[] | undefined {
  const tokens: OpamToken[] = []
  let line = 1
  for (let at = 0; at < text.length; ) {
    if (tokens.length >= MAX_TOKENS) return undefined
    const end = specialEnd(text, at)
    if (end === 'endless') return undefined
    PIECE.lastIndex = at
    const piece = end === undefined ? (PIECE.exec(text)?.[0] ?? '') : text.slice(at, end)
    if (piece.startsWith('"')) tokens.push({ kind: 'text', text: unquoted(piece), line })
    else if (/^[A-Za-z0-9_]/.test(piece)) tokens.push({ kind: 'name', text: piece, line })
    else if (!/^(?:[ \t\r\n#]|\(\*)/.test(piece)) tokens.push({ kind: 'sign', text: piece, line })
    for (let i = piece.indexOf('\n'); i >= 0; i = piece.indexOf('\n', i + 1)) line++
    at += piece.length
  }
  return tokens
}

/** Where a text or a comment that begins here ends; undefined where none begins. */
function specialEnd(text: string, at: number): number | 'endless' | undefined {
  if (text.startsWith('(*', at)) return endAfter(text, '*)', at + 2)
  if (text[at] !== '"') return undefined
  if (text.startsWith('"""', at)) return endAfter(text, '"""', at + 3)
  for (let end = at + 1; end < text.length; end++) {
    if (text[end] === '\\') end++
    else if (text[end] === '"') return end + 1
  }
  return 'endless'
}

function endAfter(text: string, mark: string, from: number): number | 'endless' {
  const end = text.indexOf(mark, from)
  return end < 0 ? 'endless' : end + mark.length
}

function unquoted(piece: string): string {
  if (piece.startsWith('"""')) return piece.slice(3, -3)
  return piece.slice(1, -1).replace(/\\([\s\S])/g, '$1')
}
