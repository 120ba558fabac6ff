/** One instruction of a Dockerfile, its lines joined. */
export interface DockerfileStep {
  /** In capitals. */
  readonly name: string
  /** What stands after it, separated by spaces that are not quoted; quotes are kept. */
  readonly words: readonly string[]
  /** First and last line, 1-based. */
  readonly lines: readonly [number, number]
}

/** Instructions in whose text `<<NAME` begins a document of further lines. */
const WITH_DOCUMENTS = new Set(['RUN', 'COPY', 'ADD'])

/**
 * The instructions of a Dockerfile (docs.docker.com/reference/dockerfile, "Format", "Parser directives", "Here-documents"): lines are joined at
 * the escape character, comments and empty lines are left out, also within an instruction, and here-documents are passed over.
 */
export function* dockerfileSteps(text: string): Generator<DockerfileStep, void, undefined> {
  const lines = text.replace(/^\ufeff/, '').split('\n')
  const escaping = escapeOf(lines)
  const ends = new LastLines(lines)
  for (let at = 0; at < lines.length; at++) {
    if (isIdle(lines[at])) continue
    const first = at
    const pieces: string[] = []
    for (; at < lines.length; at++) {
      if (isIdle(lines[at])) continue
      const line = lines[at].trimEnd()
      if (!line.endsWith(escaping)) {
        pieces.push(line)
        break
      }
      pieces.push(line.slice(0, -1))
    }
    const whole = pieces.join('').trim()
    const space = /\s|$/.exec(whole)?.index ?? whole.length
    const name = whole.slice(0, space).toUpperCase()
    const last = Math.min(at, lines.length - 1)
    if (WITH_DOCUMENTS.has(name)) at = afterDocuments(ends, at, whole)
    else yield { name, words: wordsOf(whole.slice(space), escaping), lines: [first + 1, last + 1] }
  }
}

function isIdle(line: string): boolean {
  return /^\s*(#|$)/.test(line)
}

/** `# escape=` among the directives, which stand before all else. */
function escapeOf(lines: readonly string[]): string {
  for (const line of lines) {
    const directive = /^#\s*([a-zA-Z][\w-]*)\s*=\s*(\S+)\s*$/.exec(line.slice(0, 1000))
    if (directive === null) return '\\'
    if (directive[1].toLowerCase() === 'escape' && directive[2] === '`') return '`'
  }
  return '\\'
}

/** Where lines of each text stand for the last time: as they are, and without tabs before them. */
class LastLines {
  readonly #exact = new Map<string, number>()
  readonly #indented = new Map<string, number>()
  readonly #lines: readonly string[]

  constructor(lines: readonly string[]) {
    this.#lines = lines
  }

  /** The first line after `from` that ends the document; undefined where none does. */
  endOf(name: string, isIndented: boolean, from: number): number | undefined {
    if (this.#exact.size === 0) this.#index()
    const last = (isIndented ? this.#indented : this.#exact).get(name)
    if (last === undefined || last <= from) return undefined
    for (let at = from + 1; at < last; at++) {
      const line = bare(this.#lines[at])
      if ((isIndented ? line.replace(/^\t+/, '') : line) === name) return at
    }
    return last
  }

  #index(): void {
    this.#lines.forEach((line, at) => {
      this.#exact.set(bare(line), at)
      this.#indented.set(bare(line).replace(/^\t+/, ''), at)
    })
  }
}

function bare(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line
}

/** The line at which the last document of an instruction ends; what never ends is none. */
function afterDocuments(ends: LastLines, at: number, text: string): number {
  let end = at
  for (const [, dash, , name] of text.matchAll(/(?<=\s)\d*<<(-?)(["']?)([A-Za-z_][\w.-]*)\2(?!\S)/g))
    end = ends.endOf(name, dash === '-', end) ?? end
  return end
}

function wordsOf(text: string, escaping: string): string[] {
  const words: string[] = []
  let word = ''
  let quote = ''
  for (let i = 0; i < text.length; i++) {
    const char = text[i]
    if (char === escaping && quote !== "'" && i + 1 < text.length) word += char + text[++i]
    else if (quote === '' && /\s/.test(char)) {
      if (word !== '') words.push(word)
      word = ''
    } else {
      if (quote === '' && (char === '"' || char === "'")) quote = char
      else if (char === quote) quote = ''
      word += char
    }
  }
  if (word !== '') words.push(word)
  return words
}
