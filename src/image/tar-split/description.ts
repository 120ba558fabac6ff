import { Buffer } from 'node:buffer'
import { Failure } from '../../lib/failure.ts'
import { decodePath } from '../../lib/path-text.ts'

/** What a description of an archive says of one file: its bytes lie elsewhere. */
export interface DescribedFile {
  /** As the archive names it, decoded without loss by `decodePath`. */
  readonly name: string
  readonly sizeBytes: number
  /** CRC-64 of its content; undefined where there is none. */
  readonly sum: Uint8Array | undefined
}

/** Gets the parts of a description in their order. */
export interface DescriptionHandler {
  /** Bytes of the archive, valid during the call only; a long segment comes in several pieces, of which `first` is the first. */
  segment(bytes: Uint8Array, first: boolean): void
  file(file: DescribedFile): void
}

/** How Go's encoder begins a segment: nearly all of a description is such lines, so that they are known without parsing JSON. */
const SEGMENT = Buffer.from('{"type":2,"payload":"')
const QUOTE = 0x22
const NEWLINE = 0x0a
const FILE_TYPE = 1
const SEGMENT_TYPE = 2

/**
 * A push parser of tar-split's description of an archive: JSON values, one a line (github.com/vbatts/tar-split, tar/storage, `Entry`).
 * A segment is handed over while it comes, however long it is; other lines may have `maxLine` bytes.
 *
 * Both methods throw a Failure `layer-description-invalid` that names the layer.
 */
export class Description {
  readonly #handler: DescriptionHandler
  readonly #name: string
  readonly #maxLine: number
  #rest: Buffer = Buffer.alloc(0)
  #state: 'line' | 'payload' | 'behind payload' = 'line'
  #first = true
  #decoded: Buffer = Buffer.alloc(64 * 1024)
  #lines = 0

  constructor(handler: DescriptionHandler, name: string, maxLine: number) {
    this.#handler = handler
    this.#name = name
    this.#maxLine = maxLine
  }

  /** Takes the next bytes; they are not kept after the call. */
  push(chunk: Uint8Array): void {
    const fresh = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length)
    const data = this.#rest.length === 0 ? fresh : Buffer.concat([this.#rest, fresh])
    let at = 0
    for (;;) {
      const next = this.#step(data, at)
      if (next === undefined) break
      at = next
    }
    if (this.#state === 'payload') at += this.#payload(data, at, at + ((data.length - at) & ~3))
    // A copy: what was handed in is not ours after this call.
    this.#rest = this.#state === 'behind payload' ? Buffer.alloc(0) : Buffer.from(data.subarray(at))
    if (this.#rest.length > this.#maxLine) throw this.#invalid(`has more than ${this.#maxLine} bytes`)
  }

  /** Says that the description is over. */
  finish(): void {
    if (this.#state === 'payload') throw this.#invalid('ends in the middle')
    if (this.#rest.length > 0) this.#line(this.#rest)
    this.#rest = Buffer.alloc(0)
  }

  /** @returns the position behind what was taken, undefined when more bytes are needed. */
  #step(data: Buffer, at: number): number | undefined {
    if (at >= data.length) return undefined
    if (this.#state === 'line') {
      if (
        data.length - at >= SEGMENT.length &&
        data.compare(SEGMENT, 0, SEGMENT.length, at, at + SEGMENT.length) === 0
      ) {
        this.#state = 'payload'
        this.#first = true
        return at + SEGMENT.length
      }
      const end = data.indexOf(NEWLINE, at)
      if (end < 0) return undefined
      this.#line(data.subarray(at, end))
      return end + 1
    }
    if (this.#state === 'payload') {
      const end = data.indexOf(QUOTE, at)
      if (end < 0) return undefined
      this.#payload(data, at, end)
      this.#state = 'behind payload'
      return end
    }
    const end = data.indexOf(NEWLINE, at)
    if (end < 0) return undefined
    this.#lines++
    this.#state = 'line'
    return end + 1
  }

  /** Decodes base64 between the two positions and hands it over. @returns how many characters it took: all of them. */
  #payload(data: Buffer, from: number, to: number): number {
    const length = to - from
    if (length === 0) return 0
    if (this.#decoded.length < length) this.#decoded = Buffer.alloc(length)
    let expected = Math.floor((length * 3) / 4)
    if (data[to - 1] === 0x3d) expected -= data[to - 2] === 0x3d ? 2 : 1
    const bytes = this.#decoded.write(data.toString('latin1', from, to), 0, 'base64')
    if (bytes !== expected || length % 4 !== 0) throw this.#invalid('holds no valid base64')
    this.#handler.segment(this.#decoded.subarray(0, bytes), this.#first)
    this.#first = false
    return length
  }

  #line(line: Buffer): void {
    const text = line.toString()
    if (text.trim() !== '') this.#entry(this.#parsed(text))
    this.#lines++
  }

  #parsed(text: string): RawEntry {
    let value: unknown
    try {
      value = JSON.parse(text)
    } catch {
      throw this.#invalid('is not valid JSON')
    }
    if (typeof value !== 'object' || value === null) throw this.#invalid('is no entry')
    return value
  }

  #entry({ type, name, name_raw: raw, size, payload }: RawEntry): void {
    if (payload !== undefined && payload !== null && typeof payload !== 'string') throw this.#invalid('has no payload')
    const bytes = typeof payload === 'string' ? Buffer.from(payload, 'base64') : undefined
    if (type === SEGMENT_TYPE) {
      if (bytes !== undefined && bytes.length > 0) this.#handler.segment(bytes, true)
    } else if (type === FILE_TYPE) {
      const sizeBytes = size ?? 0
      if (typeof sizeBytes !== 'number' || !Number.isSafeInteger(sizeBytes) || sizeBytes < 0)
        throw this.#invalid('states no valid size')
      if (bytes !== undefined && bytes.length !== 8) throw this.#invalid('holds no CRC-64')
      if (typeof raw === 'string') {
        this.#handler.file({ name: decodePath(Buffer.from(raw, 'base64')), sizeBytes, sum: bytes })
      } else if (typeof name === 'string') this.#handler.file({ name, sizeBytes, sum: bytes })
      else throw this.#invalid('names no file')
    } else throw this.#invalid('is neither a file nor a segment')
  }

  #invalid(what: string): Failure {
    return new Failure(
      'layer-description-invalid',
      `line ${this.#lines + 1} of the description that the engine keeps of its archive ${what}`,
      { input: this.#name, hints: ["the engine's storage is damaged: remove the image there and pull it again"] },
    )
  }
}

/** As JSON has it: each field is looked at before it is used. */
interface RawEntry {
  readonly type?: unknown
  readonly name?: unknown
  readonly name_raw?: unknown
  readonly size?: unknown
  readonly payload?: unknown
}
