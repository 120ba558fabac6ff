import { Buffer } from 'node:buffer'
import { createHash, hash } from 'node:crypto'
import { constants, gzipSync, zstdCompressSync } from 'node:zlib'
import type { Digest } from '../../src/model/digest.ts'
import { type LayerEntry, tarOf } from './image-builder.ts'
import { type BuiltManifest, buildDocument, digestOf } from './registry-image.ts'

/** An entry of a table of contents, as both JSON formats have it. */
export interface TocEntry {
  name: string
  type: string
  [field: string]: unknown
}

export interface LazyLayerOptions {
  /** Bytes of a file that are compressed by themselves. */
  readonly chunkBytes?: number
  /** Changes the table before it is written and its digest taken: what a lying writer does. */
  readonly lie?: (entries: TocEntry[]) => TocEntry[]
  /** The table itself, in the place of the one of its entries. */
  readonly table?: string
  /** The digest that the manifest states of the table. */
  readonly stated?: string
  /** eStargz: the footer of the older stargz. */
  readonly legacyFooter?: boolean
  /** eStargz: several small files in one member, told by `innerOffset`. */
  readonly together?: boolean
  /** Gets the blob part by part, when it shall not lie in memory. */
  readonly write?: (part: Buffer) => void
}

/** A layer as it is pushed, and what its manifest says of it. */
export interface LazyLayer {
  /** Empty when its parts were written elsewhere. */
  readonly blob: Buffer
  readonly digest: Digest
  readonly sizeBytes: number
  /** Of the archive that who unpacks it as a whole gets. */
  readonly diffId: Digest
  readonly mediaType: string
  readonly annotations: Readonly<Record<string, string>>
}

/** Blob and archive, hashed while they are written. */
class LayerOutput {
  readonly #parts: Buffer[] = []
  readonly #blob = createHash('sha256')
  readonly #tar = createHash('sha256')
  readonly #write: (part: Buffer) => void
  readonly #pack: (bytes: Buffer) => Buffer
  #pending: Buffer[] = []
  bytes = 0

  constructor(pack: (bytes: Buffer) => Buffer, write?: (part: Buffer) => void) {
    this.#pack = pack
    this.#write = write ?? ((part) => void this.#parts.push(part))
  }

  /** Bytes of the archive, which join the current member. */
  tar(bytes: Buffer): void {
    this.#tar.update(bytes)
    this.#pending.push(bytes)
  }

  get pendingBytes(): number {
    return this.#pending.reduce((sum, { length }) => sum + length, 0)
  }

