import { Buffer } from 'node:buffer'
import { decodePath } from '../../lib/path-text.ts'
import type { TarEntryType } from '../types.ts'

/** Tar archives are made of blocks of this many bytes (POSIX.1-2017, pax, "ustar Interchange Format"). */
export const BLOCK = 512

export type HeaderFormat = 'v7' | 'ustar' | 'star' | 'gnu'

/** What a header block is by its checksum: a header, the zeros that end an archive, or neither. */
export type BlockKind = 'header' | 'zero' | 'junk'

/**
 * Sums the block as POSIX says (the checksum field counted as spaces) and compares; old writers summed signed bytes, so that
 * sum is accepted too, as GNU tar does.
 */
export function blockKind(bytes: Uint8Array, at: number): BlockKind {
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, BLOCK)
  // Four bytes at once, into two sums of 16 bits: half a block is at most 65,280 in each.
  let lanes = 0
  for (let i = 0; i < BLOCK; i += 4) {
    const word = view.getInt32(i)
    lanes = (lanes + (word & 0x00ff00ff) + ((word >>> 8) & 0x00ff00ff)) | 0
  }
  const whole = (lanes & 0xffff) + (lanes >>> 16)
  if (whole === 0) return 'zero'
  let sum = whole
  for (let i = at + 148; i < at + 156; i++) sum += 32 - bytes[i]
  const stated = readNumber(bytes, at + 148, 8)
  if (stated === undefined) return 'junk'
  return stated === sum || stated === signedSum(bytes, at) ? 'header' : 'junk'
}

function signedSum(bytes: Uint8Array, at: number): number {
  let sum = 8 * 32
  for (let i = at; i < at + BLOCK; i++) {
    const inChecksum = i >= at + 148 && i < at + 156
    if (!inChecksum) sum += bytes[i] < 0x80 ? bytes[i] : bytes[i] - 0x100
  }
  return sum
}

/**
 * A numeric field: octal digits between spaces and NULs (an empty field is 0), or base-256 when the first bit is set (GNU and
 * star). Undefined when it is neither, or no integer that a double holds exactly.
 */
export function readNumber(bytes: Uint8Array, at: number, length: number): number | undefined {
  if (bytes[at] & 0x80) return readBase256(bytes, at, length)
  const end = at + length
  let i = at
  while (i < end && (bytes[i] === 0x20 || bytes[i] === 0)) i++
  let value = 0
  for (; i < end; i++) {
    const digit = bytes[i] - 0x30
    if (digit < 0 || digit > 7) break
    value = value * 8 + digit
  }
  for (; i < end; i++) {
    if (bytes[i] === 0) break
    if (bytes[i] !== 0x20) return undefined
  }
  return Number.isSafeInteger(value) ? value : undefined
}

/** Two's complement in the bits after the first: GNU tar manual, "Extensions to the tar format"; negative when the second bit is set. */
function readBase256(bytes: Uint8Array, at: number, length: number): number | undefined {
  const negative = (bytes[at] & 0x40) !== 0
  let value = negative ? -1 : 0
  for (let i = 0; i < length; i++) {
    const byte = i === 0 ? (bytes[at] & 0x3f) | (negative ? 0xc0 : 0) : bytes[at + i]
    if (i === 0) value = negative ? byte - 256 : byte
    else value = value * 256 + byte
    if (!Number.isSafeInteger(value)) return undefined
  }
  return value
}

/** The bytes of a text field up to its first NUL, as a view. */
export function textField(bytes: Uint8Array, at: number, length: number): Uint8Array {
  let end = at
  while (end < at + length && bytes[end] !== 0) end++
  return bytes.subarray(at, end)
}

/** Which of the four header layouts this is, by its magic at 257 and star's at 508. */
export function headerFormat(bytes: Uint8Array, at: number): HeaderFormat {
  const m = at + 257
  const ustar =
    bytes[m] === 0x75 &&
    bytes[m + 1] === 0x73 &&
    bytes[m + 2] === 0x74 &&
    bytes[m + 3] === 0x61 &&
    bytes[m + 4] === 0x72
  if (!ustar) return 'v7'
  if (bytes[m + 5] === 0x20 && bytes[m + 6] === 0x20) return 'gnu'
  const s = at + 508
  return bytes[s] === 0x74 && bytes[s + 1] === 0x61 && bytes[s + 2] === 0x72 && bytes[s + 3] === 0 ? 'star' : 'ustar'
}

/** The name with its prefix (ustar: 155 bytes, star: 131), decoded without loss. GNU and v7 headers have no prefix. */
export function headerName(bytes: Uint8Array, at: number, format: HeaderFormat): string {
  const name = decodePath(textField(bytes, at, 100))
  if (format === 'v7' || format === 'gnu' || bytes[at + 345] === 0) return name
  const prefix = decodePath(textField(bytes, at + 345, format === 'star' ? 131 : 155))
  return name === '' ? prefix : `${prefix}/${name}`
}

const TYPES: ReadonlyMap<number, TarEntryType> = new Map([
  [0, 'file'],
  [0x30, 'file'],
  [0x31, 'hardlink'],
  [0x32, 'symlink'],
  [0x33, 'character'],
  [0x34, 'block'],
  [0x35, 'directory'],
  [0x36, 'fifo'],
  [0x37, 'file'],
  // GNU: a directory with the list of its files as its body, and an old sparse file.
  [0x44, 'directory'],
  [0x53, 'file'],
])

/** The type that a header's flag stands for; `other` for a flag of no standard. */
export function entryType(flag: number): TarEntryType {
  return TYPES.get(flag) ?? 'other'
}

/** Links, devices, pipes and plain directories have no body, whatever their size field says (as Go's archive/tar, which extracts layers). */
export function hasBody(flag: number): boolean {
  return flag < 0x31 || flag > 0x36
}

const ZEROS = new Uint8Array(64 * 1024)

/** Whether all bytes from `at` on are zero. */
export function isZero(bytes: Uint8Array, at: number): boolean {
  for (let i = at; i < bytes.length; i += ZEROS.length) {
    const piece = bytes.subarray(i, i + ZEROS.length)
    if (Buffer.compare(piece, ZEROS.subarray(0, piece.length)) !== 0) return false
  }
  return true
}
