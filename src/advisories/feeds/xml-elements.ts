import sax from 'sax'
import { Failure } from '../../lib/failure.ts'

/** An element with all that is in it, names without prefix. */
export interface XmlElement {
  readonly name: string
  readonly attributes: ReadonlyMap<string, string>
  readonly children: readonly XmlElement[]
  /** Its own text, without that of its children, trimmed. */
  readonly text: string
}

interface Open {
  readonly name: string
  readonly attributes: ReadonlyMap<string, string>
  readonly children: Open[]
  text: string
}

const MAX_DEPTH = 256
/** Elements, and characters of text and attributes, within one wanted element. */
const MAX_WITHIN = 500_000
const MAX_TEXT = 64 * 1024 * 1024

/**
 * Every element of a large XML 1.0 document (https://www.w3.org/TR/xml/) whose name, without its prefix, is `wanted`, in order; one inside
 * another belongs to the outer. Streams: only one is held. Entities that a document declares are not expanded: a document that
 * uses one is refused. Throws `Failure` that names `input` for what is not XML, is cut short, or has another root than `root`.
 */
export async function* xmlElements(
  chunks: AsyncIterable<Uint8Array>,
  input: string,
  { root, wanted }: { readonly root: readonly string[]; readonly wanted: ReadonlySet<string> },
): AsyncGenerator<XmlElement> {
  const scan = new ElementScan(input, root, wanted)
  const decoder = new TextDecoder('utf-8', { fatal: false })
  for await (const chunk of chunks) {
    scan.write(decoder.decode(chunk, { stream: true }))
    yield* scan.found()
  }
  scan.end()
  yield* scan.found()
}

class ElementScan {
  readonly #input: string
  readonly #reader = sax.parser(true, { trim: false, position: true })
  /** Names of all open elements, and the open ones from a wanted one inwards. */
  #depth = 0
  #open: Open[] = []
  #elements = 0
  #text = 0
  #rooted = false
  #complete: XmlElement[] = []

  constructor(input: string, roots: readonly string[], wanted: ReadonlySet<string>) {
    this.#input = input
    const reader = this.#reader
    reader.onerror = (error) => {
      throw error
    }
    reader.onopentag = (tag) => {
      const name = localName(tag.name)
      if (!this.#rooted && !roots.includes(name))
        throw this.#wrong(`has the root <${name}> where <${roots[0]}> is expected`)
      this.#rooted = true
      if (++this.#depth > MAX_DEPTH) throw this.#wrong(`nests deeper than ${MAX_DEPTH} levels`)
      if (this.#open.length === 0 && !wanted.has(name)) return
      if (this.#open.length === 0) this.#elements = this.#text = 0
      if (++this.#elements > MAX_WITHIN) throw this.#wrong(`has more than ${MAX_WITHIN} elements in one <${wanted}>`)
      const attributes = new Map<string, string>()
      for (const [key, value] of Object.entries(tag.attributes)) {
        this.#count(key.length + String(value).length)
        attributes.set(localName(key), String(value))
      }
      const element: Open = { name, attributes, children: [], text: '' }
      this.#open.at(-1)?.children.push(element)
      this.#open.push(element)
    }
    const take = (text: string) => {
      const element = this.#open.at(-1)
      if (element === undefined) return
      this.#count(text.length)
      element.text += text
    }
    reader.ontext = take
    reader.oncdata = take
    reader.onclosetag = () => {
      this.#depth--
      const element = this.#open.pop()
      if (element === undefined) return
      element.text = element.text.trim()
      if (this.#open.length === 0) this.#complete.push(element)
    }
  }

  write(text: string): void {
    this.#guard(() => this.#reader.write(text))
  }

  end(): void {
    this.#guard(() => this.#reader.close())
    if (!this.#rooted) throw this.#wrong('is empty')
  }

  *found(): Generator<XmlElement> {
    const found = this.#complete
    this.#complete = []
    yield* found
  }

  #count(characters: number): void {
    this.#text += characters
    if (this.#text > MAX_TEXT) throw this.#wrong(`has more than ${MAX_TEXT} characters in one element`)
  }

  #guard(work: () => void): void {
    try {
      work()
    } catch (cause) {
      if (cause instanceof Failure) throw cause
      const [why] = (cause as Error).message.split('\n')
      throw this.#wrong(`is not the XML that is expected: ${why} (line ${this.#reader.line + 1})`, cause)
    }
  }

  #wrong(what: string, cause?: unknown): Failure {
    return new Failure('feed-xml', `${this.#input} ${what}`, { input: this.#input, cause })
  }
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1)
}

/** The first child of a name. */
export function childOf(element: XmlElement, name: string): XmlElement | undefined {
  return element.children.find((child) => child.name === name)
}

/** All children of a name. */
export function childrenOf(element: XmlElement, name: string): readonly XmlElement[] {
  return element.children.filter((child) => child.name === name)
}
