import type { ByteSource } from '../byte-source.ts'
import { Failure } from '../failure.ts'
import { decodePath } from '../path-text.ts'

/** One entry of the central directory. A name is only a name: it may be absolute or lead upwards, and nothing is ever unpacked to it. */
export interface ZipEntry {
  /** As recorded, losslessly decoded (`decodePath`): bytes that are no UTF-8 (CP437 and others) stay distinct. */
  readonly name: string
  /** Unpacked, as the directory says. */
  readonly sizeBytes: number
  readonly compressedBytes: number
  /** APPNOTE 4.4.5: 0 stored, 8 deflated. */
  readonly method: number
  /** Position of its local header in the source. */
  readonly offset: number
  readonly crc32: number
  readonly encrypted: boolean
  readonly isDirectory: boolean
}

/** Where the central directory lies. */
interface DirectoryPlace {
  readonly start: number
  readonly sizeBytes: number
  /** What the end record counts; without zip64, modulo 65536. */
  readonly count: number
  /** Bytes before the archive that its offsets do not count: a launch script. */
  readonly prepended: number
}

const END_SIGNATURE = 0x06054b50
const END_BYTES = 22
const MAX_COMMENT_BYTES = 0xffff
const LOCATOR_SIGNATURE = 0x07064b50
const LOCATOR_BYTES = 20
const END64_SIGNATURE = 0x06064b50
const END64_BYTES = 56
const ENTRY_SIGNATURE = 0x02014b50
const ENTRY_BYTES = 46
const ENCRYPTED_FLAGS = 0x0001 | 0x0040 | 0x2000

const CHUNK_BYTES = 1 << 20
/** A million entries are a legitimate archive, if an odd one; about 200 bytes are kept of each. */
export const MAX_ENTRIES = 1 << 20
/** Names, and what else the directory says of the entries: 256 bytes an entry at the most entries. */
const MAX_DIRECTORY_BYTES = 256 * MAX_ENTRIES

/**
 * All entries of a zip archive's central directory, in its order, read in pieces of 1 MiB.
 *
 * @throws Failure (`zip-*`) where there is no end record, the directory is damaged or spans several volumes, or there are too many entries.
 */
export function readDirectory(source: ByteSource, input: string): ZipEntry[] {
  const place = findDirectory(source, input)
  if (place.sizeBytes > MAX_DIRECTORY_BYTES) throw tooMany(input)
  const end = place.start + place.sizeBytes
  const entries: ZipEntry[] = []
  let at = place.start
  let chunk: DataView = new DataView(new ArrayBuffer(0))
  let chunkAt = at
  while (end - at >= ENTRY_BYTES) {
    if (entries.length === MAX_ENTRIES) throw tooMany(input)
    let need = ENTRY_BYTES
    if (at + need > chunkAt + chunk.byteLength) {
      chunk = viewOf(source.at(at, Math.min(CHUNK_BYTES, end - at)))
      chunkAt = at
    }
    if (chunk.byteLength < need || chunk.getUint32(at - chunkAt, true) !== ENTRY_SIGNATURE) throw damaged(input, at)
    need = recordBytes(chunk, at - chunkAt)
    if (at + need > end) throw damaged(input, at)
    if (at + need > chunkAt + chunk.byteLength) {
      chunk = viewOf(source.at(at, Math.min(CHUNK_BYTES, end - at)))
      chunkAt = at
      if (chunk.byteLength < need) throw damaged(input, at)
    }
    entries.push(entryAt(chunk, at - chunkAt, place.prepended))
    at += need
  }
  if (entries.length < place.count) throw damaged(input, at)
  return entries
}

/** The end record (APPNOTE 4.3.16), and its zip64 form (4.3.14) where the locator before it says so. */
function findDirectory(source: ByteSource, input: string): DirectoryPlace {
  const tailBytes = Math.min(source.sizeBytes, END_BYTES + MAX_COMMENT_BYTES)
  const tailAt = source.sizeBytes - tailBytes
  const tail = viewOf(source.at(tailAt, tailBytes))
  const at = endRecord(tail)
  if (at === undefined)
    throw new Failure('zip-no-directory', 'no end record: this is no zip archive, or its end is missing', { input })
  if (tail.getUint16(at + 4, true) !== tail.getUint16(at + 6, true))
    throw new Failure('zip-volumes', 'one part of an archive of several volumes', { input })
  const end = tailAt + at
  const count = tail.getUint16(at + 10, true)
  const sizeBytes = tail.getUint32(at + 12, true)
  const offset = tail.getUint32(at + 16, true)
  const zip64 = findZip64(source, end)
  return placed(source, zip64 ?? { end, count, sizeBytes, offset }, input)
}

interface EndRecord {
  /** Where the record itself begins: the directory ends there. */
  readonly end: number
  readonly count: number
  readonly sizeBytes: number
  readonly offset: number
}

