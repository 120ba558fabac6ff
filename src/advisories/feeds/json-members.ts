import { Buffer } from 'node:buffer'
import { Failure } from '../../lib/failure.ts'

/** A member of a document's list or object. */
export interface JsonMember {
  /** Its key in an object, its index in a list. */
  readonly key: string
  readonly value: unknown
}

const [QUOTE, BACKSLASH, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a]
const MAX_DEPTH = 200

/**
 * The members of a large JSON document one at a time: of the document itself, or of what stands in its top-level member `within`
 * (`vulnerabilities`). Each is parsed alone and may have `maxMember` bytes, so that a document of any size takes the memory of one
 * member. Streams of tokens are no way to read hostile documents of gigabytes; brackets and quotes are followed, and `JSON.parse` judges.
 * Throws `Failure` that names `input` for what is not JSON, is cut short, or is neither list nor object.
 */
export async function* jsonMembers(
  chunks: AsyncIterable<Uint8Array>,
  input: string,
  { within, maxMember = 64 * 1024 * 1024 }: { readonly within?: string; readonly maxMember?: number } = {},
): AsyncGenerator<JsonMember> {
  const scan = new MemberScan(input, within === undefined ? 1 : 2, maxMember)
  for await (const chunk of chunks) {
    for (const member of scan.take(chunk)) if (within === undefined || member.parent === within) yield member
  }
  scan.end()
}

/** Follows brackets and strings of a document and cuts out what stands at one depth. */
class MemberScan {
  readonly #input: string
  readonly #depth: number
  readonly #maxMember: number
  #level = 0
  #inString = false
  #escaped = false
  #done = false
  /** Brackets that are open, `{` or `[`. */
  #open: number[] = []
  /** Bytes of the current member, key and value, over chunks. */
  #held: Uint8Array[] = []
  #heldBytes = 0
  #index = 0
  /** Key of what stands one level above, where members of a member are wanted. */
  #parent: string | undefined

  constructor(input: string, depth: number, maxMember: number) {
    this.#input = input
    this.#depth = depth
    this.#maxMember = maxMember
  }

  *take(chunk: Uint8Array): Generator<JsonMember & { readonly parent: string | undefined }> {
    let start = 0
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at]
      if (this.#inString) {
        if (this.#escaped) this.#escaped = false
        else if (byte === BACKSLASH) this.#escaped = true
        else if (byte === QUOTE) this.#inString = false
        continue
      }
      if (byte === QUOTE) {
        if (this.#level === 0) throw this.#wrong('is not a JSON list or object')
        this.#inString = true
        continue
      }
      const opens = byte === 0x7b || byte === 0x5b
      const closes = byte === 0x7d || byte === 0x5d
      if (!opens && !closes && byte !== COMMA) {
        if (this.#level === 0 && byte > 0x20 && !this.#isMark(byte)) throw this.#wrong('is not a JSON list or object')
        continue
      }
      if (opens) {
        if (this.#done) throw this.#wrong('goes on after its end')
        if (this.#level === this.#depth - 1) {
          this.#hold(chunk.subarray(start, at))
          if (this.#depth > 1 && this.#level > 0) this.#parent = this.#keyOf(this.#text())
          this.#drop()
          this.#index = 0
          start = at + 1
        } else if (this.#level < this.#depth) {
          // The document's own bracket is no part of its first key.
          start = at + 1
        }
        if (this.#open.length >= MAX_DEPTH) throw this.#wrong(`nests deeper than ${MAX_DEPTH} levels`)
        this.#open.push(byte)
        this.#level++
      } else if (closes) {
        const opened = this.#open.pop()
        if (opened === undefined || (opened === 0x7b) !== (byte === 0x7d))
          throw this.#wrong('has brackets that do not match')
        if (this.#level === this.#depth) {
          this.#hold(chunk.subarray(start, at))
          const member = this.#member(opened === 0x7b, true)
          if (member !== undefined) yield member
          start = at + 1
        }
        this.#level--
        if (this.#level === 0) this.#done = true
      } else if (this.#level === this.#depth) {
        this.#hold(chunk.subarray(start, at))
        const member = this.#member(this.#open.at(-1) === 0x7b, false)
        if (member !== undefined) yield member
        start = at + 1
      } else if (this.#level === this.#depth - 1) {
        // What stands beside the members that are wanted: passed over.
        this.#drop()
        start = at + 1
      }
    }
    if (this.#level >= this.#depth - 1) this.#hold(chunk.subarray(start))
  }

  end(): void {
    if (!this.#done) throw this.#wrong(this.#level === 0 ? 'is empty' : 'is cut short')
  }

  /** A byte of the mark that some write in front of UTF-8. */
  #isMark(byte: number): boolean {
    return !this.#done && (byte === 0xef || byte === 0xbb || byte === 0xbf)
  }

  #hold(bytes: Uint8Array): void {
    if (bytes.length === 0) return
    this.#heldBytes += bytes.length
    if (this.#heldBytes > this.#maxMember) throw this.#wrong(`has a member of more than ${this.#maxMember} bytes`)
    // A view of a chunk keeps the whole chunk: what is short is copied.
    this.#held.push(Buffer.from(bytes))
  }

  #drop(): void {
    this.#held = []
    this.#heldBytes = 0
  }

  #text(): string {
    return Buffer.concat(this.#held).toString()
  }

  #member(keyed: boolean, last: boolean): (JsonMember & { readonly parent: string | undefined }) | undefined {
    const text = this.#text()
    this.#drop()
    if (text.trim() === '') {
      if (last && this.#index === 0) return undefined
      throw this.#wrong('has a comma without a member')
    }
    const index = this.#index++
    try {
      if (!keyed) return { key: String(index), value: this.#parse(text), parent: this.#parent }
      const colon = endOfKey(text)
      return {
        key: JSON.parse(text.slice(0, colon)) as string,
        value: this.#parse(text.slice(colon + 1)),
        parent: this.#parent,
      }
    } catch (cause) {
      if (cause instanceof Failure) throw cause
      throw this.#wrong('is not JSON', cause)
    }
  }

  #parse(text: string): unknown {
    return text.includes('"__proto__"')
      ? JSON.parse(text, (key, inner) => (key === '__proto__' ? undefined : inner))
      : JSON.parse(text)
  }

  /** The key in front of a bracket: `"vulnerabilities": `. */
  #keyOf(text: string): string | undefined {
    const colon = endOfKey(text)
    try {
      return colon < 0 ? undefined : (JSON.parse(text.slice(0, colon)) as string)
    } catch {
      return undefined
    }
  }

  #wrong(what: string, cause?: unknown): Failure {
    return new Failure('feed-json', `${this.#input} ${what}`, { input: this.#input, cause })
  }
}

/** Where the colon behind a member's key stands; -1 where there is none. */
function endOfKey(text: string): number {
  let at = text.indexOf('"')
  if (at < 0) return -1
  for (at++; at < text.length && text.charCodeAt(at) !== QUOTE; at++) if (text.charCodeAt(at) === BACKSLASH) at++
  const colon = text.indexOf(':', at)
  return colon >= 0 && text.charCodeAt(colon) === COLON ? colon : -1
}
