import type { FileBytes, ReadResult } from '../../reading/index.ts'
import { decodeText, linesOf } from '../documents/text.ts'
import { RecordProblems } from '../record-problems.ts'
import { type AskedDistribution, isDevelopmentName, type Project, type Scope } from './facts.ts'
import { askedIn } from './pyproject.ts'

const MAX_ASKED = 20_000
const MAX_TEXT = 1000

/** Arguments of setup() whose texts are requirements (https://setuptools.pypa.io/en/latest/references/keywords.html). */
const REQUIREMENTS: ReadonlyMap<string, Scope> = new Map([
  ['install_requires', 'runtime'],
  ['extras_require', 'runtime'],
  ['tests_require', 'development'],
])

/**
 * What a project asks for in `setup.py`, which is a program and is not run: the texts in the brackets that follow the names of setup()'s
 * arguments. What is computed is not known.
 */
export function readSetupProgram(file: FileBytes): ReadResult<AskedDistribution | Project> {
  const problems = new RecordProblems('python-manifest-broken', file.path)
  const facts: AskedDistribution[] = []
  let scope: Scope | undefined
  let depth = 0
  let called = false
  let before = ''
  let name = ''
  for (const { kind, text, line } of tokens(decodeText(file.bytes))) {
    if (kind === 'name') {
      called ||= text === 'setup'
      if (depth === 0) name = text
    } else if (kind === 'text') {
      if (scope !== undefined && depth > 0 && facts.length < MAX_ASKED)
        facts.push(...askedIn(text, scope, line, problems))
    } else if (scope !== undefined && depth > 0) {
      depth += OPENING.has(text) ? 1 : CLOSING.has(text) ? -1 : 0
      if (depth === 0) scope = undefined
    } else if (before === '=' && (text === '[' || text === '{' || text === '(')) {
      scope = REQUIREMENTS.get(name)
      depth = scope === undefined ? 0 : 1
    }
    before = text
  }
  // Any program may be called so; one that sets nothing up is no project.
  return { facts: called ? [{ kind: 'project' }, ...facts] : [], diagnostics: problems.diagnostics() }
}

const OPENING = new Set(['[', '{', '('])
const CLOSING = new Set([']', '}', ')'])

interface Token {
  readonly kind: 'name' | 'text' | 'sign'
  readonly text: string
  readonly line: number
}

/** Names, texts and signs of a Python program, comments left out. A text that does not end ends with its line, or the file. */
function* tokens(program: string): Generator<Token, void, undefined> {
  let line = 1
  for (let at = 0; at < program.length; ) {
    const char = program[at] ?? ''
    if (char === '\n') line++
    if (char === '#') {
      const end = program.indexOf('\n', at)
      at = end < 0 ? program.length : end
    } else if (char === '"' || char === "'") {
      const { text, end } = textAt(program, at, char)
      yield { kind: 'text', text: text.slice(0, MAX_TEXT), line }
      for (let k = at; k < end; k++) if (program[k] === '\n') line++
      at = end
    } else if (/[A-Za-z_]/.test(char)) {
      let end = at + 1
      while (end < program.length && /\w/.test(program[end] ?? '')) end++
      yield { kind: 'name', text: program.slice(at, Math.min(end, at + MAX_TEXT)), line }
      at = end
    } else {
      if (!/\s/.test(char)) yield { kind: 'sign', text: char, line }
      at++
    }
  }
}

function textAt(program: string, start: number, quote: string): { readonly text: string; readonly end: number } {
  const isLong = program.startsWith(quote.repeat(3), start)
  const mark = isLong ? quote.repeat(3) : quote
  const from = start + mark.length
  for (let at = from; at < program.length; at++) {
    if (program[at] === '\\') at++
    else if (!isLong && program[at] === '\n') return { text: program.slice(from, at), end: at }
    else if (program.startsWith(mark, at)) return { text: program.slice(from, at), end: at + mark.length }
  }
  return { text: program.slice(from), end: program.length }
}

/**
 * What a project asks for in `setup.cfg` (https://setuptools.pypa.io/en/latest/userguide/declarative_config.html): one requirement a line,
 * indented below its key, or beside it.
 */
export function readSetupConfiguration(file: FileBytes): ReadResult<AskedDistribution | Project> {
  const problems = new RecordProblems('python-manifest-broken', file.path)
  const facts: AskedDistribution[] = []
  let section = ''
  let scope: Scope | undefined
  let isProject = false
  for (const [index, line] of linesOf(decodeText(file.bytes)).entries()) {
    if (/^\s*[#;]/.test(line) || line.trim() === '' || line.length > MAX_TEXT) continue
    let stated = line.trim()
    if (line.startsWith('[')) {
      section = stated.slice(1, stated.indexOf(']'))
      scope = undefined
      isProject ||= section === 'metadata' || section.startsWith('options')
      continue
    }
    if (!/^\s/.test(line)) {
      const equals = stated.indexOf('=')
      scope = equals < 0 ? undefined : scopeIn(section, stated.slice(0, equals).trim())
      stated = stated.slice(equals + 1).trim()
    }
    if (scope !== undefined && stated !== '' && facts.length < MAX_ASKED)
      facts.push(...askedIn(stated, scope, index + 1, problems))
  }
  return { facts: isProject ? [{ kind: 'project' }, ...facts] : [], diagnostics: problems.diagnostics() }
}

function scopeIn(section: string, key: string): Scope | undefined {
  if (section === 'options') return REQUIREMENTS.get(key)
  if (section !== 'options.extras_require') return undefined
  return isDevelopmentName(key) ? 'development' : 'runtime'
}
