import { Failure } from '../../lib/failure.ts'
import type { Limits } from '../../lib/limits.ts'
import type { TarEntry, TarHandler } from '../types.ts'
import type { SparsePart } from './sparse.ts'

const ZEROS = new Uint8Array(64 * 1024)

/** Hands the body of one wanted entry at a time to the handler, the holes of a sparse file filled with zeros. */
export class EntryBody {
  readonly #handler: TarHandler
  readonly #limits: Limits
  readonly #name: string
  #parts: readonly SparsePart[] | undefined
  #sizeBytes = 0
  /** Index of the part whose data comes next, bytes of it already handed over, and the position in the file. */
  #part = 0
  #inPart = 0
  #position = 0
  /** Zeros handed over in all: they cost the archive nothing, so they count as unpacked bytes. */
  #holeBytes = 0

  constructor(handler: TarHandler, limits: Limits, name: string) {
    this.#handler = handler
    this.#limits = limits
    this.#name = name
  }

  begin(entry: TarEntry): void {
    this.#parts = entry.sparse
    this.#sizeBytes = entry.sizeBytes
    this.#part = 0
    this.#inPart = 0
    this.#position = 0
  }

  /** Takes `count` bytes of the entry as it lies in the archive. */
  push(chunk: Uint8Array, at: number, count: number): void {
    const parts = this.#parts
    if (parts === undefined) {
      this.#handler.body(chunk.subarray(at, at + count))
      return
    }
    const end = at + count
    while (at < end) {
      const part = parts[this.#part]
      this.#zerosUpTo(part.offset)
      const piece = Math.min(part.length - this.#inPart, end - at)
      if (piece > 0) this.#handler.body(chunk.subarray(at, at + piece))
      at += piece
      this.#position += piece
      this.#inPart += piece
      if (this.#inPart === part.length) {
        this.#part++
        this.#inPart = 0
      }
    }
  }

  /** The entry's last byte has been pushed. */
  finish(): void {
    if (this.#parts !== undefined) this.#zerosUpTo(this.#sizeBytes)
    this.#parts = undefined
    this.#handler.end()
  }

  #zerosUpTo(offset: number): void {
    const zeros = offset - this.#position
    if (zeros <= 0) return
    this.#holeBytes += zeros
    if (this.#holeBytes > this.#limits.unpackedBytes) {
      throw new Failure(
        'decompression-bomb',
        `the holes of its sparse files are more than the ${this.#limits.unpackedBytes} bytes allowed`,
        { input: this.#name },
      )
    }
    for (let left = zeros; left > 0; left -= ZEROS.length) {
      this.#handler.body(left >= ZEROS.length ? ZEROS : ZEROS.subarray(0, left))
    }
    this.#position = offset
  }
}
