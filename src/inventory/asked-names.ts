import { decodePath, encodePath } from '../lib/path-text.ts'

const SLASH = 0x2f
const NEWLINE = 0x0a
const TAB = 0x09
/** One bit for each of so many hashes: a few thousand names leave most of them unset. */
const HASHES = 2 ** 16

/**
 * Tells lines of a file list that may name one of the files asked for from those that cannot, by their bytes. An image's lists
 * have a hundred thousand lines, of which hundreds are asked for: only these are decoded.
 */
export class AskedNames {
  readonly #bits = new Uint8Array(HASHES / 8)
  readonly #hashes: Int32Array

  /** `names` are last segments of paths. */
  constructor(names: Iterable<string>) {
    const hashes: number[] = []
    for (const name of names) {
      let hash = 0
      for (const byte of encodePath(name)) hash = next(hash, byte)
      this.#bits[(hash & (HASHES - 1)) >>> 3] |= 1 << (hash & 7)
      hashes.push(hash)
    }
    this.#hashes = Int32Array.from(hashes)
  }

  /** Whether a list may name one of the files asked for, by what {@link nameHashes} says of it: false is certain. */
  mayBeIn(listed: Int32Array): boolean {
    return this.#hashes.some((hash) => holds(listed, hash))
  }

  /**
   * The lines that may name one of the files, decoded, in order: all that do and a few that do not. A path begins `pathAt` bytes
   * into its line and ends with it, or with `tabEnds` before a tab.
   */
  *linesOf(bytes: Uint8Array, pathAt: number, tabEnds: boolean): Generator<string> {
    const bits = this.#bits
    for (let start = 0; start < bytes.length; ) {
      let hash = 0
      let at = start
      let inPath = true
      for (; at < bytes.length; at++) {
        const byte = bytes[at]
        if (byte === NEWLINE) break
        if (byte === TAB && tabEnds) inPath = false
        if (byte === SLASH && inPath) hash = 0
        else if (inPath && at - start >= pathAt) hash = next(hash, byte)
      }
      if ((bits[(hash & (HASHES - 1)) >>> 3] & (1 << (hash & 7))) !== 0) yield decodePath(bytes.subarray(start, at))
      start = at + 1
    }
  }
}

/**
 * Hashes of the last segments of all paths of a list, sorted, each once: kept beside a long list, they tell that nothing in it is asked
 * for without its bytes. `pathAt` and `tabEnds` as in {@link AskedNames.linesOf}.
 */
export function nameHashes(bytes: Uint8Array, pathAt: number, tabEnds: boolean): Int32Array {
  const hashes = new Int32Array(bytes.length + 1)
  let count = 0
  let hash = 0
  let inPath = true
  let left = pathAt
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]
    if (byte === NEWLINE) {
      hashes[count++] = hash
      hash = 0
      inPath = true
      left = pathAt
      continue
    }
    if (byte === TAB && tabEnds) inPath = false
    if (byte === SLASH && inPath) hash = 0
    else if (inPath && left <= 0) hash = next(hash, byte)
    left--
  }
  hashes[count++] = hash
  const sorted = hashes.subarray(0, count).sort()
  return sorted.filter((one, i) => i === 0 || one !== sorted[i - 1])
}

function holds(sorted: Int32Array, wanted: number): boolean {
  let low = 0
  let high = sorted.length - 1
  while (low <= high) {
    const middle = (low + high) >>> 1
    if (sorted[middle] === wanted) return true
    if (sorted[middle] < wanted) low = middle + 1
    else high = middle - 1
  }
  return false
}

function next(hash: number, byte: number): number {
  return (Math.imul(hash, 31) + byte) | 0
}
