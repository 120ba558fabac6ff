/** A value that stands in Lua as a literal; what is computed is undefined. */
export type LuaValue = string | LuaTable | undefined

/** A table: entries without a key in their order, and those with a key that is text. */
export interface LuaTable {
  readonly list: readonly LuaValue[]
  readonly named: ReadonlyMap<string, LuaValue>
}

const MAX_DEPTH = 32
const MAX_TOKENS = 500_000
const MAX_TEXT = 4096

type Token = { readonly kind: 'text' | 'name' | 'sign'; readonly text: string }

/**
 * The values that a Lua file gives to names, and under `return` the one that it returns: texts, also joined ones, and tables; nothing is run
 * (https://www.lua.org/manual/5.4/manual.html#3.1). A table that does not end, or nests too deep, is a problem, as the end of a sentence.
 */
export function luaAssignments(text: string): ReadonlyMap<string, LuaValue> | { readonly problem: string } {
  const tokens = tokensOf(text)
  if (tokens === undefined) return { problem: `it has more than ${MAX_TOKENS} words, or a text that does not end` }
  const values = new Map<string, LuaValue>()
  let depth = 0
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at]
    if (token?.kind === 'sign' && OPENING.has(token.text)) depth++
    else if (token?.kind === 'sign' && CLOSING.has(token.text)) depth--
    if (depth !== 0 || token?.kind !== 'name') continue
    const isReturn = token.text === 'return'
    // Of several names at once (`a, b = 1, 2`) it is not told here which gets what.
    if (!isReturn && (!isSign(tokens[at + 1], '=') || isSign(tokens[at - 1], ','))) continue
    const start = at + (isReturn ? 1 : 2)
    const value = valueAt(tokens, start, 0, values)
    if (value === undefined) return { problem: 'a table does not end, or nests too deep' }
    if (!values.has(token.text)) values.set(token.text, value.value)
    at = Math.max(at, value.end - 1)
  }
  if (depth > 0) return { problem: 'a bracket is not closed' }
  return values
}

const OPENING: ReadonlySet<string> = new Set(['{', '(', '['])
const CLOSING: ReadonlySet<string> = new Set(['}', ')', ']'])

interface Parsed {
  readonly value: LuaValue
  readonly end: number
}

type Known = ReadonlyMap<string, LuaValue>

function valueAt(tokens: readonly Token[], at: number, depth: number, known: Known): Parsed | undefined {
  if (isSign(tokens[at], '{')) return depth < MAX_DEPTH ? tableAt(tokens, at + 1, depth + 1, known) : undefined
  let value = textAt(tokens[at], known)
  let end = value === undefined ? at : at + 1
  while (value !== undefined && isSign(tokens[end], '..')) {
    const next = textAt(tokens[end + 1], known)
    value = next === undefined || value.length + next.length > MAX_TEXT ? undefined : value + next
    end += 2
  }
  // What is called, indexed or compared is computed.
  const isComputed = ['(', '.', ':', '[', '==', '~'].some((sign) => isSign(tokens[end], sign))
  return { value: isComputed ? undefined : value, end: Math.min(end, tokens.length) }
}

/** A text, or a name that was given one. */
function textAt(token: Token | undefined, known: Known): string | undefined {
  if (token?.kind === 'text') return token.text
  const value = token?.kind === 'name' ? known.get(token.text) : undefined
  return typeof value === 'string' ? value : undefined
}

/** A table from behind its bracket; what it computes is skipped up to the next separator of its own level. */
function tableAt(tokens: readonly Token[], start: number, depth: number, known: Known): Parsed | undefined {
  const list: LuaValue[] = []
  const named = new Map<string, LuaValue>()
  for (let at = start; at < tokens.length; ) {
    if (isSign(tokens[at], '}')) return { value: { list, named }, end: at + 1 }
    if (isSign(tokens[at], ',') || isSign(tokens[at], ';')) {
      at++
      continue
    }
    const key = keyAt(tokens, at)
    const value = valueAt(tokens, key?.end ?? at, depth, known)
    if (value === undefined) return undefined
    if (key === undefined) list.push(value.value)
    else named.set(key.name, value.value)
    at = afterValue(tokens, value.end)
  }
  return undefined
}

