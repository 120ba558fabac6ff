import type { DatabaseSync } from 'node:sqlite'
import { type AliasSets, aliasSets } from '../names.ts'
import { BLOCK_BYTES } from './schema.ts'

/** Rank of a record that is there for its names only. */
export const LENT = 9

/**
 * A number of 48 bits that stands for a name, spread evenly: two FNV-1a sums of 32 bits (http://www.isthe.com/chongo/tech/comp/fnv/), each
 * with its bits mixed at the end. Nothing rests on it but where rows lie, and it is asked for every record many times.
 */
export function placeOf(name: string): number {
  let [one, other] = [0x811c9dc5, 0x01000193]
  for (let at = 0; at < name.length; at++) {
    const unit = name.charCodeAt(at)
    one = Math.imul(one ^ unit, 0x01000193)
    other = Math.imul(other ^ unit, 0x85ebca6b)
  }
  return (mixed(one ^ (other >>> 16)) & 0xffff) * 0x1_0000_0000 + (mixed(other ^ (one >>> 16)) >>> 0)
}

/** Every bit of the sum moves every bit of the result. */
function mixed(sum: number): number {
  const half = Math.imul(sum ^ (sum >>> 16), 0x7feb352d)
  const whole = Math.imul(half ^ (half >>> 15), 0x846ca68b)
  return whole ^ (whole >>> 16)
}

/** Whether a block ends behind a record: where the record's name says so, not where the bytes before it happen to add up. */
export function endsBlock(id: string, length: number): boolean {
  return length >= 4 * BLOCK_BYTES || (length >= BLOCK_BYTES / 2 && placeOf(id) % 3 === 0)
}

/** The alias sets of the records in a file. */
export function ownSets(database: DatabaseSync): Iterable<readonly string[]> {
  const relations = database.prepare('SELECT id, same FROM record WHERE same IS NOT NULL').iterate()
  return aliasSets(
    relations.map((row) => ({ id: String(row.id), same: JSON.parse(String(row.same)) as string[] })),
  ).all()
}

/** Those sets of a larger whole that hold a record of this file, or a weakness that one covers; in the order of their places. */
export function partOf(whole: Pick<AliasSets, 'names'>, database: DatabaseSync): Iterable<readonly string[]> {
  const sets = new Map<string, readonly string[]>()
  for (const row of database.prepare('SELECT id, covers FROM record').iterate()) {
    const covered = row.covers === null ? [] : (JSON.parse(String(row.covers)) as string[])
    for (const name of [String(row.id), ...covered]) {
      const names = whole.names(name)
      if (names.length > 1) sets.set(names[0], names)
    }
  }
  const placed = [...sets.values()].map((names) => ({ names, place: placeOf(names[0]) }))
  return placed.sort((a, b) => a.place - b.place).map(({ names }) => names)
}
