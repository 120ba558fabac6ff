import { Buffer } from 'node:buffer'
import { deserialize, serialize } from 'node:v8'
import { constants, crc32, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import type { Diagnostic } from '../model/diagnostic.ts'
import type { LayerIndex, Row } from './types.ts'

/** What one reader found in one layer. Rows are decoded when they are first asked for. */
export interface DecodedRows {
  readonly diagnostics: readonly Diagnostic[]
  rows(): readonly Row[]
}

export interface DecodedIndex extends LayerIndex {
  readonly diagnostics: readonly Diagnostic[]
}

/** Raised when the form of encoded rows or indexes changes: older ones then count as not stored. */
const FORMAT = 2
const HEADER_BYTES = 16
const COMPRESS_FROM_BYTES = 4096
/** The quickest of zstd's levels: on file lists three times as fast as its default, and no larger. */
const QUICKEST = { params: { [constants.ZSTD_c_compressionLevel]: 1 } }
const MAX_PART_BYTES = 1024 ** 3
const SMALLEST_PIECE = 1024
const LARGEST_PIECE = 16 * 1024 ** 2

/**
 * One reader's rows as bytes: a header (format, compression, checksum, lengths), the diagnostics and the rows, each as
 * `v8.serialize` writes them; the rows compressed with zstd when that saves a quarter. The result owns its buffer and can be transferred.
 */
export function encodeRows(rows: readonly Row[], diagnostics: readonly Diagnostic[]): Uint8Array {
  return encodeParts('R', diagnostics.length === 0 ? Buffer.alloc(0) : serialize(diagnostics), serialize(rows), true)
}

/** Rows of a reader that found nothing, which is most of them. Stores give this very array, so that decoding it costs nothing. */
export const EMPTY_ROWS: Uint8Array = encodeRows([], [])
const NOTHING: DecodedRows = { diagnostics: [], rows: () => [] }

/** What {@link encodeRows} wrote; undefined for anything else: another format, damage, a wrong shape. */
export function decodeRows(encoded: Uint8Array): DecodedRows | undefined {
  if (encoded === EMPTY_ROWS) return NOTHING
  const parts = decodeParts('R', encoded)
  if (parts === undefined) return undefined
  const diagnostics = parts.first.length === 0 ? [] : parse(parts.first)
  if (!Array.isArray(diagnostics) || !diagnostics.every(isDiagnostic)) return undefined
  let rows: readonly Row[] | undefined
  return {
    diagnostics,
    rows() {
      rows ??= rowsOf(parts.second())
      return rows
    },
  }
}

/**
 * A layer's index and what is to be said about the layer as a whole, as bytes. Paths are ended by NUL, which no path can
 * hold, since one long text decodes faster than many.
 */
export function encodeIndex(index: LayerIndex, diagnostics: readonly Diagnostic[]): Uint8Array {
  const texts = [
    joined(index.implied),
    joined(index.whiteouts),
    joined(index.opaque),
    joined(index.links.map(({ path, to, hard }) => `${hard ? 'h' : 's'}${path}\0${to}`)),
  ]
  const { buffer, byteOffset, length } = index.entries
  // A view, not a copy: there may be millions of entries.
  return encodeParts('I', serialize([...texts, diagnostics]), Buffer.from(buffer, byteOffset, length), false)
}

/** What {@link encodeIndex} wrote; undefined for anything else. */
export function decodeIndex(encoded: Uint8Array): DecodedIndex | undefined {
  const parts = decodeParts('I', encoded)
  if (parts === undefined) return undefined
  const decoded = parse(parts.first)
  const entries = parts.second()
  if (!Array.isArray(decoded) || decoded.length !== 5) return undefined
  const diagnostics: unknown = decoded[4]
  const texts: readonly unknown[] = decoded.slice(0, 4)
  if (!texts.every((text) => typeof text === 'string')) return undefined
  if (!Array.isArray(diagnostics) || !diagnostics.every(isDiagnostic)) return undefined
  if (entries === undefined || entries.length % 16 !== 0) return undefined
  const [implied, whiteouts, opaque, links] = texts.map((text) => text.split('\0').slice(0, -1))
  if (links.length % 2 !== 0) return undefined
  const pairs: LayerIndex['links'][number][] = []
  for (let i = 0; i < links.length; i += 2) {
    pairs.push({ path: links[i].slice(1), to: links[i + 1], hard: links[i].startsWith('h') })
  }
  return { entries, implied, whiteouts, opaque, links: pairs, diagnostics }
}

function joined(paths: readonly string[]): string {
  return paths.map((path) => `${path}\0`).join('')
}

/** Any plain data as bytes in the same envelope, for documents of archives. */
export function encodePlain(value: unknown): Uint8Array {
  return encodeParts('P', Buffer.alloc(0), serialize(value), true)
}

/** What {@link encodePlain} wrote; undefined for anything else. The shape is the caller's to check. */
export function decodePlain(encoded: Uint8Array): unknown {
  const bytes = decodeParts('P', encoded)?.second()
  return bytes === undefined ? undefined : parse(bytes)
}

/** How large the rows say that they are, unpacked; 0 for what is no rows. */
export function unpackedBytes(encoded: Uint8Array): number {
  return decodeParts('R', encoded)?.secondLength ?? 0
}

function encodeParts(kind: 'R' | 'I' | 'P', first: Buffer, second: Buffer, compress: boolean): Uint8Array {
  const packed = compress && second.length >= COMPRESS_FROM_BYTES ? zstdCompressSync(second, QUICKEST) : second
  const stored = packed.length < second.length * 0.75 ? packed : second
  const out = Buffer.from(new ArrayBuffer(HEADER_BYTES + first.length + stored.length))
  out[0] = FORMAT
  out[1] = kind.charCodeAt(0)
  out[2] = stored === second ? 0 : 1
  out.writeUInt32LE(first.length, 8)
  out.writeUInt32LE(second.length, 12)
  out.set(first, HEADER_BYTES)
  out.set(stored, HEADER_BYTES + first.length)
  out.writeUInt32LE(crc32(out.subarray(8)), 4)
  return out
}

function decodeParts(kind: 'R' | 'I' | 'P', encoded: Uint8Array) {
  const bytes = Buffer.from(encoded.buffer, encoded.byteOffset, encoded.length)
  if (bytes.length < HEADER_BYTES || bytes[0] !== FORMAT || bytes[1] !== kind.charCodeAt(0)) return undefined
  if (bytes.readUInt32LE(4) !== crc32(bytes.subarray(8))) return undefined
  const firstLength = bytes.readUInt32LE(8)
  const secondLength = bytes.readUInt32LE(12)
  if (HEADER_BYTES + firstLength > bytes.length || secondLength > MAX_PART_BYTES) return undefined
  const rest = bytes.subarray(HEADER_BYTES + firstLength)
  return {
    first: bytes.subarray(HEADER_BYTES, HEADER_BYTES + firstLength),
    secondLength,
    second: (): Buffer | undefined => unpack(rest, bytes[2] === 1, secondLength),
  }
}

function unpack(bytes: Buffer, compressed: boolean, length: number): Buffer | undefined {
  if (!compressed) return bytes.length === length ? bytes : undefined
  try {
    // In one piece, where it is not too large for that: pieces are put together by another copy.
    const chunkSize = Math.min(Math.max(length, SMALLEST_PIECE), LARGEST_PIECE)
    const out = zstdDecompressSync(bytes, { maxOutputLength: Math.max(1, length), chunkSize })
    return out.length === length ? out : undefined
  } catch {
    return undefined
  }
}

function parse(bytes: Uint8Array): unknown {
  try {
    return deserialize(bytes)
  } catch {
    return undefined
  }
}

/**
 * The checksum has held, so what does not parse was written by a program that is not this one. Rows like that are worth
 * an error: an empty list would say that nothing is there.
 */
function rowsOf(bytes: Uint8Array | undefined): readonly Row[] {
  const rows = bytes === undefined ? undefined : parse(bytes)
  if (!Array.isArray(rows) || !rows.every(isRow)) throw new Error('stored rows of a layer are damaged')
  return rows
}

function isRow(value: unknown): value is Row {
  if (typeof value !== 'object' || value === null) return false
  const row = value as Partial<Row>
  return typeof row.path === 'string' && typeof row.mode === 'number' && Array.isArray(row.facts)
}

function isDiagnostic(value: unknown): value is Diagnostic {
  if (typeof value !== 'object' || value === null) return false
  const diagnostic = value as Partial<Diagnostic>
  return typeof diagnostic.code === 'string' && typeof diagnostic.message === 'string'
}
