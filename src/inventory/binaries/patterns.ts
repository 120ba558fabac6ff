/** Where a needle begins in the bytes that were searched. */
export interface Hit {
  /** Index in the list of needles. */
  readonly needle: number
  readonly offset: number
}

/**
 * Searches bytes for many needles in one pass (Wu and Manber, "A fast algorithm for multi-pattern searching", TR-94-17, 1994, with
 * blocks of two bytes): a table says for each pair of bytes how far the window may move on.
 */
export class Patterns {
  readonly #needles: readonly Uint8Array[]
  readonly #shortest: number
  readonly #shift: Uint8Array
  readonly #byBlock = new Map<number, number[]>()

  /** @throws RangeError where a needle has fewer than 4 or more than 250 bytes. */
  constructor(needles: readonly string[]) {
    this.#needles = needles.map((needle) => Buffer.from(needle, 'latin1'))
    for (const { length } of this.#needles)
      if (length < 4 || length > 250) throw new RangeError(`a needle has ${length} bytes`)
    this.#shortest = Math.min(250, ...this.#needles.map(({ length }) => length))
    this.#shift = new Uint8Array(65536).fill(this.#shortest - 1)
    for (const [index, needle] of this.#needles.entries()) this.#enter(index, needle)
  }

  /** Calls `found` for each place where a needle stands, in order of where the needles' common length ends. */
  search(bytes: Uint8Array, found: (hit: Hit) => void): void {
    const shift = this.#shift
    const { length } = bytes
    let end = this.#shortest - 1
    while (end < length) {
      const block = ((bytes[end - 1] as number) << 8) | (bytes[end] as number)
      const by = shift[block] as number
      if (by > 0) {
        end += by
        continue
      }
      this.#compare(bytes, block, end - this.#shortest + 1, found)
      end++
    }
  }

  #enter(index: number, needle: Uint8Array): void {
    for (let end = 1; end < this.#shortest; end++) {
      const block = ((needle[end - 1] as number) << 8) | (needle[end] as number)
      const by = this.#shortest - 1 - end
      if (by < (this.#shift[block] as number)) this.#shift[block] = by
      if (by === 0) this.#byBlock.set(block, [...(this.#byBlock.get(block) ?? []), index])
    }
  }

  #compare(bytes: Uint8Array, block: number, offset: number, found: (hit: Hit) => void): void {
    for (const index of this.#byBlock.get(block) ?? []) {
      const needle = this.#needles[index] as Uint8Array
      let at = 0
      while (at < needle.length && bytes[offset + at] === needle[at]) at++
      if (at === needle.length) found({ needle: index, offset })
    }
  }
}
