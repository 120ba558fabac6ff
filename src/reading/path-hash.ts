import { Buffer } from 'node:buffer'
import { hash } from 'node:crypto'
import { encodePath } from '../lib/path-text.ts'

/** Bytes of one path's hash: the first half of SHA-256, so that a collision cannot be made to hide a package. */
export const PATH_HASH_BYTES = 16

/** A path's hash as text of {@link PATH_HASH_BYTES} characters, one a byte: the first bytes of the SHA-256 of the path's own (see `encodePath`). */
export function hashPath(path: string): string {
  return hashText(path).slice(0, PATH_HASH_BYTES)
}

/** The hashes of all paths, in ascending order, one after the other. Owns its buffer. */
export function hashPaths(paths: Iterable<string>, count: number): Uint8Array {
  const unsorted = Buffer.from(new ArrayBuffer(count * PATH_HASH_BYTES))
  let at = 0
  for (const path of paths) at += unsorted.write(hashText(path), at, PATH_HASH_BYTES, 'latin1')
  return sortHashes(unsorted.subarray(0, at))
}

/** The hash as text of one character a byte: Node makes that twice as fast as a buffer for each. */
function hashText(path: string): string {
  return hash('sha256', path.isWellFormed() ? path : encodePath(path), 'latin1')
}

/**
 * Sorts by a number made of each hash's leading bits and its position, natively; the few that share their leading bits
 * are put in order afterwards.
 */
function sortHashes(unsorted: Buffer): Uint8Array {
  const count = unsorted.length / PATH_HASH_BYTES
  const view = new DataView(unsorted.buffer, unsorted.byteOffset, unsorted.length)
  const positions = 2 ** Math.ceil(Math.log2(Math.max(count, 1)))
  // A float holds 53 bits exactly: 32 of the hash at most, the rest for the position.
  const drop = Math.max(1, (positions * 2 ** 32) / 2 ** 53)
  const keys = new Float64Array(count)
  for (let i = 0; i < count; i++) {
    keys[i] = Math.floor(view.getUint32(i * PATH_HASH_BYTES) / drop) * positions + i
  }
  keys.sort()
  const sorted = new Uint8Array(unsorted.length)
  const out = new DataView(sorted.buffer)
  for (let i = 0; i < count; i++) {
    const from = (keys[i] % positions) * PATH_HASH_BYTES
    // Number by number: a view of each hash to copy it by would cost more than all the rest.
    for (let k = 0; k < PATH_HASH_BYTES; k += 4) out.setUint32(i * PATH_HASH_BYTES + k, view.getUint32(from + k))
    for (let j = i; j > 0 && compareAt(sorted, j - 1, sorted, j) > 0; j--) swap(sorted, j - 1, j)
  }
  return sorted
}

function compareAt(a: Uint8Array, i: number, b: Uint8Array, j: number): number {
  for (let k = 0; k < PATH_HASH_BYTES; k++) {
    const difference = a[i * PATH_HASH_BYTES + k] - b[j * PATH_HASH_BYTES + k]
    if (difference !== 0) return difference
  }
  return 0
}

function swap(bytes: Uint8Array, i: number, j: number): void {
  const kept = bytes.slice(i * PATH_HASH_BYTES, (i + 1) * PATH_HASH_BYTES)
  bytes.copyWithin(i * PATH_HASH_BYTES, j * PATH_HASH_BYTES, (j + 1) * PATH_HASH_BYTES)
  bytes.set(kept, j * PATH_HASH_BYTES)
}

/** Places looked at by where a hash should stand. */
const MOST_GUESSES = 8

/** A sorted run of hashes, as {@link hashPaths} makes it, to be asked which ones it holds. */
export class HashedPaths {
  readonly #view: DataView
  readonly #count: number

  constructor(sorted: Uint8Array) {
    this.#view = new DataView(sorted.buffer, sorted.byteOffset, sorted.length)
    this.#count = sorted.length / PATH_HASH_BYTES
  }

  /** Whether it holds this hash (see {@link hashPath}). Hashes lie evenly, so that where one would stand is known to within a few places. */
  has(wanted: string): boolean {
    const lead = numberAt(wanted, 0)
    let low = 0
    let high = this.#count - 1
    let lowest = 0
    let highest = 2 ** 32
    for (let probes = 0; low <= high; probes++) {
      // Names can be chosen so that their hashes do not lie evenly: then halving finds the place.
      const share = probes < MOST_GUESSES ? (lead - lowest) / (highest - lowest) : 0.5
      const middle = Math.min(low + Math.floor(share * (high - low)), high)
      const order = this.#compare(middle, wanted, lead)
      if (order === 0) return true
      const found = this.#view.getUint32(middle * PATH_HASH_BYTES)
      if (order < 0) {
        low = middle + 1
        lowest = found
      } else {
        high = middle - 1
        highest = found + 1
      }
    }
    return false
  }

  /** Below 0 when the hash at that place comes before the wanted one, which begins with `lead`. */
  #compare(place: number, wanted: string, lead: number): number {
    const at = place * PATH_HASH_BYTES
    const difference = this.#view.getUint32(at) - lead
    if (difference !== 0) return difference
    for (let k = 4; k < PATH_HASH_BYTES; k += 4) {
      const further = this.#view.getUint32(at + k) - numberAt(wanted, k)
      if (further !== 0) return further
    }
    return 0
  }
}

/** Four characters of a hash as the number that its four bytes are. */
function numberAt(hash: string, at: number): number {
  return (
    ((hash.charCodeAt(at) << 24) |
      (hash.charCodeAt(at + 1) << 16) |
      (hash.charCodeAt(at + 2) << 8) |
      hash.charCodeAt(at + 3)) >>>
    0
  )
}
