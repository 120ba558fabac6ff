import { crc32, inflateRawSync } from 'node:zlib'
import type { ByteSource } from '../byte-source.ts'
import { Failure } from '../failure.ts'
import { readDirectory, type ZipEntry } from './directory.ts'

export type { ZipEntry } from './directory.ts'

/** An archive whose directory was read. Entries are read one at a time, in any order; nothing is written anywhere. */
export interface ZipArchive {
  readonly entries: readonly ZipEntry[]
  /**
   * The unpacked bytes of an entry, its CRC checked. They may be a view of the source where the entry is stored: to be used before the
   * source is read again.
   *
   * @throws Failure (`zip-*`) where it is larger than `maxBytes`, encrypted, packed in an unknown way, or damaged.
   */
  read(entry: ZipEntry, maxBytes: number): Uint8Array
  /**
   * An entry as a source of its own, for an archive in an archive: a stored one is a window of this source without a copy (and without
   * a check of its CRC, which would read it all), a deflated one is unpacked into memory.
   *
   * @throws Failure as `read` does.
   */
  open(entry: ZipEntry, maxBytes: number): ByteSource
}

const LOCAL_SIGNATURE = 0x04034b50
const LOCAL_BYTES = 30
const STORED = 0
const DEFLATED = 8
/** Deflate can do 1032 to 1; nothing that is meant to be read comes near it. Small entries (a file of spaces) are let through. */
const MAX_RATIO = 400
const RATIO_FROM_BYTES = 1 << 20

/**
 * Reads a zip archive (jar, wheel, nupkg, vsix) by its central directory: https://pkware.cachefly.net/webdocs/APPNOTE/APPNOTE-6.3.10.TXT.
 * `input` names it in failures.
 *
 * This is not yauzl, which is asynchronous throughout: package readers are synchronous by contract (they run in worker threads, where
 * blocking is free), and an archive in an archive is a window here, not a stream through a temporary file.
 *
 * @throws Failure (`zip-no-directory`, `zip-volumes`, `zip-damaged`, `zip-too-large`) where it is none, or no sound one.
 */
export function openZip(source: ByteSource, input = 'zip archive'): ZipArchive {
  const entries = readDirectory(source, input)
  const checked = (entry: ZipEntry, maxBytes: number) => {
    const problem = refusal(entry, maxBytes)
    const named = `${input}!/${entry.name}`
    if (problem) throw new Failure(problem.code, problem.message, { input: named })
    return { start: dataStart(source, entry, named), named }
  }
  const read = (entry: ZipEntry, maxBytes: number) => {
    const { start, named } = checked(entry, maxBytes)
    const packed = source.at(start, entry.compressedBytes)
    const bytes = entry.method === STORED ? packed : inflated(packed, entry, named)
    if (bytes.length !== entry.sizeBytes || crc32(bytes) !== entry.crc32) throw damaged(named)
    return bytes
  }
  const open = (entry: ZipEntry, maxBytes: number) =>
    entry.method === STORED
      ? windowOf(source, checked(entry, maxBytes).start, entry.sizeBytes)
      : sourceOf(read(entry, maxBytes))
  return { entries, read, open }
}

/** Bytes in memory as a source of views. */
export function sourceOf(bytes: Uint8Array): ByteSource {
  return {
    sizeBytes: bytes.length,
    at: (offset, length) => bytes.subarray(Math.max(0, offset), Math.max(0, offset) + Math.max(0, length)),
  }
}

/** A part of a source; reads stop at its end. */
function windowOf(source: ByteSource, start: number, sizeBytes: number): ByteSource {
  return {
    sizeBytes,
    at(offset, length) {
      const from = Math.min(Math.max(0, offset), sizeBytes)
      return source.at(start + from, Math.min(Math.max(0, length), sizeBytes - from))
    },
  }
}

function refusal(entry: ZipEntry, maxBytes: number): { code: string; message: string } | undefined {
  if (entry.encrypted) return { code: 'zip-encrypted', message: 'the entry is encrypted' }
  if (entry.method !== STORED && entry.method !== DEFLATED)
    return { code: 'zip-method-unsupported', message: `packed by method ${entry.method}, which is not read` }
  if (entry.sizeBytes > maxBytes)
    return { code: 'zip-entry-too-large', message: `${entry.sizeBytes} bytes are more than the ${maxBytes} allowed` }
  if (entry.method === STORED && entry.compressedBytes !== entry.sizeBytes)
    return { code: 'zip-damaged', message: 'a stored entry has two different sizes' }
  // Deflate adds at most some bytes in 16 KiB; whatever is larger packed than unpacked by more is no honest entry.
  if (entry.compressedBytes > entry.sizeBytes * 1.01 + 1024)
    return { code: 'zip-damaged', message: 'the entry is larger packed than unpacked' }
  if (entry.sizeBytes > RATIO_FROM_BYTES && entry.sizeBytes > entry.compressedBytes * MAX_RATIO)
    return { code: 'zip-bomb', message: `${entry.compressedBytes} bytes would unpack to ${entry.sizeBytes}` }
  return undefined
}

/** The local header's own name and extra field may be longer than those of the directory (APPNOTE 4.3.7). */
function dataStart(source: ByteSource, entry: ZipEntry, named: string): number {
  if (entry.offset + LOCAL_BYTES > source.sizeBytes) throw damaged(named)
  const bytes = source.at(entry.offset, LOCAL_BYTES)
  if (bytes.length < LOCAL_BYTES) throw damaged(named)
  const header = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (header.getUint32(0, true) !== LOCAL_SIGNATURE) throw damaged(named)
  const start = entry.offset + LOCAL_BYTES + header.getUint16(26, true) + header.getUint16(28, true)
  if (start + entry.compressedBytes > source.sizeBytes) throw damaged(named)
  return start
}

function inflated(packed: Uint8Array, entry: ZipEntry, named: string): Uint8Array {
  if (entry.sizeBytes === 0) return new Uint8Array()
  try {
    // One piece of the expected size: no pieces to be joined, and a body that grows beyond it fails at once.
    const chunkSize = Math.max(64, entry.sizeBytes + 1)
    return inflateRawSync(packed, { maxOutputLength: entry.sizeBytes, chunkSize })
  } catch (cause) {
    throw damaged(named, cause)
  }
}

function damaged(named: string, cause?: unknown): Failure {
  return new Failure('zip-damaged', 'the entry is damaged', { input: named, cause })
}
