import { BLOCK, readNumber } from './header.ts'

/** A part of a sparse file that holds data. */
export interface SparsePart {
  readonly offset: number
  readonly length: number
}

/** Where old GNU headers keep their map: four parts in the header, 21 in each extension block (GNU tar manual, "Old GNU format"). */
export const IN_HEADER = { at: 386, parts: 4, more: 482 } as const
export const IN_EXTENSION = { at: 0, parts: 21, more: 504 } as const

/**
 * Adds the parts of one block of an old GNU sparse map to `parts`.
 * @returns whether an extension block follows, or undefined when a number is none.
 */
export function readOldGnuParts(
  block: Uint8Array,
  at: number,
  layout: { readonly at: number; readonly parts: number; readonly more: number },
  parts: SparsePart[],
): boolean | undefined {
  for (let i = 0; i < layout.parts; i++) {
    const field = at + layout.at + i * 24
    if (block[field] === 0) break
    const offset = readNumber(block, field, 12)
    const length = readNumber(block, field + 12, 12)
    if (offset === undefined || length === undefined) return undefined
    parts.push({ offset, length })
  }
  return block[at + layout.more] !== 0
}

/** The map of PAX format 0.1: `offset,length,offset,length,…`; undefined when malformed. */
export function parseMapText(text: string): SparsePart[] | undefined {
  if (text === '') return []
  const numbers = text.split(',').map(decimal)
  return pairUp(numbers)
}

/**
 * Reads the map of PAX format 1.0, which stands in front of the data: the number of parts, then offset and length of each, one
 * a line, padded to a block.
 * @returns the parts, `more` when the map goes on beyond these bytes, or undefined when it is malformed.
 */
export function parseMapBody(bytes: Uint8Array, maxParts: number): SparsePart[] | 'more' | undefined {
  const numbers: (number | undefined)[] = []
  let start = 0
  let wanted = 1
  while (numbers.length < wanted) {
    const newline = bytes.indexOf(0x0a, start)
    if (newline < 0) return bytes.length - start > 20 ? undefined : 'more'
    if (newline - start > 20) return undefined
    const number = decimal(String.fromCharCode(...bytes.subarray(start, newline)))
    if (number === undefined) return undefined
    if (numbers.length === 0) {
      if (number > maxParts) return undefined
      wanted = 1 + 2 * number
    }
    numbers.push(number)
    start = newline + 1
  }
  return pairUp(numbers.slice(1))
}

function decimal(text: string): number | undefined {
  const value = /^[0-9]{1,16}$/.test(text) ? Number(text) : Number.NaN
  return Number.isSafeInteger(value) ? value : undefined
}

function pairUp(numbers: readonly (number | undefined)[]): SparsePart[] | undefined {
  if (numbers.length % 2 !== 0) return undefined
  const parts: SparsePart[] = []
  for (let i = 0; i < numbers.length; i += 2) {
    const offset = numbers[i]
    const length = numbers[i + 1]
    if (offset === undefined || length === undefined) return undefined
    parts.push({ offset, length })
  }
  return parts
}

/** Whether the parts are in order, apart, inside the file, and are as many bytes as the archive holds of it. */
export function mapIsSound(parts: readonly SparsePart[], realSize: number, storedBytes: number): boolean {
  let end = 0
  let total = 0
  for (const part of parts) {
    if (part.offset < end || part.length < 0 || part.offset + part.length > realSize) return false
    end = part.offset + part.length
    total += part.length
  }
  return total === storedBytes
}

/** Blocks that a header's bound allows for a sparse map. */
export function mapBlocks(headerBytes: number): number {
  return Math.max(1, Math.floor(headerBytes / BLOCK))
}