  /** Ends the current member. @returns where the next begins. */
  cut(pack = this.#pack): number {
    if (this.#pending.length > 0) this.raw(pack(Buffer.concat(this.#pending)))
    this.#pending = []
    return this.bytes
  }

  raw(part: Buffer): void {
    this.#blob.update(part)
    this.bytes += part.length
    this.#write(part)
  }

  layer(mediaType: string, annotations: Record<string, string>): LazyLayer {
    return {
      blob: Buffer.concat(this.#parts),
      digest: `sha256:${this.#blob.digest('hex')}`,
      sizeBytes: this.bytes,
      diffId: `sha256:${this.#tar.digest('hex')}`,
      mediaType,
      annotations,
    }
  }
}

const sha256 = (bytes: Uint8Array | string): string => `sha256:${hash('sha256', bytes)}`

/** An eStargz layer (stargz-snapshotter, docs/estargz.md). */
export function estargzLayer(entries: readonly LayerEntry[], options: LazyLayerOptions = {}): LazyLayer {
  // What is large in tests is noise.
  const out = new LayerOutput((bytes) => gzipSync(bytes, { level: bytes.length > 1024 ** 2 ? 0 : 1 }), options.write)
  const toc = writeEntries(out, entries, options, (first, chunks, whole) => {
    first.digest = sha256(whole)
    for (const [i, { place, bytes, at }] of chunks.entries()) {
      const entry = i === 0 ? first : { name: first.name, type: 'chunk' }
      const size = chunks.length === 1 || i === chunks.length - 1 ? {} : { chunkSize: bytes.length }
      Object.assign(entry, place, size, at === 0 ? {} : { chunkOffset: at }, { chunkDigest: sha256(bytes) })
      if (i > 0) chunks[i].entry = entry
    }
  })
  const tocAt = out.cut()
  const json = Buffer.from(tableText(toc, options, '\t'))
  out.tar(tarOf([{ name: 'stargz.index.json', text: json, mode: 0o444 }]))
  out.cut((bytes) => gzipSync(bytes))
  out.raw(footer(tocAt, options.legacyFooter === true))
  const annotations = { 'containerd.io/snapshot/stargz/toc.digest': options.stated ?? sha256(json) }
  return out.layer('application/vnd.oci.image.layer.v1.tar+gzip', annotations)
}

/** A zstd:chunked layer (containers/storage, pkg/chunked). Runs of zeros that fill a chunk are holes. */
export function chunkedLayer(entries: readonly LayerEntry[], options: LazyLayerOptions = {}): LazyLayer {
  const level = { params: { [constants.ZSTD_c_compressionLevel]: 1 } }
  const out = new LayerOutput((bytes) => zstdCompressSync(bytes, level), options.write)
  const toc = writeEntries(out, entries, options, (first, chunks, whole) => {
    Object.assign(first, { digest: sha256(whole), offset: chunks[0].place.offset, endOffset: out.cut() })
    if (chunks.length === 1) return
    for (const [i, { place, bytes, at }] of chunks.entries()) {
      const entry = i === 0 ? first : { name: first.name, type: 'chunk', chunkOffset: at }
      const hole = bytes.every((byte) => byte === 0) ? { chunkType: 'zeros' } : {}
      Object.assign(entry, place, hole, { chunkSize: bytes.length, chunkDigest: sha256(bytes) })
      if (i > 0) chunks[i].entry = entry
    }
  })
  out.tar(Buffer.alloc(1024))
  const offset = out.cut() + 8
  const json = Buffer.from(tableText(toc, options))
  const packed = zstdCompressSync(json)
  out.raw(skippable(packed))
  const end = Buffer.alloc(64)
  for (const [i, value] of [offset, packed.length, json.length, 1].entries()) end.writeBigUInt64LE(BigInt(value), 8 * i)
  end.write('GNUlInUx', 56, 'latin1')
  out.raw(skippable(end))
  return out.layer('application/vnd.oci.image.layer.v1.tar+zstd', {
    'io.github.containers.zstd-chunked.manifest-checksum': options.stated ?? sha256(packed),
    'io.github.containers.zstd-chunked.manifest-position': `${offset}:${packed.length}:${json.length}:1`,
  })
}

interface WrittenChunk {
  readonly place: { readonly offset: number; readonly innerOffset?: number }
  readonly bytes: Buffer
  readonly at: number
  entry?: TocEntry
}

/** Writes headers and bodies, each chunk of a body as a member of its own, and describes them. */
function writeEntries(
  out: LayerOutput,
  entries: readonly LayerEntry[],
  { chunkBytes = 4 * 1024 ** 2, together = false }: LazyLayerOptions,
  describe: (first: TocEntry, chunks: WrittenChunk[], whole: Buffer) => void,
): TocEntry[] {
  const toc: TocEntry[] = []
  for (const entry of entries) {
    const body = Buffer.from(entry.text ?? '')
    const blocks = tarOf([entry])
    const padded = Math.ceil(body.length / 512) * 512
    out.tar(blocks.subarray(0, blocks.length - 1024 - padded))
    const first = described(entry, body.length)
    toc.push(first)
    if (first.type !== 'reg' || body.length === 0) continue
    const chunks: WrittenChunk[] = []
    for (let at = 0; at < body.length; at += chunkBytes) {
      const bytes = body.subarray(at, at + chunkBytes)
      const inner = together && out.pendingBytes < chunkBytes ? out.pendingBytes : 0
      if (inner === 0) out.cut()
      chunks.push({ place: { offset: out.bytes, ...(inner === 0 ? {} : { innerOffset: inner }) }, bytes, at })
      out.tar(bytes)
    }
    describe(first, chunks, body)
    toc.push(...chunks.flatMap(({ entry }) => (entry === undefined ? [] : [entry])))
    out.tar(Buffer.alloc(padded - body.length))
  }
  return toc
}

function described(entry: LayerEntry, sizeBytes: number): TocEntry {
  const link = entry.symlink ?? entry.hardlink
  const flags: Readonly<Record<string, string>> = { '3': 'char', '4': 'block', '6': 'fifo' }
  const type =
    flags[entry.flag ?? ''] ??
    (entry.symlink !== undefined
      ? 'symlink'
      : entry.hardlink !== undefined
        ? 'hardlink'
        : entry.name.endsWith('/')
          ? 'dir'
          : 'reg')
  return {
    name: entry.name,
    type,
    mode: entry.mode ?? (type === 'dir' ? 0o755 : 0o644),
    ...(link === undefined ? {} : { linkName: link }),
    ...(type === 'reg' && sizeBytes > 0 ? { size: sizeBytes } : {}),
  }
}

function tableText(toc: TocEntry[], { lie, table }: LazyLayerOptions, indent?: string): string {
  return table ?? JSON.stringify({ version: 1, entries: lie === undefined ? toc : lie(toc) }, undefined, indent)
}

/** An empty gzip member whose extra field says where the table is. */
function footer(tocAt: number, legacy: boolean): Buffer {
  const place = Buffer.from(`${tocAt.toString(16).padStart(16, '0')}STARGZ`, 'latin1')
  const extra = legacy ? place : Buffer.concat([Buffer.from([0x53, 0x47, place.length, 0]), place])
  const head = Buffer.from([0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 0xff, extra.length, 0])
  return Buffer.concat([head, extra, Buffer.from([1, 0, 0, 0xff, 0xff]), Buffer.alloc(8)])
}

/** A frame that zstd decompressors pass over (RFC 8878, section 3.1.2). */
function skippable(content: Buffer): Buffer {
  const head = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 0, 0, 0, 0])
  head.writeUInt32LE(content.length, 4)
  return Buffer.concat([head, content])
}

/** The image of these layers, oldest first, as a registry holds it; without `annotated` its manifest tells of no tables. */
export function lazyImage(
  layers: readonly LazyLayer[],
  options: { readonly annotated?: boolean; readonly annotations?: Readonly<Record<string, string>> } = {},
): BuiltManifest {
  const blobs = new Map<Digest, Buffer>(layers.map(({ digest, blob }) => [digest, blob]))
  const config = Buffer.from(
    JSON.stringify({
      os: 'linux',
      architecture: 'amd64',
      config: {},
      rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
      history: layers.map((_, index) => ({ created_by: `step ${index}` })),
    }),
  )
  blobs.set(digestOf(config), config)
  const built = buildDocument('application/vnd.oci.image.manifest.v1+json', {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: digestOf(config), size: config.length },
    layers: layers.map(({ mediaType, digest, sizeBytes, annotations }) => {
      const table = options.annotated === false ? {} : { annotations }
      return { mediaType, digest, size: sizeBytes, ...table }
    }),
    ...(options.annotations === undefined ? {} : { annotations: options.annotations }),
  })
  return { ...built, blobs }
}
