const ALL_ONES = -1

/**
 * CRC-64/GO-ISO, as tar-split keeps it of each file (Go's hash/crc64 with the ISO 3309 polynomial x^64 + x^4 + x^3 + x + 1).
 *
 * The polynomial has so few terms, all of them low, that 32 bits at once need no table: what they add is their product with
 * x^4 + x^3 + x + 1, four shifts.
 */
export class Crc64 {
  #low = ALL_ONES
  #high = ALL_ONES

  reset(): void {
    this.#low = ALL_ONES
    this.#high = ALL_ONES
  }

  update(bytes: Uint8Array): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    const whole = bytes.length & ~3
    let low = this.#low
    let high = this.#high
    for (let i = 0; i < whole; i += 4) {
      const word = low ^ view.getInt32(i, true)
      low = high ^ (word << 31) ^ (word << 29) ^ (word << 28)
      high = word ^ (word >>> 1) ^ (word >>> 3) ^ (word >>> 4)
    }
    for (let i = whole; i < bytes.length; i++) {
      const byte = (low ^ bytes[i]) & 0xff
      low = (low >>> 8) | (high << 24)
      high = (high >>> 8) ^ (byte << 24) ^ (byte << 23) ^ (byte << 21) ^ (byte << 20)
    }
    this.#low = low
    this.#high = high
  }

  /** The sum so far, most significant byte first, as Go's `Sum` gives it. */
  digest(): Uint8Array {
    const out = new Uint8Array(8)
    const view = new DataView(out.buffer)
    view.setInt32(0, ~this.#high)
    view.setInt32(4, ~this.#low)
    return out
  }
}
