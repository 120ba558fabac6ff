import { decodePath } from '../../lib/path-text.ts'
import type { Digest } from '../../model/digest.ts'
import type { TarEntry } from '../types.ts'
import { type Block, type ContentEntry, type Contents, ENTRY_TYPES, type Piece, Unfit } from './contents.ts'
import { FlatTable } from './flatbuffer.ts'
import { claimName } from './json-table.ts'

/** Fields by their number in the schema (soci-snapshotter, ztoc/fbs/ztoc.fbs). */
const ZTOC = { version: 0, compressedSize: 2, uncompressedSize: 3, toc: 4, compression: 5 } as const
const COMPRESSION = { algorithm: 0, spanDigests: 2, checkpoints: 3 } as const
const FILE = { name: 0, type: 1, offset: 2, size: 3, link: 4, mode: 5, uid: 6, gid: 7, time: 10 } as const
const GZIP = 1

const WINDOW_BYTES = 32768
/** Offset in the layer, offset in the archive, bits, window. */
const CHECKPOINT_BYTES = 8 + 8 + 1 + WINDOW_BYTES
/** Number of checkpoints, size of a span. */
const HEADER_BYTES = 4 + 8
/** Most that one span may have, packed and unpacked; 4 MiB is usual. */
const SPAN_PACKED_BYTES = 8 * 1024 ** 2
const SPAN_BYTES = 16 * 1024 ** 2
/** A gzip member has at least this header. */
const GZIP_HEADER_BYTES = 10
const TAR_BLOCK = 512

interface Placed {
  readonly entry: TarEntry
  /** Where its body begins in the archive. */
  readonly at: number
}

interface Span extends Block {
  /** Where it begins in the archive. */
  readonly at: number
}

/** The table of contents of a gzip layer that SOCI wrote beside it: a FlatBuffers document. @throws Unfit. */
export function parseZtoc(
  bytes: Uint8Array,
  bounds: { readonly blobBytes: number; readonly entries: number },
): Contents {
  try {
    const root = FlatTable.root(bytes)
    const version = text(root.bytes(ZTOC.version))
    if (!/^(0\.9|1\.\d+)$/.test(version)) throw new Unfit(`its version is ${version.slice(0, 20)}`)
    if (root.long(ZTOC.compressedSize) !== bounds.blobBytes) throw new Unfit('it is of a blob of another size')
    const archiveBytes = size(root.long(ZTOC.uncompressedSize), 'size of the archive')
    const spans = spansOf(need(root.table(ZTOC.compression)), bounds.blobBytes, archiveBytes)
    const files = filesOf(need(root.table(ZTOC.toc)), bounds.entries, archiveBytes, bytes.length)
    return { entries: files.map((file) => contentOf(file, spans)), blocks: spans }
  } catch (error) {
    if (error instanceof RangeError) throw new Unfit('it is no zTOC')
    throw error
  }
}

function need(table: FlatTable | undefined): FlatTable {
  if (table === undefined) throw new Unfit('a part of it is missing')
  return table
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1')
}

function size(value: number | undefined, what: string): number {
  if (value !== undefined && value >= 0) return value
  throw new Unfit(`its ${what} is none`)
}

// ---------------------------------------------------------------- files

/** In the order of the archive. They must not overlap. */
function filesOf(toc: FlatTable, most: number, archiveBytes: number, tableBytes: number): readonly Placed[] {
  const count = toc.count(0)
  if (count > most) throw new Unfit(`it has more than ${most} entries`)
  const names = new Set<string>()
  const files: Placed[] = []
  // Texts may lie over one another: all of them together cannot be more than the table.
  let left = tableBytes
  for (let i = 0; i < count; i++) {
    const file = toc.tableOf(0, i)
    for (const field of [FILE.name, FILE.type, FILE.link, FILE.time]) left -= file.bytes(field).length
    if (left < 0) throw new Unfit('its texts are longer than it is')
    files.push(fileOf(file, names))
  }
  files.sort((a, b) => a.at - b.at)
  let free = 0
  for (const { at, entry } of files) {
    if (at < free + TAR_BLOCK) throw new Unfit('two of its files overlap')
    free = Math.ceil((at + entry.sizeBytes) / TAR_BLOCK) * TAR_BLOCK
  }
  if (free > archiveBytes + TAR_BLOCK) throw new Unfit('a file lies outside of the archive')
  return files
}

