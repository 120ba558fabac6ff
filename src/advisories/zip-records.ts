import { Buffer } from 'node:buffer'
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { crc32, inflateRawSync } from 'node:zlib'
import * as yauzl from 'yauzl'
import { Failure } from '../lib/failure.ts'

/** Bounds on one archive of records. */
export interface ZipLimits {
  readonly entries: number
  readonly entryBytes: number
  readonly totalBytes: number
  /** Unpacked bytes per packed byte of one entry, judged from 1 MiB on: JSON repeats itself, but not without end. */
  readonly ratio: number
}

export const ZIP_LIMITS: ZipLimits = {
  entries: 5_000_000,
  entryBytes: 16 * 1024 ** 2,
  totalBytes: 64 * 1024 ** 3,
  ratio: 1_000,
}

/** One entry: its name without folders and `.json`, and its bytes or what is wrong with it. */
export type ZipItem =
  | { readonly name: string; readonly bytes: Uint8Array }
  | { readonly name: string; readonly wrong: string }

/**
 * Visits every `.json` entry of a zip file in its own order. Nothing is extracted by name. A wrong entry is visited as such;
 * a file that is no zip, is cut off, or is over the bounds rejects with `Failure` that names `input`.
 */
export async function visitZip(
  path: string,
  input: string,
  visit: (item: ZipItem) => void,
  limits: ZipLimits = ZIP_LIMITS,
): Promise<void> {
  const descriptor = openSync(path, 'r')
  try {
    const size = fstatSync(descriptor).size
    const reader = new WindowedReader(descriptor)
    const archive = await yauzl.fromRandomAccessReaderPromise(reader, size, {
      lazyEntries: true,
      autoClose: false,
      // Names stay bytes: nothing is written under them, so a hostile one is no reason to refuse the rest.
      decodeStrings: false,
    })
    if (archive.entryCount > limits.entries) throw new Error(`more than ${limits.entries} entries`)
    await eachEntry(archive, descriptor, visit, limits)
  } catch (cause) {
    if (cause instanceof Failure) throw cause
    throw new Failure('advisory-zip', `${input}: ${(cause as Error).message}`, { input, cause })
  } finally {
    closeSync(descriptor)
  }
}

function eachEntry(
  archive: yauzl.ZipFile,
  descriptor: number,
  visit: (item: ZipItem) => void,
  limits: ZipLimits,
): Promise<void> {
  let total = 0
  return new Promise((resolve, reject) => {
    archive.on('error', reject)
    archive.on('end', () => {
      // A count of 16 bits begins again at 65,536: what the directory holds behind it would be lost.
      if (goesOn(archive, descriptor))
        reject(new Error(`its directory holds more than the ${archive.entryCount} entries it counts`))
      else resolve()
    })
    archive.on('entry', (entry: yauzl.Entry) => {
      try {
        const name = recordName(Buffer.from(entry.fileName as unknown as Uint8Array).toString())
        if (name !== undefined) {
          const item = unpack(descriptor, entry, name, limits)
          if ('bytes' in item && (total += item.bytes.length) > limits.totalBytes)
            throw new Error(`unpacks to more than ${limits.totalBytes} bytes`)
          visit(item)
        }
        archive.readEntry()
      } catch (error) {
        reject(error)
      }
    })
    archive.readEntry()
  })
}

/** Whether another entry of the directory stands where its count says that it ends (APPNOTE 6.3, section 4.3.12). */
function goesOn(archive: yauzl.ZipFile, descriptor: number): boolean {
  const { readEntryCursor: at } = archive as unknown as { readonly readEntryCursor: number }
  const next = Buffer.alloc(4)
  return readFully(descriptor, next, 0, 4, at) === 4 && next.readUInt32LE(0) === 0x02014b50
}

/** `a/b/ID.json` gives `ID`; undefined for a folder or another kind of file. */
function recordName(fileName: string): string | undefined {
  const last = fileName.slice(Math.max(fileName.lastIndexOf('/'), fileName.lastIndexOf('\\')) + 1)
  return last.endsWith('.json') ? last.slice(0, -5) : undefined
}

/** Reads an entry's bytes at once: records are small, and a stream for each would take longer than the bytes do. */
function unpack(descriptor: number, entry: yauzl.Entry, name: string, limits: ZipLimits): ZipItem {
  if (entry.uncompressedSize > limits.entryBytes || entry.compressedSize > limits.entryBytes)
    return { name, wrong: `larger than ${limits.entryBytes} bytes` }
  if (entry.uncompressedSize > 1024 ** 2 && entry.uncompressedSize > entry.compressedSize * limits.ratio)
    return { name, wrong: `unpacks to more than ${limits.ratio} times its size` }
  if (entry.isEncrypted()) return { name, wrong: 'encrypted' }
  // Local file header: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT section 4.3.7
  const header = readAt(descriptor, entry.relativeOffsetOfLocalHeader, 30)
  if (header.readUInt32LE(0) !== 0x04034b50) return { name, wrong: 'no local header where the directory says' }
  const start = entry.relativeOffsetOfLocalHeader + 30 + header.readUInt16LE(26) + header.readUInt16LE(28)
  const packed = readAt(descriptor, start, entry.compressedSize)
  let bytes: Buffer
  try {
    if (entry.compressionMethod === 0) bytes = packed
    else if (entry.compressionMethod === 8)
      bytes = inflateRawSync(packed, { maxOutputLength: Math.max(1, entry.uncompressedSize) })
    else return { name, wrong: `packed by method ${entry.compressionMethod}` }
  } catch (error) {
    return { name, wrong: (error as Error).message }
  }
  if (bytes.length !== entry.uncompressedSize) return { name, wrong: 'not of the size that the directory says' }
  if (crc32(bytes) !== entry.crc32) return { name, wrong: 'its checksum is wrong' }
  return { name, bytes }
}

function readAt(descriptor: number, position: number, length: number): Buffer {
  const buffer = Buffer.allocUnsafe(length)
  if (readFully(descriptor, buffer, 0, length, position) < length) throw new Error('the archive is cut off')
  return buffer
}

function readFully(descriptor: number, into: Buffer, offset: number, length: number, position: number): number {
  let done = 0
  while (done < length) {
    const count = readSync(descriptor, into, offset + done, length - done, position + done)
    if (count === 0) break
    done += count
  }
  return done
}

const WINDOW = 1024 ** 2

/** Serves yauzl's many small reads of the central directory from one window of the file. */
class WindowedReader extends yauzl.RandomAccessReader {
  readonly #descriptor: number
  readonly #window = Buffer.allocUnsafe(WINDOW)
  #start = 0
  #length = 0

  constructor(descriptor: number) {
    super()
    this.#descriptor = descriptor
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null, read?: number) => void,
  ): void {
    process.nextTick(() => {
      try {
        if (length > WINDOW) return callback(null, readFully(this.#descriptor, buffer, offset, length, position))
        if (position < this.#start || position + length > this.#start + this.#length) {
          this.#start = position
          this.#length = readFully(this.#descriptor, this.#window, 0, WINDOW, position)
        }
        const from = position - this.#start
        callback(null, this.#window.copy(buffer, offset, from, Math.min(from + length, this.#length)))
      } catch (error) {
        callback(error as Error)
      }
    })
  }
}
