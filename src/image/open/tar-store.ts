import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { Failure } from '../../lib/failure.ts'
import type { Limits } from '../../lib/limits.ts'
import { normaliseEntryName } from '../tar/names.ts'
import { TarReader } from '../tar/reader.ts'
import type { TarEntry } from '../types.ts'
import { type ContentStore, followLinks, linkTarget, type StoredContent } from './content-store.ts'
import { encodingOf, targetFailure } from './sniff.ts'

const READ_BYTES = 32 * 1024
/** An image archive has a few entries for each layer; what has more is something else, and is not kept in memory. */
const MAX_ENTRIES = 200_000

interface Place {
  readonly offset: number
  readonly length: number
  readonly sparse: boolean
}

/** An archive that lies plain in a file: its headers are read by seeking from one to the next, its layers are used where they are. */
export class TarStore implements ContentStore {
  readonly reference: string
  readonly #path: string
  readonly #limits: Limits
  readonly #files = new Map<string, Place>()
  readonly #links = new Map<string, string>()

  /** @throws Failure as {@link TarReader}, `archive-too-many-entries`, `target-unreadable`. */
  constructor(reference: string, path: string, limits: Limits, signal: AbortSignal) {
    this.reference = reference
    this.#path = path
    this.#limits = limits
    withFile(path, (file) => this.#scan(file, signal))
  }

  /** Names of all files, for saying what an archive that is no image looks like. */
  get names(): Iterable<string> {
    return this.#files.keys()
  }

  has(name: string): boolean {
    return this.#place(name) !== undefined
  }

  document(name: string): Uint8Array | undefined {
    const place = this.#place(name)
    if (place === undefined) return undefined
    if (place.length > this.#limits.documentBytes)
      throw documentTooLarge(this.reference, name, place.length, this.#limits)
    return withFile(this.#path, (file) => {
      const bytes = new Uint8Array(place.length)
      return bytes.subarray(0, readFully(file, bytes, place.offset))
    })
  }

  layer(name: string): StoredContent | undefined {
    const place = this.#place(name)
    if (place === undefined) return undefined
    if (place.sparse) return { absent: 'it is a sparse entry of the archive', sizeBytes: place.length }
    const head = withFile(this.#path, (file) => {
      const bytes = new Uint8Array(Math.min(4, place.length))
      readFully(file, bytes, place.offset)
      return bytes
    })
    const locator = { at: 'file', path: this.#path, ...toRange(place), encoding: encodingOf(head) } as const
    return { locator, sizeBytes: place.length }
  }

  #place(name: string): Place | undefined {
    const normalised = normaliseEntryName(name)
    const target = normalised === undefined ? undefined : followLinks(normalised, this.#links)
    return target === undefined ? undefined : this.#files.get(target)
  }

  #scan(file: number, signal: AbortSignal): void {
    const reader: TarReader = new TarReader(
      {
        entry: (entry) => this.#note(entry, reader.bodyOffset),
        body: () => {},
        end: () => {},
        problem: () => {},
      },
      this.reference,
      this.#limits,
    )
    const buffer = new Uint8Array(READ_BYTES)
    const end = fstatSync(file).size
    let at = 0
    while (at < end) {
      signal.throwIfAborted()
      const count = readSync(file, buffer, 0, READ_BYTES, at)
      if (count === 0) break
      reader.push(buffer.subarray(0, count))
      at += count
      const skip = Math.min(reader.skippable, end - at)
      if (skip > 0) reader.seekOver(skip)
      at += skip
    }
    reader.finish()
  }

  #note(entry: TarEntry, offset: number): boolean {
    const name = normaliseEntryName(entry.name)
    if (name === undefined) return false
    if (entry.type === 'file') {
      this.#files.set(name, { offset, length: entry.sizeBytes, sparse: entry.sparse !== undefined })
      this.#links.delete(name)
    } else if (entry.type === 'hardlink' || entry.type === 'symlink') {
      const target = normaliseEntryName(linkTarget(name, entry.type, entry.linkName))
      if (target !== undefined && target !== name) this.#links.set(name, target)
    }
    if (this.#files.size + this.#links.size > MAX_ENTRIES) {
      throw new Failure('archive-too-many-entries', `more than ${MAX_ENTRIES} entries: this is no image archive`, {
        input: this.reference,
        hints: ['unpack it and scan the folder: dir:FOLDER'],
      })
    }
    return false
  }
}

function toRange(place: Place): { offset: number; length: number } {
  return { offset: place.offset, length: place.length }
}

/** A failure for a manifest, index or config that is larger than `Limits.documentBytes`. */
export function documentTooLarge(reference: string, name: string, bytes: number, limits: Limits): Failure {
  return new Failure(
    'document-too-large',
    `${name} has ${bytes} bytes, more than the ${limits.documentBytes} allowed`,
    {
      input: reference,
    },
  )
}

function readFully(file: number, bytes: Uint8Array, offset: number): number {
  let done = 0
  while (done < bytes.length) {
    const count = readSync(file, bytes, done, bytes.length - done, offset + done)
    if (count === 0) break
    done += count
  }
  return done
}

function withFile<Result>(path: string, use: (file: number) => Result): Result {
  let file: number
  try {
    file = openSync(path, 'r')
  } catch (error) {
    throw targetFailure(path, error)
  }
  try {
    return use(file)
  } finally {
    closeSync(file)
  }
}
