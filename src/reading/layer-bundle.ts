import { Buffer } from 'node:buffer'
import { crc32 } from 'node:zlib'
import { EMPTY_ROWS } from './codec.ts'
import type { AnyReader, LayerFacts, StoredLayer } from './types.ts'

/** What is kept of one layer: its index, and the rows of every reader, version and options that were ever asked. */
export interface LayerBundle {
  readonly index: Uint8Array
  readonly rows: readonly BundledRows[]
}

export interface BundledRows {
  readonly reader: string
  readonly version: number
  readonly options: string
  readonly encoded: Uint8Array
}

/** `BWL` and the number of this format. */
const MAGIC = 0x424c5701
/** Magic, CRC-32 of what follows up to the parts, length of the directory. */
const HEADER_BYTES = 12
const MOST_ROWS = 10_000
/** In the place of a length: {@link EMPTY_ROWS}, which take no bytes. */
const EMPTY = -1

/**
 * All of a layer as one run of bytes, so that a known layer is one look-up: a header, a directory (JSON: the key, the index's length, and
 * of each reader id, version, options and length), and the parts one after the other. The checksum is the directory's; each part
 * has its own (codec.ts). With the key in it, bytes that came under another key's name are recognised.
 */
export function encodeBundle(key: string, { index, rows }: LayerBundle): Uint8Array {
  const entries = rows.map(({ reader, version, options, encoded }) => [
    reader,
    version,
    options,
    isEmptyRows(encoded) ? EMPTY : encoded.length,
  ])
  const directory = Buffer.from(JSON.stringify([key, index.length, entries]))
  const parts = [index, ...rows.map(({ encoded }) => encoded).filter((encoded) => !isEmptyRows(encoded))]
  const header = Buffer.alloc(HEADER_BYTES)
  header.writeUInt32BE(MAGIC, 0)
  header.writeUInt32LE(crc32(directory), 4)
  header.writeUInt32LE(directory.length, 8)
  return Buffer.concat([header, directory, ...parts])
}

/** What {@link encodeBundle} wrote for this key, as views into `bytes`; undefined for anything else. */
export function decodeBundle(key: string, bytes: Uint8Array): LayerBundle | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  if (buffer.length < HEADER_BYTES || buffer.readUInt32BE(0) !== MAGIC) return undefined
  const begin = HEADER_BYTES + buffer.readUInt32LE(8)
  if (begin > buffer.length) return undefined
  const directory = buffer.subarray(HEADER_BYTES, begin)
  if (crc32(directory) !== buffer.readUInt32LE(4)) return undefined
  return partsOf(key, parsed(directory), bytes.subarray(begin))
}

function partsOf(key: string, directory: unknown, parts: Uint8Array): LayerBundle | undefined {
  if (!Array.isArray(directory) || directory.length !== 3 || directory[0] !== key) return undefined
  const [, indexLength, entries] = directory as unknown[]
  if (!isLength(indexLength) || !Array.isArray(entries) || entries.length > MOST_ROWS) return undefined
  const rows: BundledRows[] = []
  let at = indexLength
  for (const entry of entries as unknown[]) {
    if (!Array.isArray(entry)) return undefined
    const [reader, version, options, length] = entry as unknown[]
    if (typeof reader !== 'string' || typeof version !== 'number' || typeof options !== 'string') return undefined
    if (length === EMPTY) rows.push({ reader, version, options, encoded: EMPTY_ROWS })
    else if (isLength(length)) {
      rows.push({ reader, version, options, encoded: parts.subarray(at, at + length) })
      at += length
    } else return undefined
  }
  return at === parts.length ? { index: parts.subarray(0, indexLength), rows } : undefined
}

/** The rows that these readers, in their versions and with their options, would find again. */
export function rowsFor({ index, rows }: LayerBundle, readers: readonly AnyReader[]): StoredLayer {
  const wanted = new Map(readers.map((reader) => [reader.id, reader]))
  const found = new Map<string, Uint8Array>()
  for (const { reader, version, options, encoded } of rows) {
    const asked = wanted.get(reader)
    if (asked?.version === version && (asked.options ?? '') === options) found.set(reader, encoded)
  }
  return { index, rows: found }
}

/**
 * The bundle with what was just read in it: it takes the place of what the same reader found with the same options in this or an
 * older version. What other readers found stays as it is.
 */
export function withFacts(before: LayerBundle | undefined, facts: LayerFacts): LayerBundle {
  const fresh = facts.rows
    .filter(({ transient }) => transient !== true)
    .map(({ reader, version, options = '', encoded }) => ({ reader, version, options, encoded }))
  const byReader = new Map(fresh.map((row) => [`${row.reader}\0${row.options}`, row.version]))
  const kept = (before?.rows ?? []).filter(
    ({ reader, version, options }) => version > (byReader.get(`${reader}\0${options}`) ?? Number.NEGATIVE_INFINITY),
  )
  return { index: facts.index, rows: [...kept, ...fresh].slice(-MOST_ROWS) }
}

function isEmptyRows(encoded: Uint8Array): boolean {
  return encoded.length === EMPTY_ROWS.length && Buffer.compare(encoded, EMPTY_ROWS) === 0
}

function isLength(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch {
    return undefined
  }
}
