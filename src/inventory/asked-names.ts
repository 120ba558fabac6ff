import { Buffer } from 'node:buffer'
import { decodePath, encodePath } from '../lib/path-text.ts'

const SLASH = 0x2f
const NEWLINE = 0x0a
const TAB = 0x09
/** One bit for each of so many hashes: a few thousand names leave most of them unset. */
const HASHES = 2 ** 16
/** Up to so many names are looked for one after the other: that search is Node's own, and quicker than reading every byte here. */
const FEW_NAMES = 16

/**
 * Tells lines of a file list that may name one of the files asked for from those that cannot, by their bytes. An image's lists
 * have a hundred thousand lines, of which hundreds are asked for: only these are decoded.
 */
export class AskedNames {
  readonly #bits = new Uint8Array(HASHES / 8)
  readonly #hashes: Int32Array
  /** The names as bytes, where they are few. */
  readonly #few: readonly Uint8Array[] | undefined

  /** `names` are last segments of paths. */
  constructor(names: Iterable<string>) {
    const hashes: number[] = []
    const all: Uint8Array[] = []
    for (const name of names) {
      let hash = 0
      const bytes = encodePath(name)
      all.push(bytes)
      for (const byte of bytes) hash = next(hash, byte)
      this.#bits[(hash & (HASHES - 1)) >>> 3] |= 1 << (hash & 7)
      hashes.push(hash)
    }
    this.#hashes = Int32Array.from(hashes)
    if (all.length <= FEW_NAMES && all.every(({ length }) => length > 0)) this.#few = all
  }

  /** Whether a list may name one of the files asked for, by what {@link nameHashes} says of it: false is certain. */
  mayBeIn(listed: Int32Array): boolean {
    return this.#hashes.some((hash) => holds(listed, hash))
  }

  /**
   * The lines that may name one of the files, decoded, in order: all that do and a few that do not. A path begins `pathAt` bytes
   * into its line and ends with it, or with `tabEnds` before a tab.
   */
  linesOf(bytes: Uint8Array, pathAt: number, tabEnds: boolean): Iterable<string> {
    return this.#few === undefined
      ? this.#likelyLines(bytes, pathAt, tabEnds)
      : linesWith(this.#few, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), pathAt)
  }

  *#likelyLines(bytes: Uint8Array, pathAt: number, tabEnds: boolean): Generator<string> {
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

/** The lines that have one of these names as a whole segment of the path, decoded, in order. */
function* linesWith(names: readonly Uint8Array[], bytes: Buffer, pathAt: number): Generator<string> {
  const starts = new Set<number>()
  for (const name of names) {
    for (let at = bytes.indexOf(name); at >= 0; at = bytes.indexOf(name, at + 1)) {
      const after = bytes[at + name.length]
      if (after !== undefined && after !== NEWLINE && after !== TAB) continue
      const start = at === 0 ? 0 : bytes.lastIndexOf(NEWLINE, at - 1) + 1
      if (at === start + pathAt || (at > start + pathAt && bytes[at - 1] === SLASH)) starts.add(start)
    }
  }
  for (const start of [...starts].sort((a, b) => a - b)) {
    const end = bytes.indexOf(NEWLINE, start)
    yield decodePath(bytes.subarray(start, end < 0 ? bytes.length : end))
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
