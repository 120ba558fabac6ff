/** One paragraph of a control file: field names in lower case, values with continuation lines joined by newlines. */
export interface Paragraph {
  /** Line numbers of its first and last line, 1-based. */
  readonly firstLine: number
  readonly lastLine: number
  readonly fields: ReadonlyMap<string, string>
  /** Line of the first line that is neither field nor continuation. */
  readonly brokenLine?: number
}

/** A longer value is cut: no field that is read here comes near it. */
const MAX_VALUE = 4 * 1024 * 1024

/**
 * The paragraphs of a control file (deb822(5)): separated by blank lines, fields as `Name: value`, continuation lines
 * beginning with a space or tab. Only `wanted` fields (lower case) are kept. A line that is neither is noted, never fatal.
 * Where a field stands twice the first counts, as a later one could be smuggled in through a careless description.
 */
export function* paragraphsOf(text: string, wanted: ReadonlySet<string>): Generator<Paragraph> {
  let reading = new ParagraphReader(wanted)
  let line = 0
  let at = 0
  while (at < text.length) {
    const end = text.indexOf('\n', at)
    const stop = end < 0 ? text.length : end
    line++
    const last = text.charCodeAt(stop - 1) === 13 && stop > at ? stop - 1 : stop
    if (isBlank(text, at, last)) {
      if (!reading.empty) {
        yield reading.finish()
        reading = new ParagraphReader(wanted)
      }
    } else {
      reading.line(text.slice(at, last), line)
    }
    at = stop + 1
  }
  if (!reading.empty) yield reading.finish()
}

class ParagraphReader {
  readonly #wanted: ReadonlySet<string>
  readonly #fields = new Map<string, string>()
  #first = 0
  #last = 0
  #broken: number | undefined
  #name: string | undefined
  #values: string[] = []
  #length = 0

  constructor(wanted: ReadonlySet<string>) {
    this.#wanted = wanted
  }

  get empty(): boolean {
    return this.#first === 0
  }

  line(text: string, number: number): void {
    if (this.#first === 0) this.#first = number
    this.#last = number
    const lead = text.charCodeAt(0)
    if (lead === 32 || lead === 9) {
      if (this.#name !== undefined) this.#keep(text)
      return
    }
    this.#endField()
    const colon = text.indexOf(':')
    if (colon <= 0 || /\s/.test(text.slice(0, Math.min(colon, 200)).trimEnd())) {
      this.#broken ??= number
      return
    }
    const name = text.slice(0, Math.min(colon, 200)).trimEnd().toLowerCase()
    if (!this.#wanted.has(name) || this.#fields.has(name)) return
    this.#name = name
    this.#keep(text.slice(colon + 1).trim())
  }

  finish(): Paragraph {
    this.#endField()
    return {
      firstLine: this.#first,
      lastLine: this.#last,
      fields: this.#fields,
      ...(this.#broken !== undefined && { brokenLine: this.#broken }),
    }
  }

  #keep(value: string): void {
    if (this.#length >= MAX_VALUE) return
    const room = value.length > MAX_VALUE ? value.slice(0, MAX_VALUE) : value
    this.#length += room.length + 1
    this.#values.push(room)
  }

  #endField(): void {
    if (this.#name !== undefined) this.#fields.set(this.#name, this.#values.join('\n'))
    this.#name = undefined
    this.#values = []
    this.#length = 0
  }
}

function isBlank(text: string, from: number, to: number): boolean {
  for (let i = from; i < to; i++) {
    const code = text.charCodeAt(i)
    if (code !== 32 && code !== 9) return false
  }
  return true
}
