import { hash } from 'node:crypto'
import { encodePath } from '../lib/path-text.ts'
import { freeMemory } from './free-memory.ts'

/** Bytes of one path's hash: the first half of SHA-256, so that a collision cannot be made to hide a package. */
export const PATH_HASH_BYTES = 16

/** A path's hash as text of {@link PATH_HASH_BYTES} characters, one a byte: the first bytes of the SHA-256 of the path's own (see `encodePath`). */
export function hashPath(path: string): string {
  // Node makes this text twice as fast as a buffer for each.
  return hash('sha256', path.isWellFormed() ? path : encodePath(path), 'latin1').slice(0, PATH_HASH_BYTES)
}

/** The first, second, third or fourth four bytes of a hash as a number. The last bit of all is left out: whoever keeps hashes has a use for it. */
export function wordOf(hash: string, word: number): number {
  const at = word * 4
  const number =
    (hash.charCodeAt(at) << 24) |
    (hash.charCodeAt(at + 1) << 16) |
    (hash.charCodeAt(at + 2) << 8) |
    hash.charCodeAt(at + 3)
  return (word === LAST_WORD ? number & ~1 : number) >>> 0
}

const LAST_WORD = PATH_HASH_BYTES / 4 - 1

/**
 * The same hashes in ascending order; the array that is given is gone after that. Sorts by a number made of each hash's leading bits and its position, natively; the few that share their leading bits
 * are put in order afterwards.
 */
export function sortHashes(unsorted: Uint8Array): Uint8Array {
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
  freeMemory(unsorted)
  freeMemory(keys)
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

/** A run of hashes in ascending order, each with a bit of its own in the place of its last one, to be asked which ones it holds. */
export class HashedPaths {
  readonly #view: DataView
  readonly #count: number

  constructor(sorted: Uint8Array) {
    this.#view = new DataView(sorted.buffer, sorted.byteOffset, sorted.length)
    this.#count = sorted.length / PATH_HASH_BYTES
  }

  /**
   * The bit that is kept with this hash (see {@link hashPath}); undefined when the hash is not there. Hashes lie evenly, so that where
   * one would stand is known to within a few places.
   */
  bitOf(wanted: string): 0 | 1 | undefined {
    const lead = wordOf(wanted, 0)
    let low = 0
    let high = this.#count - 1
    let lowest = 0
    let highest = 2 ** 32
    for (let probes = 0; low <= high; probes++) {
      // Names can be chosen so that their hashes do not lie evenly: then halving finds the place.
      const share = probes < MOST_GUESSES ? (lead - lowest) / (highest - lowest) : 0.5
      const middle = Math.min(low + Math.floor(share * (high - low)), high)
      const found = this.#view.getUint32(middle * PATH_HASH_BYTES)
      const order = found - lead || this.#compareRest(middle, wanted)
      if (order === 0) return (this.#view.getUint8((middle + 1) * PATH_HASH_BYTES - 1) & 1) === 0 ? 0 : 1
      if (order < 0) {
        low = middle + 1
        lowest = found
      } else {
        high = middle - 1
        highest = found + 1
      }
    }
    return undefined
  }

  /** Below 0 when the hash at that place, which begins like the wanted one, comes before it. */
  #compareRest(place: number, wanted: string): number {
    for (let word = 1; word <= LAST_WORD; word++) {
      const number = this.#view.getUint32(place * PATH_HASH_BYTES + word * 4)
      const difference = (word === LAST_WORD ? (number & ~1) >>> 0 : number) - wordOf(wanted, word)
      if (difference !== 0) return difference
    }
    return 0
  }
}
