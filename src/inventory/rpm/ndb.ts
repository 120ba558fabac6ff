import type { RandomFile } from '../../reading/index.ts'
import { MAX_HEADER_BYTES } from './header.ts'
import type { Records } from './records.ts'

const FILE_MAGIC = 0x506d7052 // "RpmP"
const SLOT_MAGIC = 0x746f6c53 // "Slot"
const BLOB_HEAD_MAGIC = 0x53626c42 // "BlbS"
const BLOB_TAIL_MAGIC = 0x45626c42 // "BlbE"
const PAGE_BYTES = 4096
const SLOT_BYTES = 16
const BLOCK_BYTES = 16
const HEAD_BYTES = 16
const TAIL_BYTES = 12

/** Whether these first bytes are those of an ndb package file. */
export function isNdb(head: Uint8Array): boolean {
  return head.length >= 32 && viewOf(head).getUint32(0, true) === FILE_MAGIC
}

/**
 * The packages of an ndb file (`Packages.db`, SUSE's): pages of slots that say at which block of 16 bytes a package's blob stands,
 * and the blobs with a head and a tail (rpm, lib/backend/ndb/rpmpkg.c). Always little-endian. Blobs that together are longer than
 * the file overlap, and end the reading.
 */
export function* ndbRecords(file: RandomFile): Records {
  const head = new Uint8Array(file.at(0, 32))
  if (!isNdb(head)) {
    yield { problem: 'not an ndb file' }
    return
  }
  const version = viewOf(head).getUint32(4, true)
  if (version !== 0) {
    yield { problem: `version ${version} of ndb` }
    return
  }
  const slotPages = viewOf(head).getUint32(12, true)
  if (slotPages === 0) yield { problem: 'it has no slots, which even an empty one has' }
  if (slotPages * PAGE_BYTES > file.sizeBytes) yield { problem: 'the file ends before its last slot' }
  const end = Math.min(slotPages * PAGE_BYTES, file.sizeBytes)
  let budget = file.sizeBytes
  for (let pageStart = 0; pageStart < end; pageStart += PAGE_BYTES) {
    const page = new Uint8Array(file.at(pageStart, PAGE_BYTES))
    // The first two places of the first page are the file's own head.
    for (let at = pageStart === 0 ? 32 : 0; at + SLOT_BYTES <= page.length; at += SLOT_BYTES) {
      const slot = viewOf(page.subarray(at, at + SLOT_BYTES))
      if (slot.getUint32(0, true) !== SLOT_MAGIC) {
        yield { problem: `the slot at byte ${pageStart + at} is damaged` }
        continue
      }
      const index = slot.getUint32(4, true)
      const block = slot.getUint32(8, true)
      if (block === 0) {
        // A free slot is all zeros: one with a number has lost its package.
        if (index !== 0) yield { problem: `the slot of package ${index} leads nowhere` }
        continue
      }
      const blocks = slot.getUint32(12, true)
      budget -= blocks * BLOCK_BYTES
      if (budget < 0) {
        yield { problem: 'its records overlap' }
        return
      }
      yield readBlob(file, index, block * BLOCK_BYTES, blocks)
    }
  }
}

function readBlob(file: RandomFile, index: number, start: number, blocks: number) {
  const damaged = { problem: `package ${index} is damaged` }
  const size = blocks * BLOCK_BYTES
  if (size < HEAD_BYTES + TAIL_BYTES || size > MAX_HEADER_BYTES || start + size > file.sizeBytes) return damaged
  const blob = file.at(start, size)
  if (blob.length < size) return damaged
  const view = viewOf(blob)
  const length = view.getUint32(12, true)
  if (view.getUint32(0, true) !== BLOB_HEAD_MAGIC || view.getUint32(4, true) !== index) return damaged
  if (Math.ceil((HEAD_BYTES + length + TAIL_BYTES) / BLOCK_BYTES) !== blocks) return damaged
  if (view.getUint32(size - 4, true) !== BLOB_TAIL_MAGIC || view.getUint32(size - 8, true) !== length) return damaged
  return { bytes: blob.subarray(HEAD_BYTES, HEAD_BYTES + length) }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
}
