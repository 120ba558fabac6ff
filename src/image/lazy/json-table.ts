import type { Digest } from '../../model/digest.ts'
import { normaliseEntryName } from '../tar/names.ts'
import type { TarEntry } from '../types.ts'
import { type Block, type ContentEntry, type Contents, ENTRY_TYPES, type Piece, Unfit } from './contents.ts'

/** An entry of the table as it stands in its JSON: nothing of it is believed. */
type Raw = Readonly<Record<string, unknown>>

interface Chunk {
  readonly offset: number
  readonly inner: number
  readonly at: number
  readonly length: number
  readonly digest: Digest | undefined
  readonly zeros: boolean
}

interface File {
  readonly entry: TarEntry
  readonly digest: Digest | undefined
  readonly chunks: Chunk[]
}

/**
 * The table of contents of an eStargz layer (stargz-snapshotter, docs/estargz.md, "TOC") or a zstd:chunked one (containers/storage,
 * pkg/chunked/internal/minimal, `FileMetadata`), which have the same fields. `payloadBytes` is where the table begins in the blob.
 * @throws Unfit.
 */
export function parseJsonTable(
  json: Uint8Array,
  packed: 'gzip' | 'zstd',
  bounds: { readonly payloadBytes: number; readonly entries: number },
): Contents {
  const files = filesOf(rawEntries(json, bounds.entries), new Set())
  const layout = new Layout(files, packed, bounds.payloadBytes)
  const entries = files.map((file) => ({ entry: file.entry, ...layout.place(file) }))
  return { entries, blocks: layout.blocks() }
}

/** What a table of as many bytes as are allowed may have of objects and lists, and of values: twice what real ones have. */
const MOST_OBJECTS = 1_500_000
const MOST_VALUES = 8_000_000

/** Values cost more in memory than their bytes: they are counted before they are made. Those in strings are counted with them. */
function boundValues(json: Uint8Array): void {
  let objects = 0
  let commas = 0
  for (const byte of json) {
    if (byte === 0x7b || byte === 0x5b) objects++
    else if (byte === 0x2c) commas++
  }
  if (objects > MOST_OBJECTS || commas > MOST_VALUES) throw new Unfit('it has more values than a table has')
}

function rawEntries(json: Uint8Array, most: number): readonly Raw[] {
  boundValues(json)
  let root: unknown
  try {
    root = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(json))
  } catch (error) {
    throw new Unfit(`it is no JSON: ${(error as Error).message}`)
  }
  const { version, entries } = (root ?? {}) as { readonly version?: unknown; readonly entries?: unknown }
  if (version !== 1) throw new Unfit('it is not of version 1')
  if (!Array.isArray(entries)) throw new Unfit('it has no entries')
  if (entries.length > most) throw new Unfit(`it has more than ${most} entries`)
  return entries
}

function filesOf(raws: readonly Raw[], names: Set<string>): readonly File[] {
  const files: File[] = []
  for (const raw of raws) {
    if (raw === null || typeof raw !== 'object') throw new Unfit('an entry is no object')
    if (raw.type === 'chunk') {
      const file = files.at(-1)
      if (file === undefined || file.entry.type !== 'file') throw new Unfit('a chunk belongs to no file')
      file.chunks.push(chunkOf(raw, file.entry.sizeBytes))
    } else files.push(fileOf(raw, names))
  }
  return files
}

function fileOf(raw: Raw, names: Set<string>): File {
  const type = ENTRY_TYPES.get(raw.type)
  if (type === undefined) throw new Unfit('an entry has an unknown type')
  const name = nameOf(raw.name)
  claimName(name, names)
  const entry: TarEntry = {
    name,
    type,
    sizeBytes: type === 'file' ? count(raw.size, 'size') : 0,
    mode: count(raw.mode, 'mode') & 0o7777,
    uid: count(raw.uid, 'uid'),
    gid: count(raw.gid, 'gid'),
    mtime: timeOf(raw.modtime),
    linkName: type === 'symlink' || type === 'hardlink' ? nameOf(raw.linkName) : '',
  }
  const file: File = { entry, digest: digestOf(raw.digest), chunks: [] }
  if (entry.sizeBytes > 0) file.chunks.push(chunkOf(raw, entry.sizeBytes))
  return file
}

/** Every name stands once: which of two is meant would depend on who reads. */
export function claimName(name: string, names: Set<string>): void {
  const path = normaliseEntryName(name)
  if (path === undefined) return
  if (names.has(path)) throw new Unfit('two entries have one name')
  names.add(path)
}

