import type { FileBytes, ReadResult } from '../../reading/index.ts'
import { decodeText } from '../documents/text.ts'
import { RANGE_CONFIDENCE } from '../range-confidence.ts'
import { RecordProblems } from '../record-problems.ts'
import { type DeclaredArtifact, declaredArtifact, lowestVersion, unreadable } from './declared.ts'

/** A value that constants of a build file can have here: text, a list, or an artifact that was called for by its parts. */
type Value = string | readonly Value[] | Call | undefined

interface Call {
  readonly name: string
  readonly positional: readonly Value[]
  readonly named: ReadonlyMap<string, Value>
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
 * Maven artifacts that `MODULE.bazel` or `WORKSPACE` asks rules_jvm_external for: `maven.install(artifacts = […])`, `maven.artifact(…)`,
 * `maven_install(…)`. Of Starlark (https://github.com/bazelbuild/starlark/blob/master/spec.md) only constants are followed: texts and lists, put
 * together by `+`, under names. What depends on anything else is not known and left out.
 */
export function readBazelMaven(file: FileBytes): ReadResult<DeclaredArtifact> {
  const tokens = tokenize(decodeText(file.bytes))
  if (tokens === undefined)
    return unreadable('bazel-file-unreadable', file.path, 'the build file of Bazel', 'it is too large')
  const problems = new RecordProblems('bazel-artifact-refused', file.path)
  const calls = new Evaluation(tokens).calls()
  const facts = calls.flatMap((call) => {
    const last = call.name.slice(call.name.lastIndexOf('.') + 1)
    if (last === 'artifact') return artifactOf(call, call.line, problems)
    if (last !== 'install' && last !== 'maven_install') return []
    const listed = call.named.get('artifacts')
    return Array.isArray(listed) ? listed.flatMap((one: Value) => artifactOf(one, call.line, problems)) : []
  })
  return { facts, diagnostics: problems.diagnostics() }
}

function artifactOf(value: Value, line: number, problems: RecordProblems): DeclaredArtifact[] {
  const parts = typeof value === 'string' ? value.split(':') : isCall(value) ? partsOf(value) : []
  const [group, artifact] = parts
  // Without a version it comes from a BOM that is not in this file.
  const lowest = parts.length < 3 ? undefined : lowestVersion(parts.at(-1) ?? '')
  if (group === undefined || artifact === undefined || lowest === undefined) return []
  const at = isCall(value) ? value.line : line
  const more = { direct: true, lines: [at, at] as const, ...(!lowest.exact && { confidence: RANGE_CONFIDENCE }) }
  return declaredArtifact({ group, artifact, version: lowest.version }, more, problems)
}

function partsOf(call: Call): string[] {
  const values = ['group', 'artifact', 'version'].map((name, index) => call.named.get(name) ?? call.positional[index])
  return values.every((value) => typeof value === 'string') ? values : []
}

function isCall(value: Value): value is Call {
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
  readonly #constants = new Map<string, Value>()
  readonly #calls: Call[] = []
  #at = 0
  #depth = 0

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  calls(): readonly Call[] {
    while (this.#at < this.#tokens.length) {
      const before = this.#at
      const value = this.#statement()
      if (isCall(value)) this.#calls.push(value)
      if (this.#at === before) this.#at++
    }
    return this.#calls
  }

  #statement(): Value {
    const name = this.#tokens[this.#at]
    if (name.kind === 'name' && this.#isMark('=', 1) && !this.#isMark('=', 2)) {
      this.#at += 2
      this.#constants.set(name.text, this.#sum())
      return undefined
    }
    return this.#sum()
  }

  #sum(): Value {
    let value = this.#term()
    while (this.#isMark('+')) {
      this.#at++
      value = added(value, this.#term())
    }
    return value
  }

  #term(): Value {
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

  #nameOrCall(first: Token): Value {
    let name = first.text
    this.#at++
    while (this.#isMark('.') && this.#tokens[this.#at + 1]?.kind === 'name') {
      name = `${name}.${this.#tokens[this.#at + 1].text}`.slice(0, MAX_TEXT)
      this.#at += 2
    }
    if (!this.#isMark('(')) return this.#constants.get(name)
    return { name, line: first.line, ...this.#arguments(')') }
  }

  /** What stands between the bracket at the present place and its partner. */
  #arguments(close: string): Pick<Call, 'positional' | 'named'> {
    const positional: Value[] = []
    const named = new Map<string, Value>()
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
  #whole(close: string): Value {
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

function added(left: Value, right: Value): Value {
  if (typeof left === 'string' && typeof right === 'string')
    return left.length + right.length > MAX_TEXT ? undefined : left + right
  if (Array.isArray(left) && Array.isArray(right))
    return left.length + right.length > MAX_LIST ? undefined : [...left, ...right]
  // Of a list plus something unknown the known part still counts.
  return Array.isArray(left) ? left : Array.isArray(right) ? right : undefined
}
