/** A term of Erlang as files hold it: texts, binaries and numbers are texts, atoms and tuples told apart from lists. */
export type ErlangTerm = string | readonly ErlangTerm[] | ErlangAtom | ErlangTuple

export interface ErlangAtom {
  readonly atom: string
}

export interface ErlangTuple {
  readonly tuple: readonly ErlangTerm[]
  /** Where it begins and ends, from 1. */
  readonly lines: readonly [number, number]
}

const MAX_TOKENS = 1_000_000
const MAX_DEPTH = 200
const TOKEN =
  /([ \t\r\n]+|%[^\n]*|<<|>>|\/utf8)|("(?:[^"\\]|\\[\s\S])*")|('(?:[^'\\\n]|\\.)*'|[a-z][\w@]*)|([+-]?\d[\w.#]*|[A-Z_]\w*)|([[\]{},.|])/y

/**
 * The terms of a file as `file:consult/1` reads it (https://www.erlang.org/doc/system/data_types): each ends with a full stop. Undefined where
 * it is no such file: a bracket or text that does not end, something that is no term, or far too much of it.
 */
export function erlangTerms(text: string): readonly ErlangTerm[] | undefined {
  const terms: ErlangTerm[] = []
  const open: { readonly close: string; readonly items: ErlangTerm[]; readonly line: number }[] = []
  let line = 1
  let count = 0
  for (let at = text.charCodeAt(0) === 0xfeff ? 1 : 0; at < text.length; count++) {
    TOKEN.lastIndex = at
    const match = TOKEN.exec(text)
    if (match === null || count > MAX_TOKENS) return undefined
    const [whole, , quoted, atom, other, sign] = match
    at = TOKEN.lastIndex
    const items = open.at(-1)?.items ?? terms
    if (quoted !== undefined) items.push(unquoted(quoted))
    else if (atom !== undefined) items.push({ atom: atom.startsWith("'") ? unquoted(atom) : atom })
    // A full stop behind a number belongs to it only where a digit follows.
    else if (other !== undefined) {
      items.push(other.replace(/\.$/, ''))
      if (other.endsWith('.')) at--
    } else if (sign === '[' || sign === '{') {
      if (open.length >= MAX_DEPTH) return undefined
      open.push({ close: sign === '[' ? ']' : '}', items: [], line })
    } else if (sign === ']' || sign === '}') {
      const closed = open.pop()
      if (closed?.close !== sign) return undefined
      const into = open.at(-1)?.items ?? terms
      into.push(sign === ']' ? closed.items : { tuple: closed.items, lines: [closed.line, line] })
    }
    for (let i = whole.indexOf('\n'); i >= 0; i = whole.indexOf('\n', i + 1)) line++
  }
  return open.length === 0 ? terms : undefined
}

function unquoted(text: string): string {
  return text.slice(1, -1).replace(/\\([\s\S])/g, '$1')
}

/** The items of a tuple, undefined for what is none. */
export function tupleItems(term: ErlangTerm | undefined): readonly ErlangTerm[] | undefined {
  return typeof term === 'object' && 'tuple' in term ? term.tuple : undefined
}

/** The items of a list; none for what is no list. */
export function listItems(term: ErlangTerm | undefined): readonly ErlangTerm[] {
  return Array.isArray(term) ? term : []
}

/** What an atom or text says, undefined for other terms. */
export function termText(term: ErlangTerm | undefined): string | undefined {
  if (typeof term === 'string') return term
  return typeof term === 'object' && 'atom' in term ? term.atom : undefined
}

/** The second of the pair in a list whose first is that atom or text: `{vsn, "1.0"}`. */
export function property(list: readonly ErlangTerm[], name: string): ErlangTerm | undefined {
  const pair = list.map(tupleItems).find((items) => items?.length === 2 && termText(items[0]) === name)
  return pair?.[1]
}