/** Names that are no UTF-8 in the archive stand here with a replacement character: they cannot be told, or not from one another. */
function nameOf(value: unknown): string {
  if (typeof value !== 'string' || value === '') throw new Unfit('an entry has no name or target')
  if (!value.isWellFormed() || value.includes('\ufffd')) throw new Unfit('a name is not UTF-8')
  return value
}

function timeOf(value: unknown): number {
  const time = typeof value === 'string' ? Date.parse(value) / 1000 : 0
  return Number.isFinite(time) ? Math.floor(time) : 0
}

/** A size of 0 means: to the end of the file. */
function chunkOf(raw: Raw, fileBytes: number): Chunk {
  const at = count(raw.chunkOffset, 'chunkOffset')
  const stated = count(raw.chunkSize, 'chunkSize')
  const zeros = raw.chunkType === 'zeros'
  if (!zeros && raw.chunkType !== undefined && raw.chunkType !== '') throw new Unfit('a chunk has an unknown type')
  return {
    offset: count(raw.offset, 'offset'),
    inner: count(raw.innerOffset, 'innerOffset'),
    at,
    length: stated === 0 ? fileBytes - at : stated,
    digest: digestOf(raw.chunkDigest),
    zeros,
  }
}

function count(value: unknown, field: string): number {
  if (value === undefined) return 0
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
  throw new Unfit(`an entry's ${field} is no size`)
}

function digestOf(value: unknown): Digest | undefined {
  if (value === undefined || value === '') return undefined
  if (typeof value === 'string' && /^sha256:[0-9a-f]{64}$/.test(value)) return value as Digest
  throw new Unfit('a digest is not SHA-256')
}

/** Where the parts of the blob begin and end: one begins at each offset that is named, and ends where the next begins. */
class Layout {
  readonly #packed: 'gzip' | 'zstd'
  /** Ascending; the last is the end of all. */
  readonly #borders: Float64Array
  readonly #indexes = new Map<number, number>()
  readonly #blocks: { offset: number; unpackedBytes: number }[] = []

  constructor(files: readonly File[], packed: 'gzip' | 'zstd', payloadBytes: number) {
    this.#packed = packed
    const offsets = new Set<number>([payloadBytes])
    for (const { chunks } of files) {
      for (const { offset } of chunks) {
        if (offset >= payloadBytes) throw new Unfit('an offset lies outside of the blob')
        offsets.add(offset)
      }
    }
    this.#borders = Float64Array.from(offsets).sort()
  }

  place({ entry, digest, chunks }: File): Pick<ContentEntry, 'pieces' | 'digest'> {
    let end = 0
    for (const { at, length } of chunks) {
      if (at !== end || length <= 0) throw new Unfit('the chunks of a file do not follow one another')
      end += length
    }
    if (end !== entry.sizeBytes) throw new Unfit('the chunks of a file are not as long as the file')
    const lone = chunks.length === 1 && chunks[0].digest === undefined ? digest : undefined
    const pieces = chunks.map((chunk) => this.#pieceOf(chunk, lone))
    if (pieces.every((piece) => piece.digest !== undefined || piece.block === undefined)) return { pieces }
    if (digest === undefined) throw new Unfit('a file has no digest that proves it')
    return { pieces, digest }
  }

  blocks(): readonly Block[] {
    return this.#blocks.map(({ offset, unpackedBytes }) => {
      const length = this.#borderAfter(offset) - offset
      return { offset, length, packed: this.#packed, unpackedBytes }
    })
  }

  #pieceOf({ offset, inner, length, digest, zeros }: Chunk, lone: Digest | undefined): Piece {
    if (zeros) return { block: undefined, inner: 0, length }
    let block = this.#indexes.get(offset)
    if (block === undefined) {
      block = this.#blocks.push({ offset, unpackedBytes: 0 }) - 1
      this.#indexes.set(offset, block)
    }
    const end = inner + length
    if (!Number.isSafeInteger(end)) throw new Unfit('a chunk lies too far inside its block')
    this.#blocks[block].unpackedBytes = Math.max(this.#blocks[block].unpackedBytes, end)
    const proof = digest ?? lone
    return { block, inner, length, ...(proof === undefined ? {} : { digest: proof }) }
  }

  #borderAfter(offset: number): number {
    let low = 0
    let high = this.#borders.length - 1
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#borders[middle] > offset) high = middle
      else low = middle + 1
    }
    return this.#borders[low]
  }
}
