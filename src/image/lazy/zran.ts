import zlib from 'node:zlib'
import type { Checkpoint } from './contents.ts'

/**
 * Unpacks deflate data from a checkpoint in the middle of a member, up to `length` bytes (zlib, examples/zran.c).
 *
 * The data may begin within a byte, of which zlib would be told by `inflatePrime`; Node has no such call. Instead empty blocks are put in
 * front, which give no bytes and end at the bit where the data begins.
 * @throws what zlib throws for data that is none.
 */
export function inflateFrom(packed: Uint8Array, { bits, window }: Checkpoint, length: number): Uint8Array {
  const options = {
    dictionary: window,
    // The data goes on behind this part: that it does not end here is no error.
    finishFlush: zlib.constants.Z_SYNC_FLUSH,
    chunkSize: Math.min(Math.max(length + 4096, 16 * 1024), 1024 ** 2),
    maxOutputLength: length + BEHIND_BYTES,
  }
  if (bits === 0 || packed.length === 0) return zlib.inflateRawSync(packed, options).subarray(0, length)
  const front = emptyBlocks(8 - bits)
  const joined = Buffer.concat([front, packed.subarray(1)])
  joined[front.length - 1] |= packed[0] & (0xff << (8 - bits)) & 0xff
  return zlib.inflateRawSync(joined, options).subarray(0, length)
}

/** What may come beyond what is asked for: the zeros behind the end of an archive, which some tools do not count. */
const BEHIND_BYTES = 16 * 1024 ** 2

/** Deflate blocks without content (RFC 1951, section 3.2.3) that end after `bits` bits of their last byte. */
function emptyBlocks(bits: number): Buffer {
  const out = new BitWriter()
  // One with fixed codes has 10 bits, the one with codes of its own 95: together they reach every bit of a byte.
  if (bits % 2 === 1) writeEmptyDynamicBlock(out)
  while (out.length % 8 !== bits) {
    out.write(0b010, 3)
    out.write(0, 7)
  }
  return out.bytes()
}

/** Codes for the end of the block and nothing else, in 95 bits: all 19 lengths of the code lengths' code are written, the last as 0. */
function writeEmptyDynamicBlock(out: BitWriter): void {
  out.write(0b100, 3)
  // 257 literal and length codes, 1 distance code, 19 code length codes.
  out.write(0, 5)
  out.write(0, 5)
  out.write(15, 4)
  // Lengths for 16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15: 18 has one bit, 0 and 1 have two.
  for (let place = 0; place < 19; place++) out.write(place === 2 ? 1 : place === 3 || place === 17 ? 2 : 0, 3)
  // Canonical codes: 18 is 0, then by value 0 is 10 and 1 is 11, the first bit first.
  out.write(0, 1)
  out.write(138 - 11, 7)
  out.write(0, 1)
  out.write(118 - 11, 7)
  // Symbol 256 has one bit, the distance code none.
  out.write(0b11, 2)
  out.write(0b01, 2)
  // The end of the block.
  out.write(0, 1)
}

/** Bits as deflate packs them: from the lowest of each byte. */
class BitWriter {
  readonly #bits: number[] = []

  get length(): number {
    return this.#bits.length
  }

  /** The lowest `count` bits of a number, lowest first. */
  write(value: number, count: number): void {
    for (let i = 0; i < count; i++) this.#bits.push((value >> i) & 1)
  }

  bytes(): Buffer {
    const bytes = Buffer.alloc(Math.ceil(this.#bits.length / 8))
    for (const [i, bit] of this.#bits.entries()) bytes[i >> 3] |= bit << (i & 7)
    return bytes
  }
}
