import { Buffer } from 'node:buffer'
import { hash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { TarReader } from '../../src/image/index.ts'
import { DEFAULT_LIMITS } from '../../src/lib/limits.ts'
import { encodePath } from '../../src/lib/path-text.ts'
import type { Digest } from '../../src/model/digest.ts'
import { blockStarts } from './deflate-blocks.ts'
import { type LayerEntry, tarOf } from './image-builder.ts'
import type { LazyLayer } from './lazy-layers.ts'

const WINDOW_BYTES = 32768
/** Before the deflate data: what gzip of zlib writes. */
const GZIP_HEADER_BYTES = 10

export interface SociOptions {
  readonly spanBytes?: number
  /** As the first version of the tool wrote checkpoints: without the first. */
  readonly oldCheckpoints?: boolean
}

/** What a zTOC says (soci-snapshotter, ztoc/fbs/ztoc.fbs). */
export interface ZtocTable {
  readonly version: string
  readonly compressedSize: number
  readonly uncompressedSize: number
  readonly files: readonly ZtocFile[]
  readonly spans: readonly ZtocSpan[]
  readonly algorithm?: number
}

export interface ZtocFile {
  readonly name: string
  readonly type: string
  readonly offset: number
  readonly size: number
  readonly mode: number
  readonly link: string
}

export interface ZtocSpan {
  readonly offset: number
  readonly at: number
  readonly bits: number
  readonly window: Uint8Array
  readonly digest: string
}

/** A plain gzip layer, its zTOC, and the SOCI index that names it. */
export interface SociLayer {
  readonly layer: LazyLayer
  readonly table: ZtocTable
  readonly ztoc: Buffer
  readonly ztocDigest: Digest
}

export function sociLayer(entries: readonly LayerEntry[], options: SociOptions = {}): SociLayer {
  const tar = tarOf(entries)
  const blob = gzipSync(tar)
  const table: ZtocTable = {
    version: '0.9',
    compressedSize: blob.length,
    uncompressedSize: tar.length,
    files: filesOf(tar),
    spans: spansOf(blob, tar, options.spanBytes ?? 256 * 1024),
  }
  const ztoc = writeZtoc(table, options.oldCheckpoints === true)
  return {
    table,
    layer: {
      blob,
      digest: `sha256:${hash('sha256', blob)}`,
      sizeBytes: blob.length,
      diffId: `sha256:${hash('sha256', tar)}`,
      mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
      annotations: {},
    },
    ztoc,
    ztocDigest: `sha256:${hash('sha256', ztoc)}`,
  }
}

/** The same layer with a zTOC that says something else. */
export function withTable(soci: SociLayer, lie: (table: ZtocTable) => ZtocTable): SociLayer {
  const table = lie(soci.table)
  const ztoc = writeZtoc(table, false)
  return { ...soci, table, ztoc, ztocDigest: `sha256:${hash('sha256', ztoc)}` }
}

/** The SOCI index of these layers (soci-snapshotter, docs/index-manifest-v2.md). */
export function sociIndexOf(layers: readonly SociLayer[]): Buffer {
  return Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      artifactType: 'application/vnd.amazon.soci.index.v2+json',
      config: { mediaType: 'application/vnd.oci.empty.v1+json', digest: `sha256:${hash('sha256', '{}')}`, size: 2 },
      layers: layers.map(({ layer, ztoc, ztocDigest }) => ({
        mediaType: 'application/octet-stream',
        digest: ztocDigest,
        size: ztoc.length,
        annotations: { 'com.amazon.soci.image-layer-digest': layer.digest },
      })),
    }),
  )
}

function filesOf(tar: Buffer): readonly ZtocFile[] {
  const types = { file: 'reg', directory: 'dir', symlink: 'symlink', hardlink: 'hardlink', character: 'char' } as const
  const files: ZtocFile[] = []
  const reader: TarReader = new TarReader(
    {
      entry({ name, type, sizeBytes, mode, linkName }) {
        const kind = type === 'block' || type === 'fifo' ? type : type === 'other' ? 'reg' : types[type]
        files.push({ name, type: kind, offset: reader.bodyOffset, size: sizeBytes, mode, link: linkName })
        return false
      },
      body: () => {},
      end: () => {},
      problem: () => {},
    },
    'tar',
    DEFAULT_LIMITS,
  )
  reader.push(tar)
  return files
}