/** `name =`, `["name"] =`; undefined for an entry without a key. */
function keyAt(tokens: readonly Token[], at: number): { readonly name: string; readonly end: number } | undefined {
  const [first, second, third, fourth] = tokens.slice(at, at + 4)
  if (first?.kind === 'name' && isSign(second, '=')) return { name: first.text, end: at + 2 }
  if (isSign(first, '[') && second?.kind === 'text' && isSign(third, ']') && isSign(fourth, '='))
    return { name: second.text, end: at + 4 }
  return undefined
}

function afterValue(tokens: readonly Token[], from: number): number {
  let depth = 0
  for (let at = from; at < tokens.length; at++) {
    const { kind, text } = tokens[at] as Token
    if (kind !== 'sign') continue
    if (depth === 0 && (text === ',' || text === ';' || text === '}')) return at
    if (OPENING.has(text)) depth++
    else if (CLOSING.has(text)) depth--
  }
  return tokens.length
}

function isSign(token: Token | undefined, text: string): boolean {
  return token?.kind === 'sign' && token.text === text
}

const BLANK_OR_WORD = /\s+|[A-Za-z_][A-Za-z0-9_]*/y
const LONG = /\[(={0,20})\[/y

function tokensOf(text: string): Token[] | undefined {
  const tokens: Token[] = []
  for (let at = text.startsWith('#') ? lineEnd(text, 0) : 0; at < text.length; ) {
    if (tokens.length >= MAX_TOKENS) return undefined
    BLANK_OR_WORD.lastIndex = at
    const word = BLANK_OR_WORD.exec(text)?.[0]
    if (word !== undefined) {
      if (word.trim() !== '') tokens.push({ kind: 'name', text: word })
      at += word.length
      continue
    }
    const isComment = text.startsWith('--', at)
    const long = longText(text, isComment ? at + 2 : at)
    if (long === 'endless') return undefined
    if (long !== undefined) {
      if (!isComment) tokens.push({ kind: 'text', text: long.text })
      at = long.end
    } else if (isComment) at = lineEnd(text, at)
    else if (text[at] === '"' || text[at] === "'") {
      const quoted = quotedText(text, at)
      if (quoted === undefined) return undefined
      tokens.push({ kind: 'text', text: quoted.text })
      at = quoted.end
    } else {
      const sign = text.startsWith('..', at) || text.startsWith('==', at) ? text.slice(at, at + 2) : (text[at] ?? '')
      tokens.push({ kind: 'sign', text: sign })
      at += sign.length
    }
  }
  return tokens
}

/** `[[text]]`, `[==[text]==]`; undefined where none begins. */
function longText(text: string, at: number): { readonly text: string; readonly end: number } | 'endless' | undefined {
  LONG.lastIndex = at
  const open = LONG.exec(text)
  if (open === null) return undefined
  const close = `]${open[1] ?? ''}]`
  const end = text.indexOf(close, at + open[0].length)
  if (end < 0) return 'endless'
  return { text: text.slice(at + open[0].length, end).replace(/^\r?\n/, ''), end: end + close.length }
}

function quotedText(text: string, at: number): { readonly text: string; readonly end: number } | undefined {
  const quote = text[at]
  for (let end = at + 1; end < text.length; end++) {
    if (text[end] === '\\') end++
    else if (text[end] === '\n') return undefined
    else if (text[end] === quote)
      return {
        text: text.slice(at + 1, end).replace(/\\(.)/g, (_, char: string) => ESCAPES[char] ?? char),
        end: end + 1,
      }
  }
  return undefined
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' }

function lineEnd(text: string, at: number): number {
  const end = text.indexOf('\n', at)
  return end < 0 ? text.length : end
}
