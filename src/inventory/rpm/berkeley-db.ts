import type { RandomFile } from '../../reading/index.ts'
import { MAX_HEADER_BYTES } from './header.ts'
import type { Records } from './records.ts'

/** Magic number of a hash database, at byte 12 (Berkeley DB, src/dbinc/db_page.h, `DB_HASHMAGIC`). */
const HASH_MAGIC = 0x061561
const PAGE_HEADER_BYTES = 26
/** Page types of db_page.h that a hash database may hold. */
const PAGE = { free: 0, hashUnsorted: 2, overflow: 7, hashMeta: 8, hash: 13 } as const
/** Kinds of items on a hash page: data in place, data on overflow pages. */
const ITEM = { inPlace: 1, offPage: 3 } as const

interface Hash {
  readonly file: RandomFile
  readonly little: boolean
  readonly pageBytes: number
  readonly pages: number
}

/** Whether these first bytes are those of a Berkeley DB hash file, in either byte order. */
export function isBerkeleyHash(head: Uint8Array): boolean {
  if (head.length < 72) return false
  const view = new DataView(head.buffer, head.byteOffset, head.length)
  return view.getUint32(12, true) === HASH_MAGIC || view.getUint32(12, false) === HASH_MAGIC
}

/**
 * The values of a Berkeley DB hash file (`Packages` of rpm up to 4.15), page after page, whatever their bucket. The record under key
 * 0 is rpm's counter and left out. Each overflow page is taken once, so that neither a circle nor a page shared by many records
 * costs more than the file has bytes.
 */
export function* berkeleyRecords(file: RandomFile): Records {
  const opened = openHash(file)
  if (typeof opened === 'string') {
    yield { problem: opened }
    return
  }
  if (opened.pages * opened.pageBytes > file.sizeBytes) yield { problem: 'the file ends before its last page' }
  const taken = new Uint8Array(Math.ceil(opened.pages / 8))
  for (let number = 1; number < opened.pages; number++) {
    const offset = number * opened.pageBytes
    if (offset + opened.pageBytes > file.sizeBytes) return
    const type = file.at(offset, PAGE_HEADER_BYTES)[25]
    if (type === PAGE.hash || type === PAGE.hashUnsorted) {
      // Its own copy: reading the overflow pages may use the same buffer.
      yield* pageRecords(opened, new Uint8Array(file.at(offset, opened.pageBytes)), number, taken)
    } else if (type !== PAGE.free && type !== PAGE.overflow && type !== PAGE.hashMeta) {
      yield { problem: `page ${number} is of no known type` }
    }
  }
}

function openHash(file: RandomFile): Hash | string {
  const meta = new Uint8Array(file.at(0, 512))
  if (!isBerkeleyHash(meta)) return 'not a Berkeley DB hash file'
  const view = new DataView(meta.buffer)
  const little = view.getUint32(12, true) === HASH_MAGIC
  const pageBytes = view.getUint32(20, little)
  const lastPage = view.getUint32(32, little)
  if (meta[25] !== PAGE.hashMeta) return 'its first page is not the one of a hash file'
  if (pageBytes < 512 || pageBytes > 65536 || (pageBytes & (pageBytes - 1)) !== 0)
    return `a page size of ${pageBytes} bytes`
  if (meta[24] !== 0) return 'it is encrypted'
  if ((meta[26] & 1) !== 0) return 'its pages carry checksums, which rpm never uses'
  // Bounded by the file: a page number that lies cannot make the loop longer.
  const pages = Math.min(lastPage + 1, Math.ceil(file.sizeBytes / pageBytes) + 1)
  return { file, little, pageBytes, pages }
}

function* pageRecords(hash: Hash, page: Uint8Array, number: number, taken: Uint8Array): Records {
  const view = new DataView(page.buffer, page.byteOffset, page.length)
  const entries = view.getUint16(20, hash.little)
  const places = PAGE_HEADER_BYTES + entries * 2
  if (places > page.length || entries % 2 !== 0) {
    yield { problem: `page ${number} counts ${entries} entries` }
    return
  }
  // Items fill the page from its end: each reaches up to where the one before it begins.
  let end = page.length
  let isCounter = false
  for (let i = 0; i < entries; i++) {
    const start = view.getUint16(PAGE_HEADER_BYTES + i * 2, hash.little)
    if (start < places || start >= end) {
      yield { problem: `page ${number} holds an entry outside of itself` }
      return
    }
    const item = page.subarray(start, end)
    end = start
    if (i % 2 === 0) isCounter = item[0] === ITEM.inPlace && item.subarray(1).every((byte) => byte === 0)
    else if (!isCounter) yield itemValue(hash, item, number, taken)
  }
}

function itemValue(hash: Hash, item: Uint8Array, number: number, taken: Uint8Array) {
  if (item[0] === ITEM.inPlace) return { bytes: item.subarray(1) }
  if (item[0] !== ITEM.offPage || item.length < 12) return { problem: `page ${number} holds an entry of no known kind` }
  const view = new DataView(item.buffer, item.byteOffset, item.length)
  return overflowValue(hash, view.getUint32(4, hash.little), view.getUint32(8, hash.little), taken)
}

/** A value over a chain of overflow pages: each holds `hf_offset` bytes behind its header and the number of the next. */
function overflowValue(hash: Hash, first: number, length: number, taken: Uint8Array) {
  if (length > MAX_HEADER_BYTES || length > hash.file.sizeBytes) return { problem: `a record of ${length} bytes` }
  const bytes = new Uint8Array(length)
  let filled = 0
  let number = first
  while (filled < length) {
    if (number === 0 || number >= hash.pages) return { problem: 'a record leads outside of the file' }
    if ((taken[number >> 3] & (1 << (number & 7))) !== 0) return { problem: `page ${number} belongs to two records` }
    taken[number >> 3] |= 1 << (number & 7)
    const page = hash.file.at(number * hash.pageBytes, hash.pageBytes)
    if (page.length < hash.pageBytes || page[25] !== PAGE.overflow)
      return { problem: `page ${number} should continue a record and does not` }
    const view = new DataView(page.buffer, page.byteOffset, page.length)
    const held = Math.min(view.getUint16(22, hash.little), length - filled)
    if (held === 0 || PAGE_HEADER_BYTES + held > page.length) return { problem: `page ${number} has no data` }
    bytes.set(page.subarray(PAGE_HEADER_BYTES, PAGE_HEADER_BYTES + held), filled)
    filled += held
    number = view.getUint32(16, hash.little)
  }
  return { bytes }
}