function fileOf(table: FlatTable, names: Set<string>): Placed {
  const type = ENTRY_TYPES.get(text(table.bytes(FILE.type)))
  if (type === undefined) throw new Unfit('an entry has an unknown type')
  const name = decodePath(table.bytes(FILE.name))
  if (name === '') throw new Unfit('an entry has no name')
  claimName(name, names)
  const isLink = type === 'symlink' || type === 'hardlink'
  const time = Date.parse(text(table.bytes(FILE.time))) / 1000
  const entry: TarEntry = {
    name,
    type,
    sizeBytes: type === 'file' ? size(table.long(FILE.size), 'size of an entry') : 0,
    mode: size(table.long(FILE.mode), 'mode of an entry') & 0o7777,
    uid: table.unsigned(FILE.uid),
    gid: table.unsigned(FILE.gid),
    mtime: Number.isFinite(time) ? Math.floor(time) : 0,
    linkName: isLink ? decodePath(table.bytes(FILE.link)) : '',
  }
  return { entry, at: size(table.long(FILE.offset), 'offset of an entry') }
}

function contentOf({ entry, at }: Placed, spans: readonly Span[]): ContentEntry {
  const pieces: Piece[] = []
  const end = at + entry.sizeBytes
  for (let span = spanAt(spans, at), from = at; from < end; span++) {
    const { at: start, unpackedBytes } = spans.at(span) ?? { at: 0, unpackedBytes: 0 }
    const to = Math.min(end, start + unpackedBytes)
    if (to <= from) throw new Unfit('a file lies outside of its spans')
    pieces.push({ block: span, inner: from - start, length: to - from })
    from = to
  }
  return { entry, pieces }
}

/** The last span that begins at or before a position of the archive. */
function spanAt(spans: readonly Span[], at: number): number {
  let low = 0
  let high = spans.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (spans[middle].at <= at) low = middle
    else high = middle - 1
  }
  return low
}

// ---------------------------------------------------------------- spans

/** Parts of the layer that unpack from a checkpoint (ztoc/compression/gzip_zinfo.c), each proven by its digest. */
function spansOf(info: FlatTable, blobBytes: number, archiveBytes: number): readonly Span[] {
  if (info.byte(COMPRESSION.algorithm, GZIP) !== GZIP) throw new Unfit('it is not of a gzip layer')
  const points = checkpointsOf(info.bytes(COMPRESSION.checkpoints))
  if (info.count(COMPRESSION.spanDigests) !== points.length) throw new Unfit('it has not a digest for each span')
  return points.map(({ offset, at, bits, window }, i) => {
    const start = bits === 0 ? offset : offset - 1
    const next = points[i + 1] ?? { offset: blobBytes, at: archiveBytes }
    const length = next.offset - start
    const unpackedBytes = next.at - at
    if (start < GZIP_HEADER_BYTES || length <= 0 || unpackedBytes < 0 || next.offset > blobBytes)
      throw new Unfit('its spans are not in order')
    if (length > SPAN_PACKED_BYTES || unpackedBytes > SPAN_BYTES) throw new Unfit('one of its spans is too large')
    return { at, offset: start, length, packed: { bits, window }, unpackedBytes, digest: digestOf(info, i) }
  })
}

function digestOf(info: FlatTable, index: number): Digest {
  const digest = text(info.bytesOf(COMPRESSION.spanDigests, index))
  if (/^sha256:[0-9a-f]{64}$/.test(digest)) return digest as Digest
  throw new Unfit('a digest is not SHA-256')
}

interface Point {
  /** In the layer: of the first byte that belongs to it as a whole. */
  readonly offset: number
  readonly at: number
  readonly bits: number
  readonly window: Uint8Array
}

function checkpointsOf(blob: Uint8Array): readonly Point[] {
  const view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength)
  const count = view.getInt32(0, true)
  const stored = (blob.length - HEADER_BYTES) / CHECKPOINT_BYTES
  // The first version left the first one out: it lies behind a header of 10 bytes.
  const first = stored === count - 1 ? [{ offset: 10, at: 0, bits: 0, window: new Uint8Array(WINDOW_BYTES) }] : []
  if (count < 1 || stored !== count - first.length) throw new Unfit('its checkpoints are not as many as it says')
  const points: Point[] = [...first]
  for (let at = HEADER_BYTES; at < blob.length; at += CHECKPOINT_BYTES) {
    const bits = view.getUint8(at + 16)
    if (bits > 7) throw new Unfit('a checkpoint has no such bits')
    const window = blob.subarray(at + 17, at + CHECKPOINT_BYTES)
    points.push({ offset: position(view, at), at: position(view, at + 8), bits, window })
  }
  if (points[0].at !== 0) throw new Unfit('its first span does not begin with the archive')
  return points
}

function position(view: DataView, at: number): number {
  const value = Number(view.getBigInt64(at, true))
  if (Number.isSafeInteger(value) && value >= 0) return value
  throw new Unfit('a checkpoint has no such position')
}
