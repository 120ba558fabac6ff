/** A gzip member's header, read piece by piece (RFC 1952, section 2.3). */
export class GzipHeader {
  /** Which byte of which part comes next. */
  #part: 'fixed' | 'extra-length' | 'extra' | 'name' | 'comment' | 'crc' | 'done' = 'fixed'
  #at = 0
  #flags = 0
  #extraLength = 0

  get complete(): boolean {
    return this.#part === 'done'
  }

  /** Bytes seen of the ten that every header has; none are when the header has not begun. */
  get begun(): boolean {
    return this.#part !== 'fixed' || this.#at > 0
  }

  /** Takes bytes until the header is complete. @returns the position after them, or undefined when this is no gzip header. */
  take(bytes: Uint8Array, at: number): number | undefined {
    while (at < bytes.length && this.#part !== 'done') {
      if (!this.#byte(bytes[at])) return undefined
      at++
    }
    return at
  }

  #byte(byte: number): boolean {
    const index = this.#at++
    switch (this.#part) {
      case 'fixed':
        if (index === 0) return byte === 0x1f
        if (index === 1) return byte === 0x8b
        if (index === 2) return byte === 8
        if (index === 3) {
          this.#flags = byte
          return (byte & 0xe0) === 0
        }
        if (index === 9) this.#next(this.#flags & 4 ? 'extra-length' : 'extra')
        return true
      case 'extra-length':
        this.#extraLength |= byte << (8 * index)
        if (index === 1) this.#next('extra')
        return true
      case 'extra':
        if (index + 1 === this.#extraLength) this.#next('name')
        return true
      case 'name':
      case 'comment':
        if (byte === 0) this.#next(this.#part === 'name' ? 'comment' : 'crc')
        return true
      default:
        if (index === 1) this.#next('done')
        return true
    }
  }

  /** Moves on to `part`, or past it and on when the flags say that it is not there. */
  #next(part: 'extra-length' | 'extra' | 'name' | 'comment' | 'crc' | 'done'): void {
    this.#at = 0
    if (part === 'extra' && this.#extraLength === 0) part = 'name'
    if (part === 'name' && !(this.#flags & 8)) part = 'comment'
    if (part === 'comment' && !(this.#flags & 16)) part = 'crc'
    if (part === 'crc' && !(this.#flags & 2)) part = 'done'
    this.#part = part
  }
}
