/** What a Python file imports, as far as it stands there in words. */
export interface PythonImports {
  /** Modules, absolute (`flask.views`) or with leading dots as written; `from a import b` gives `a` and `a.b`. */
  readonly names: readonly string[]
  /** It also loads what is only computed when it runs. */
  readonly dynamic: boolean
}

const MAX_NAMES = 2000
/** Longer statements are cut: what follows counts as a new one. */
const MAX_LINE_LENGTH = 20_000
const NAME = /^\.{0,20}[A-Za-z_][\w.]{0,200}$/
const COMPUTED = /\b(?:importlib|__import__|runpy|subprocess|os\.(?:exec|spawn|system|popen))/

/** The imports of the text (docs.python.org/3/reference/simple_stmts.html#the-import-statement), also those inside functions. */
export function pythonImportsOf(text: string): PythonImports {
  const names = new Set<string>()
  for (const line of logicalLines(text)) {
    const words = line.trim()
    if (words.startsWith('import ')) {
      for (const part of words.slice(7).split(',')) add(names, part.trim().split(/\s/, 1)[0])
    } else if (words.startsWith('from ')) {
      const end = words.indexOf(' import ')
      if (end < 0) continue
      const base = words.slice(5, end).trim()
      add(names, base)
      const dot = base.endsWith('.') ? '' : '.'
      const taken = words.slice(end + 8).replace(/[()\\]/g, ' ')
      for (const part of taken.split(',')) add(names, `${base}${dot}${part.trim().split(/\s/, 1)[0]}`)
    }
    if (names.size > MAX_NAMES) return { names: [...names].slice(0, MAX_NAMES), dynamic: true }
  }
  return { names: [...names], dynamic: COMPUTED.test(text) }
}

function add(names: Set<string>, name: string | undefined): void {
  if (name !== undefined && (NAME.test(name) || /^\.{1,20}$/.test(name))) names.add(name)
}

/** Lines without comments, those of an `import` in parentheses, and those that end in a backslash, joined. */
function* logicalLines(text: string): Iterable<string> {
  let parts: string[] = []
  let length = 0
  for (const raw of text.split('\n')) {
    const hash = raw.indexOf('#')
    const line = (hash < 0 ? raw : raw.slice(0, hash)).trim()
    const first = parts[0] ?? line
    const goesOn = line.endsWith('\\')
    const isOpen = first.startsWith('from ') && (parts.length > 0 || line.includes('(')) && !line.includes(')')
    parts.push(goesOn ? line.slice(0, -1) : line)
    length += line.length + 1
    if ((goesOn || (isOpen && first.includes('('))) && length < MAX_LINE_LENGTH) continue
    yield parts.join(' ')
    parts = []
    length = 0
  }
  if (parts.length > 0) yield parts.join(' ')
}
