import { parseXml } from './xml.ts'

const MAX_KEYS = 10_000
const TRAILER_BYTES = 32
const MAGIC = 'bplist00'

/** The texts that stand directly in a property list's outermost dictionary, by key. */
export type PropertyListTexts = { readonly texts: ReadonlyMap<string, string> } | { readonly problem: string }

/**
 * Reads a property list in XML (Apple's PropertyList-1.0.dtd) or binary form (CFBinaryPList.c, `bplist00`): only the texts of the outermost
 * dictionary; what else it holds is passed over. What is wrong with it is told as the end of a sentence.
 */
export function propertyListTexts(bytes: Uint8Array): PropertyListTexts {
  if (bytes.length === 0) return { problem: 'it is empty' }
  return Buffer.from(bytes.subarray(0, MAGIC.length)).toString('latin1') === MAGIC
    ? new BinaryPropertyList(bytes).texts()
    : xmlTexts(bytes)
}

function xmlTexts(bytes: Uint8Array): PropertyListTexts {
  const parsed = parseXml(bytes)
  if ('problem' in parsed) return parsed
  const dictionary = parsed.root.children[0]
  if (parsed.root.name !== 'plist' || dictionary?.name !== 'dict') return { problem: 'it is no dictionary' }
  const texts = new Map<string, string>()
  dictionary.children.forEach((key, index) => {
    const value = dictionary.children[index + 1]
    if (key.name === 'key' && value?.name === 'string' && value.text !== '') texts.set(key.text, value.text)
  })
  return { texts }
}

/** The binary form: objects, a table of where each begins, and a trailer that says how wide the table's numbers are. */
class BinaryPropertyList {
  readonly #bytes: Buffer

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  }

  texts(): PropertyListTexts {
    try {
      return { texts: this.#read() }
    } catch (error) {
      if (error instanceof RangeError) return { problem: 'its parts lie outside of it' }
      throw error
    }
  }

  #read(): Map<string, string> {
    const trailer = this.#bytes.length - TRAILER_BYTES
    if (trailer < MAGIC.length) throw new RangeError()
    const offsetSize = this.#number(trailer + 6, 1)
    const referenceSize = this.#number(trailer + 7, 1)
    const top = this.#number(trailer + 16, 8)
    const table = this.#number(trailer + 24, 8)
    const placeOf = (object: number) => this.#number(table + object * offsetSize, offsetSize)
    const { kind, count, at } = this.#header(placeOf(top))
    const texts = new Map<string, string>()
    if (kind !== DICTIONARY || count > MAX_KEYS) return texts
    for (let index = 0; index < count; index++) {
      const key = this.#text(placeOf(this.#number(at + index * referenceSize, referenceSize)))
      const value = this.#text(placeOf(this.#number(at + (count + index) * referenceSize, referenceSize)))
      if (key !== undefined && value !== undefined && value !== '') texts.set(key, value)
    }
    return texts
  }

  /** An object's kind (upper half of its first byte), how many parts it has, and where they begin. */
  #header(at: number): { readonly kind: number; readonly count: number; readonly at: number } {
    const marker = this.#number(at, 1)
    const count = marker & 0x0f
    if (count !== 0x0f) return { kind: marker >>> 4, count, at: at + 1 }
    // The count is an integer object of its own.
    const size = 1 << (this.#number(at + 1, 1) & 0x0f)
    return { kind: marker >>> 4, count: this.#number(at + 2, size), at: at + 2 + size }
  }

  #text(at: number): string | undefined {
    const { kind, count, at: start } = this.#header(at)
    if (kind !== ASCII && kind !== UTF16) return undefined
    const end = start + count * (kind === UTF16 ? 2 : 1)
    if (end > this.#bytes.length) throw new RangeError()
    const body = this.#bytes.subarray(start, end)
    return kind === ASCII ? body.toString('latin1') : new TextDecoder('utf-16be').decode(body)
  }

  /** A big-endian number of 1 to 8 bytes. */
  #number(at: number, size: number): number {
    if (size < 1 || size > 8 || at + size > this.#bytes.length) throw new RangeError()
    let value = 0
    for (let index = 0; index < size; index++) value = value * 256 + this.#bytes[at + index]
    return value
  }
}

const ASCII = 5
const UTF16 = 6
const DICTIONARY = 13
