import { decodeText } from './text.ts'

/** A value that constants of a build file can have here; a call stands for what it returns. */
export type StarlarkValue = string | boolean | readonly StarlarkValue[] | StarlarkCall | undefined

/** A call wherever it stands, with what of its arguments is constant. */
export interface StarlarkCall {
  readonly name: string
  readonly positional: readonly StarlarkValue[]
  readonly named: ReadonlyMap<string, StarlarkValue>
  readonly line: number
}

interface Token {
  readonly kind: 'text' | 'name' | 'mark'
  readonly text: string
  readonly line: number
}

const MAX_TOKENS = 1_000_000
const MAX_DEPTH = 64
const MAX_TEXT = 4096
const MAX_LIST = 20_000
const TOKEN =
  /[ \t\r]+|#[^\n]*|(\n)|("""[\s\S]*?"""|'''[\s\S]*?'''|[rb]?"(?:[^"\\\n]|\\.)*"|[rb]?'(?:[^'\\\n]|\\.)*')|([A-Za-z_]\w*)|([^\s])/gy

/**
 * The calls of a Starlark file (https://github.com/bazelbuild/starlark/blob/master/spec.md), in their order. Nothing is run: of values only constants
 * are followed, texts, truth values and lists, put together by `+`, under names. Undefined for a file with far too many words.
 */
export function starlarkCalls(bytes: Uint8Array): readonly StarlarkCall[] | undefined {
  const tokens = tokenize(decodeText(bytes))
  return tokens && new Evaluation(tokens).calls()
}

/** Whether the value is a call, whose result is not known. */
export function isCall(value: StarlarkValue): value is StarlarkCall {
  return typeof value === 'object' && !Array.isArray(value)
}

function tokenize(text: string): Token[] | undefined {
  const tokens: Token[] = []
  let line = 1
  for (const [whole, newline, quotedText, name, mark] of text.matchAll(TOKEN)) {
    if (newline !== undefined) line++
    else if (quotedText !== undefined) tokens.push({ kind: 'text', text: unquoted(quotedText), line })
    else if (name !== undefined) tokens.push({ kind: 'name', text: name, line })
    else if (mark !== undefined) tokens.push({ kind: 'mark', text: mark, line })
    if (quotedText !== undefined) for (let at = whole.indexOf('\n'); at >= 0; at = whole.indexOf('\n', at + 1)) line++
    if (tokens.length > MAX_TOKENS) return undefined
  }
  return tokens
}

function unquoted(text: string): string {
  const bare = text.replace(/^[rb]/, '')
  const marks = /^("""|''')/.test(bare) ? 3 : 1
  return bare.slice(marks, -marks).replace(/\\(["'\\])/g, '$1')
}

/** One pass over the tokens that keeps constants and collects calls, wherever they stand. */
class Evaluation {
  readonly #tokens: readonly Token[]
  readonly #constants = new Map<string, StarlarkValue>()
  readonly #calls: StarlarkCall[] = []
  #at = 0
  #depth = 0

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  calls(): readonly StarlarkCall[] {
    while (this.#at < this.#tokens.length) {
      const before = this.#at
      const value = this.#statement()
      if (isCall(value)) this.#calls.push(value)
      if (this.#at === before) this.#at++
    }
    return this.#calls
  }

  #statement(): StarlarkValue {
    const name = this.#tokens[this.#at]
    if (name.kind === 'name' && this.#isMark('=', 1) && !this.#isMark('=', 2)) {
      this.#at += 2
      this.#constants.set(name.text, this.#sum())
      return undefined
    }
    return this.#sum()
  }

  #sum(): StarlarkValue {
    let value = this.#term()
    while (this.#isMark('+')) {
      this.#at++
      value = added(value, this.#term())
    }
    return value
  }

  #term(): StarlarkValue {
    const token = this.#tokens[this.#at]
    if (token === undefined || this.#depth >= MAX_DEPTH) return undefined
    if (token.kind === 'text') {
      this.#at++
      return token.text
    }
    if (token.kind === 'name') return this.#nameOrCall(token)
    if (token.text !== '[' && token.text !== '(') return undefined
    const { positional } = this.#arguments(token.text === '[' ? ']' : ')')
    return token.text === '[' ? positional : positional[0]
  }

  #nameOrCall(first: Token): StarlarkValue {
    let name = first.text
    this.#at++
    while (this.#isMark('.') && this.#tokens[this.#at + 1]?.kind === 'name') {
      name = `${name}.${this.#tokens[this.#at + 1].text}`.slice(0, MAX_TEXT)
      this.#at += 2
    }
    if (!this.#isMark('(')) return name === 'True' ? true : name === 'False' ? false : this.#constants.get(name)
    return { name, line: first.line, ...this.#arguments(')') }
  }

  /** What stands between the bracket at the present place and its partner. */
  #arguments(close: string): Pick<StarlarkCall, 'positional' | 'named'> {
    const positional: StarlarkValue[] = []
    const named = new Map<string, StarlarkValue>()
    this.#at++
    this.#depth++
    while (this.#at < this.#tokens.length && !this.#isMark(close)) {
      const token = this.#tokens[this.#at]
      const isNamed = token.kind === 'name' && this.#isMark('=', 1) && !this.#isMark('=', 2)
      if (isNamed) this.#at += 2
      const value = this.#whole(close)
      if (isNamed) named.set(token.text, value)
      else if (value !== undefined && positional.length < MAX_LIST) positional.push(value)
      if (this.#isMark(',')) this.#at++
    }
    this.#at++
    this.#depth--
    return { positional, named }
  }

  /** The value up to the next comma; undefined where more than a sum stands there (`%`, `if`, `for`). */
  #whole(close: string): StarlarkValue {
    const value = this.#sum()
    let isWhole = true
    while (this.#at < this.#tokens.length && !this.#isMark(',') && !this.#isMark(close)) {
      isWhole = false
      const before = this.#at
      this.#sum()
      if (this.#at === before) this.#at++
    }
    return isWhole ? value : undefined
  }

  #isMark(text: string, ahead = 0): boolean {
    const token = this.#tokens[this.#at + ahead]
    return token?.kind === 'mark' && token.text === text
  }
}

function added(left: StarlarkValue, right: StarlarkValue): StarlarkValue {
  if (typeof left === 'string' && typeof right === 'string')
    return left.length + right.length > MAX_TEXT ? undefined : left + right
  if (Array.isArray(left) && Array.isArray(right))
    return left.length + right.length > MAX_LIST ? undefined : [...left, ...right]
  // Of a list plus something unknown the known part still counts.
  return Array.isArray(left) ? left : Array.isArray(right) ? right : undefined
}
