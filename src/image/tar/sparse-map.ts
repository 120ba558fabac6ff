import { Failure } from '../../lib/failure.ts'
import type { Limits } from '../../lib/limits.ts'
import { BLOCK } from './header.ts'
import { IN_EXTENSION, IN_HEADER, mapBlocks, parseMapBody, readOldGnuParts, type SparsePart } from './sparse.ts'

/** The parts of a sparse file; `more` when another block of the map follows. */
export type SparseMapState = readonly SparsePart[] | 'malformed' | 'more'

/** Collects the map of one sparse file at a time where it is spread over blocks: old GNU's before the body, PAX 1.0's at its start. */
export class SparseMap {
  readonly #limits: Limits
  readonly #name: string
  #parts: SparsePart[] = []
  #bytes: Uint8Array = new Uint8Array(BLOCK)
  #length = 0

  constructor(limits: Limits, name: string) {
    this.#limits = limits
    this.#name = name
  }

  /** Begins with the parts that an old GNU header holds. */
  beginOldGnu(header: Uint8Array, at: number): SparseMapState {
    this.#parts = []
    this.#length = 0
    return this.#stateOf(readOldGnuParts(header, at, IN_HEADER, this.#parts))
  }

  /** Takes an extension block of an old GNU header. @throws Failure `tar-header-too-large`. */
  addOldGnu(block: Uint8Array, at: number): SparseMapState {
    this.#count()
    return this.#stateOf(readOldGnuParts(block, at, IN_EXTENSION, this.#parts))
  }

  beginPax(): void {
    this.#bytes = new Uint8Array(BLOCK)
    this.#length = 0
  }

  /** Takes a block of a map of PAX 1.0; `left` are the bytes of the body behind it. @throws Failure `tar-header-too-large`. */
  addPax(block: Uint8Array, at: number, left: number): SparseMapState {
    if (this.#length === this.#bytes.length) {
      const larger = new Uint8Array(this.#bytes.length * 2)
      larger.set(this.#bytes)
      this.#bytes = larger
    }
    this.#bytes.set(block.subarray(at, at + BLOCK), this.#length)
    this.#count()
    // The map is looked at again only when it has doubled or the body is used up: a long one is not parsed for every block.
    const blocks = this.#length / BLOCK
    if ((blocks & (blocks - 1)) !== 0 && left >= BLOCK && !this.#mayEnd()) return 'more'
    const parts = parseMapBody(this.#bytes.subarray(0, this.#length), this.#limits.headerBytes / 4)
    if (parts === 'more' && left >= BLOCK) return 'more'
    return parts === undefined || parts === 'more' ? 'malformed' : parts
  }

  #stateOf(more: boolean | undefined): SparseMapState {
    if (more === undefined) return 'malformed'
    return more ? 'more' : this.#parts
  }

  /** A map's last block ends with NULs unless it fills the block exactly. */
  #mayEnd(): boolean {
    const last = this.#bytes[this.#length - 1]
    return last === 0 || last === 0x0a
  }

  #count(): void {
    this.#length += BLOCK
    if (this.#length <= mapBlocks(this.#limits.headerBytes) * BLOCK) return
    const message = `the sparse map of an entry is larger than ${this.#limits.headerBytes} bytes`
    throw new Failure('tar-header-too-large', message, { input: this.#name })
  }
}