function findZip64(source: ByteSource, end: number): EndRecord | undefined {
  if (end < LOCATOR_BYTES + END64_BYTES) return undefined
  const locator = viewOf(source.at(end - LOCATOR_BYTES, LOCATOR_BYTES))
  if (locator.byteLength < LOCATOR_BYTES || locator.getUint32(0, true) !== LOCATOR_SIGNATURE) return undefined
  // With bytes prepended the recorded place is too low; the record usually lies right before its locator.
  const recorded = uint64(locator, 8)
  for (const at of [recorded, end - LOCATOR_BYTES - END64_BYTES]) {
    if (at < 0 || at + END64_BYTES > end) continue
    const record = viewOf(source.at(at, END64_BYTES))
    if (record.byteLength < END64_BYTES || record.getUint32(0, true) !== END64_SIGNATURE) continue
    return { end: at, count: uint64(record, 32), sizeBytes: uint64(record, 40), offset: uint64(record, 48) }
  }
  return undefined
}

/** The directory ends where its end record begins, or lies at the recorded offset where something stands between the two. */
function placed(source: ByteSource, record: EndRecord, input: string): DirectoryPlace {
  const { end, count, sizeBytes, offset } = record
  for (const start of [end - sizeBytes, offset]) {
    if (start < 0 || start < offset || start + sizeBytes > end) continue
    if (sizeBytes === 0 && count === 0) return { start, sizeBytes, count, prepended: 0 }
    const head = viewOf(source.at(start, 4))
    if (head.byteLength === 4 && head.getUint32(0, true) === ENTRY_SIGNATURE)
      return { start, sizeBytes, count, prepended: start - offset }
  }
  throw damaged(input, Math.max(0, end - sizeBytes))
}

/** Position of the end record: the last whose comment ends with the file; else the last whose comment fits (bytes appended). */
function endRecord(tail: DataView): number | undefined {
  let fitting: number | undefined
  for (let at = tail.byteLength - END_BYTES; at >= 0; at--) {
    if (tail.getUint8(at) !== 0x50 || tail.getUint32(at, true) !== END_SIGNATURE) continue
    const rest = tail.byteLength - at - END_BYTES - tail.getUint16(at + 20, true)
    if (rest === 0) return at
    if (rest > 0) fitting ??= at
  }
  return fitting
}

function recordBytes(view: DataView, at: number): number {
  return ENTRY_BYTES + view.getUint16(at + 28, true) + view.getUint16(at + 30, true) + view.getUint16(at + 32, true)
}

function entryAt(view: DataView, at: number, prepended: number): ZipEntry {
  const nameBytes = view.getUint16(at + 28, true)
  const extraAt = at + ENTRY_BYTES + nameBytes
  const sizes = wideSizes(view, at, extraAt, extraAt + view.getUint16(at + 30, true))
  const name = decodePath(new Uint8Array(view.buffer, view.byteOffset + at + ENTRY_BYTES, nameBytes))
  return {
    name,
    sizeBytes: sizes.size,
    compressedBytes: sizes.compressed,
    method: view.getUint16(at + 10, true),
    offset: sizes.offset + prepended,
    crc32: view.getUint32(at + 16, true),
    encrypted: (view.getUint16(at + 8, true) & ENCRYPTED_FLAGS) !== 0,
    isDirectory: name.endsWith('/'),
  }
}

/** The three numbers that may stand in the zip64 extra field (APPNOTE 4.5.3), which has those only whose 32 bits are all ones. */
function wideSizes(view: DataView, at: number, extraStart: number, extraEnd: number) {
  const sizes = {
    compressed: view.getUint32(at + 20, true),
    size: view.getUint32(at + 24, true),
    offset: view.getUint32(at + 42, true),
  }
  const wide = 0xffffffff
  if (sizes.compressed !== wide && sizes.size !== wide && sizes.offset !== wide) return sizes
  let field = extraStart
  while (field + 4 <= extraEnd) {
    const end = field + 4 + view.getUint16(field + 2, true)
    if (view.getUint16(field, true) === 1) {
      let value = field + 4
      for (const key of ['size', 'compressed', 'offset'] as const) {
        if (sizes[key] !== wide || value + 8 > Math.min(end, extraEnd)) continue
        sizes[key] = uint64(view, value)
        value += 8
      }
      break
    }
    field = end
  }
  return sizes
}

/** Beyond 2^53 a number loses its last digits, and fails the bound that follows. */
function uint64(view: DataView, at: number): number {
  return Number(view.getBigUint64(at, true))
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function damaged(input: string, at: number): Failure {
  return new Failure('zip-damaged', `the central directory of the archive is damaged at byte ${at}`, { input })
}

function tooMany(input: string): Failure {
  return new Failure('zip-too-large', `the archive has more than ${MAX_ENTRIES} entries, or names beyond all bounds`, {
    input,
  })
}
