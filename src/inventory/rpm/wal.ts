import { crc32 } from 'node:zlib'
import type { PlacedRow, RandomFile, RandomReader } from '../../reading/index.ts'
import { isSqlite } from '../sqlite-table.ts'
import { RPM_FOLDERS } from './folders.ts'

/** Checksums of a database's pages, so that a write-ahead log can be told to hold something new. */
export interface RpmPages {
  readonly kind: 'pages'
  /** CRC-32 of page 1, page 2 and so on, little-endian. */
  readonly sums: Uint8Array<ArrayBuffer>
}

/** What a write-ahead log says of a database: pairs of page number and CRC-32 of its last committed content, little-endian. */
export interface RpmLog {
  readonly kind: 'log'
  readonly pages: Uint8Array<ArrayBuffer>
}

const HEADER_BYTES = 32
const FRAME_HEADER_BYTES = 24
const MAX_LOG_BYTES = 1024 ** 3

/** Reads `rpmdb.sqlite-wal`. An empty one, which is what a closed database leaves behind, has no facts. */
export const rpmLogReader: RandomReader<RpmLog> = {
  id: 'rpm-write-ahead-log',
  version: 1,
  wants: {
    any: RPM_FOLDERS.map((folder) => ({ path: `${folder}/rpmdb.sqlite-wal` })),
    maxBytes: MAX_LOG_BYTES,
    loss: 'blind',
  },
  readRandom: (file) => ({ facts: committedPages(file), diagnostics: [] }),
}

/** The checksums of a database in WAL mode; undefined for any other file, which has no such log. */
export function pageSums(file: RandomFile): RpmPages | undefined {
  const head = new Uint8Array(file.at(0, 100))
  if (!isSqlite(head) || head[18] !== 2) return undefined
  const stated = (head[16] << 8) | head[17]
  const pageBytes = stated === 1 ? 65536 : stated
  if (pageBytes < 512) return undefined
  const pages = Math.floor(file.sizeBytes / pageBytes)
  const sums = new Uint8Array(pages * 4)
  const view = new DataView(sums.buffer)
  for (let i = 0; i < pages; i++) view.setUint32(i * 4, crc32(file.at(i * pageBytes, pageBytes)), true)
  return { kind: 'pages', sums }
}

/**
 * The committed pages of a log (https://www.sqlite.org/fileformat2.html#the_write_ahead_log): frames count as long as their salts are the
 * header's and the running checksum holds, up to the last that ends a transaction.
 */
function committedPages(file: RandomFile): RpmLog[] {
  const head = new Uint8Array(file.at(0, HEADER_BYTES))
  if (head.length < HEADER_BYTES) return []
  const view = new DataView(head.buffer)
  const magic = view.getUint32(0)
  const pageBytes = view.getUint32(8)
  if ((magic & ~1) >>> 0 !== 0x377f0682 || pageBytes < 512 || pageBytes > 65536) return []
  const sum = runningSum((magic & 1) === 0)
  sum.add(head.subarray(0, 24))
  if (!sum.equals(view.getUint32(24), view.getUint32(28))) return []
  const committed = new Map<number, number>()
  const open = new Map<number, number>()
  const frameBytes = FRAME_HEADER_BYTES + pageBytes
  for (let at = HEADER_BYTES; at + frameBytes <= file.sizeBytes; at += frameBytes) {
    const frame = new Uint8Array(file.at(at, frameBytes))
    const fields = new DataView(frame.buffer)
    if (fields.getUint32(8) !== view.getUint32(16) || fields.getUint32(12) !== view.getUint32(20)) break
    const page = frame.subarray(FRAME_HEADER_BYTES)
    sum.add(frame.subarray(0, 8))
    sum.add(page)
    if (!sum.equals(fields.getUint32(16), fields.getUint32(20))) break
    open.set(fields.getUint32(0), crc32(page))
    if (fields.getUint32(4) !== 0) {
      for (const [number, crc] of open) committed.set(number, crc)
      open.clear()
    }
  }
  if (committed.size === 0) return []
  const pages = new Uint8Array(committed.size * 8)
  const out = new DataView(pages.buffer)
  ;[...committed].forEach(([number, crc], i) => {
    out.setUint32(i * 8, number, true)
    out.setUint32(i * 8 + 4, crc, true)
  })
  return [{ kind: 'log', pages }]
}

/** The checksum of frames: two sums over 32-bit words, in the byte order that the log's magic number names. */
function runningSum(little: boolean) {
  let first = 0
  let second = 0
  return {
    add(bytes: Uint8Array) {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
      for (let i = 0; i + 8 <= bytes.length; i += 8) {
        first = (first + view.getUint32(i, little) + second) >>> 0
        second = (second + view.getUint32(i + 4, little) + first) >>> 0
      }
    },
    equals: (a: number, b: number) => first === a && second === b,
  }
}

/**
 * How many committed pages of a log are not in the database beside it; 0 when the log says nothing new. A database that is missing
 * lacks them all.
 */
export function pagesNotInDatabase(log: PlacedRow<RpmLog>, database: PlacedRow<unknown> | undefined): number {
  const stated = database?.facts.find((fact): fact is RpmPages => (fact as { kind?: unknown }).kind === 'pages')
  const sums = viewOf(stated?.sums ?? new Uint8Array())
  let missing = 0
  for (const fact of log.facts) {
    const pages = viewOf(fact.pages)
    for (let at = 0; at + 8 <= pages.byteLength; at += 8) {
      const place = (pages.getUint32(at, true) - 1) * 4
      const known = place >= 0 && place + 4 <= sums.byteLength ? sums.getUint32(place, true) : undefined
      if (known !== pages.getUint32(at + 4, true)) missing++
    }
  }
  return missing
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
}