/** A span begins with the first block after so many bytes. */
function spansOf(blob: Buffer, tar: Buffer, spanBytes: number): readonly ZtocSpan[] {
  const points: { offset: number; at: number; bits: number }[] = []
  for (const { bit, out } of blockStarts(blob.subarray(GZIP_HEADER_BYTES))) {
    if (points.length > 0 && out - points[points.length - 1].at <= spanBytes) continue
    const offset = GZIP_HEADER_BYTES + Math.ceil(bit / 8)
    points.push({ offset, at: out, bits: (8 - (bit % 8)) % 8 })
  }
  return points.map(({ offset, at, bits }, i) => {
    const window = Buffer.alloc(WINDOW_BYTES)
    tar.copy(window, Math.max(0, WINDOW_BYTES - at), Math.max(0, at - WINDOW_BYTES), at)
    const packed = blob.subarray(bits === 0 ? offset : offset - 1, points[i + 1]?.offset ?? blob.length)
    return { offset, at, bits, window, digest: `sha256:${hash('sha256', packed)}` }
  })
}

function checkpoints(spans: readonly ZtocSpan[], old: boolean): Buffer {
  const head = Buffer.alloc(12)
  head.writeInt32LE(spans.length, 0)
  head.writeBigInt64LE(1n << 22n, 4)
  const points = spans.slice(old ? 1 : 0).map(({ offset, at, bits, window }) => {
    const point = Buffer.alloc(17)
    point.writeBigInt64LE(BigInt(offset), 0)
    point.writeBigInt64LE(BigInt(at), 8)
    point[16] = bits
    return Buffer.concat([point, window])
  })
  return Buffer.concat([head, ...points])
}

// ---------------------------------------------------------------- FlatBuffers

/** A field of a table by its number: a number of so many bytes, or what lies elsewhere. */
type Field =
  | { readonly bytes: Uint8Array }
  | { readonly long: number }
  | { readonly byte: number }
  | { readonly table: readonly (Field | undefined)[] }
  | { readonly list: readonly Field[] }

function writeZtoc(table: ZtocTable, old: boolean): Buffer {
  const text = (value: string): Field => ({ bytes: encodePath(value) })
  const digests = table.spans.map(({ digest }) => text(digest))
  const algorithm = table.algorithm === undefined ? undefined : { byte: table.algorithm }
  const compression = [algorithm, undefined, { list: digests }, { bytes: checkpoints(table.spans, old) }] as const
  const files = table.files.map(
    ({ name, type, offset, size, mode, link }): Field => ({
      table: [text(name), text(type), { long: offset }, { long: size }, text(link), { long: mode }],
    }),
  )
  const out = new FlatOutput()
  const root = out.append(Buffer.alloc(4))
  const fields = [
    text(table.version),
    text('bulwark test'),
    { long: table.compressedSize },
    { long: table.uncompressedSize },
    { table: [{ list: files }] },
    { table: compression },
  ]
  out.point(root, out.table(fields))
  return out.bytes()
}

/** Writes what is pointed to behind what points to it: offsets are never negative. */
class FlatOutput {
  readonly #parts: Buffer[] = []
  #length = 0

  append(part: Buffer): { readonly part: Buffer; readonly at: number } {
    const at = this.#length
    this.#parts.push(part)
    this.#length += part.length
    return { part, at }
  }

  point({ part, at }: { readonly part: Buffer; readonly at: number }, to: number, inPart = 0): void {
    part.writeUInt32LE(to - at - inPart, inPart)
  }

  table(fields: readonly (Field | undefined)[]): number {
    const vtable = Buffer.alloc(4 + 2 * fields.length)
    const body = Buffer.alloc(4 + 8 * fields.length)
    vtable.writeUInt16LE(vtable.length, 0)
    vtable.writeUInt16LE(body.length, 2)
    for (const [i, field] of fields.entries()) if (field !== undefined) vtable.writeUInt16LE(4 + 8 * i, 4 + 2 * i)
    this.append(vtable)
    body.writeInt32LE(vtable.length, 0)
    const placed = this.append(body)
    for (const [i, field] of fields.entries()) if (field !== undefined) this.#field(field, placed, 4 + 8 * i)
    return placed.at
  }

  #field(field: Field, placed: { readonly part: Buffer; readonly at: number }, inPart: number): void {
    if ('long' in field) placed.part.writeBigInt64LE(BigInt(field.long), inPart)
    else if ('byte' in field) placed.part.writeInt8(field.byte, inPart)
    else this.point(placed, this.#elsewhere(field), inPart)
  }

  #elsewhere(field: Exclude<Field, { readonly long: number } | { readonly byte: number }>): number {
    if ('table' in field) return this.table(field.table)
    if ('bytes' in field) {
      const head = Buffer.alloc(4)
      head.writeUInt32LE(field.bytes.length, 0)
      return this.append(Buffer.concat([head, field.bytes])).at
    }
    const vector = Buffer.alloc(4 + 4 * field.list.length)
    vector.writeUInt32LE(field.list.length, 0)
    const placed = this.append(vector)
    for (const [i, element] of field.list.entries()) this.#field(element, placed, 4 + 4 * i)
    return placed.at
  }

  bytes(): Buffer {
    return Buffer.concat(this.#parts)
  }
}
