import { freeMemory } from './free-memory.ts'
import { hashPath, PATH_HASH_BYTES, wordOf } from './path-hash.ts'

/** Where the root's own folder would stand. */
export const ROOT = -1
/** The value of a path that is not there any more. */
export const ABSENT = -0x80000000

const WORDS = PATH_HASH_BYTES / 4
/** Paths are kept in pieces of this many, so that a table that grows is not copied. */
const PIECE_BITS = 16
const PIECE = 1 << PIECE_BITS
const FIRST_SLOTS = 2 ** 12
/** Paths whose place is remembered by name: those of folders, which are asked for again and again. */
const MOST_RECENT = 10_000

interface Piece {
  readonly hashes: Uint32Array
  readonly values: Int32Array
  readonly parents: Int32Array
}

/**
 * A number for each path, in some 30 bytes each whatever its length: paths are told apart by their hashes (see {@link hashPath}), of
 * which the last bit is left for what the owner wants to say there. A path keeps its place for ever, those of folders before those of what lies in them.
 */
export class PathTable {
  #slots = new Int32Array(FIRST_SLOTS)
  readonly #pieces: Piece[] = []
  #count = 0
  readonly #recent = new Map<string, number>()
  /** Of the path that was looked for last. */
  readonly #words = new Uint32Array(WORDS)
  #taken: string | undefined

  /** Places in use, also of paths that are {@link ABSENT}. */
  get count(): number {
    return this.#count
  }

  /** The place of the path, or undefined. */
  find(path: string): number | undefined {
    this.#take(path)
    const place = this.#slots[this.#slot()] - 1
    return place < 0 ? undefined : place
  }

  /** As {@link find}, for a path that will be asked for soon again. */
  findFolder(path: string): number | undefined {
    const known = this.#recent.get(path)
    if (known !== undefined) return known
    const place = this.find(path)
    if (place !== undefined) this.#remember(path, place)
    return place
  }

  /** Gives the path, which is not there yet, a place; `parent` is that of its folder, or {@link ROOT}. */
  add(path: string, parent: number, value: number): number {
    this.#take(path)
    const place = this.#count++
    if ((place & (PIECE - 1)) === 0) this.#pieces.push(newPiece())
    const piece = this.#pieces[place >>> PIECE_BITS]
    const at = place & (PIECE - 1)
    piece.hashes.set(this.#words, at * WORDS)
    piece.values[at] = value
    piece.parents[at] = parent
    this.#slots[this.#slot()] = place + 1
    if (this.#count * 4 > this.#slots.length * 3) this.#grow()
    return place
  }

  value(place: number): number {
    return this.#pieces[place >>> PIECE_BITS].values[place & (PIECE - 1)]
  }

  set(place: number, value: number): void {
    this.#pieces[place >>> PIECE_BITS].values[place & (PIECE - 1)] = value
  }

  /** Makes all that lies below this place {@link ABSENT}. Takes a look at every path that came later. @returns how many there were. */
  removeBelow(place: number): number {
    const gone = new Uint8Array(this.#count)
    gone[place] = 1
    let removed = 0
    for (let at = place + 1; at < this.#count; at++) {
      const { parents, values } = this.#pieces[at >>> PIECE_BITS]
      const parent = parents[at & (PIECE - 1)]
      if (parent === ROOT || gone[parent] === 0) continue
      gone[at] = 1
      if (values[at & (PIECE - 1)] === ABSENT) continue
      values[at & (PIECE - 1)] = ABSENT
      removed++
    }
    return removed
  }

  /**
   * The hashes, one after the other, of those of `count` paths for whose value `bit` has an answer, which becomes the last bit. Nothing
   * else can be asked of the table after that: its memory is needed.
   */
  take(count: number, bit: (value: number) => 0 | 1 | undefined): Uint8Array {
    freeMemory(this.#slots)
    this.#recent.clear()
    const out = new Uint8Array(count * PATH_HASH_BYTES)
    const view = new DataView(out.buffer)
    let end = 0
    for (const [number, { hashes, values, parents }] of this.#pieces.entries()) {
      const used = Math.min(PIECE, this.#count - number * PIECE)
      for (let at = 0; at < used; at++) {
        const last = bit(values[at])
        if (last === undefined || end === out.length) continue
        for (let word = 0; word < WORDS; word++) {
          const value = hashes[at * WORDS + word]
          view.setUint32(end + word * 4, word === WORDS - 1 ? (value | last) >>> 0 : value)
        }
        end += PATH_HASH_BYTES
      }
      for (const array of [hashes, values, parents]) freeMemory(array)
    }
    this.#pieces.length = 0
    this.#count = 0
    return out.subarray(0, end)
  }

  #take(path: string): void {
    // What is added was looked for right before.
    if (path === this.#taken) return
    this.#taken = path
    const hash = hashPath(path)
    for (let word = 0; word < WORDS; word++) this.#words[word] = wordOf(hash, word)
  }

  /** Where the path that was taken last stands, or where it would. */
  #slot(): number {
    // One by one: taking them apart as a list would cost more than all the rest.
    const words = this.#words
    const first = words[0]
    const second = words[1]
    const third = words[2]
    const fourth = words[3]
    const mask = this.#slots.length - 1
    for (let slot = first & mask; ; slot = (slot + 1) & mask) {
      const place = this.#slots[slot] - 1
      if (place < 0) return slot
      const { hashes } = this.#pieces[place >>> PIECE_BITS]
      const at = (place & (PIECE - 1)) * WORDS
      if (hashes[at] !== first || hashes[at + 1] !== second) continue
      if (hashes[at + 2] === third && hashes[at + 3] === fourth) return slot
    }
  }

  #grow(): void {
    const slots = new Int32Array(this.#slots.length * 2)
    const mask = slots.length - 1
    for (let place = 0; place < this.#count; place++) {
      let slot = this.#pieces[place >>> PIECE_BITS].hashes[(place & (PIECE - 1)) * WORDS] & mask
      while (slots[slot] !== 0) slot = (slot + 1) & mask
      slots[slot] = place + 1
    }
    freeMemory(this.#slots)
    this.#slots = slots
  }

  #remember(path: string, place: number): void {
    if (this.#recent.size >= MOST_RECENT) this.#recent.clear()
    this.#recent.set(path, place)
  }
}

function newPiece(): Piece {
  return {
    hashes: new Uint32Array(PIECE * WORDS),
    values: new Int32Array(PIECE),
    parents: new Int32Array(PIECE),
  }
}
