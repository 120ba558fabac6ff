import { Buffer } from 'node:buffer'
import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import zlib from 'node:zlib'

/** One entry as it shall stand in an archive; nothing is checked, so hostile ones can be written. */
export interface WrittenEntry {
  readonly name: string | Uint8Array
  /** The type flag; '0', a file, when not given. */
  readonly flag?: string
  readonly body?: string | Uint8Array
  /** The size field, when it shall differ from the body's. */
  readonly size?: number | Uint8Array
  readonly linkName?: string
  readonly mode?: number
  readonly uid?: number
  readonly mtime?: number
  readonly format?: 'ustar' | 'gnu' | 'v7'
  readonly prefix?: string
  /** PAX records that are written in front. */
  readonly pax?: Readonly<Record<string, string>>
  /** Bytes that overwrite the header before it is summed, by position. */
  readonly patch?: Readonly<Record<number, Uint8Array | string>>
  /** Bytes between header and body: extension blocks. */
  readonly between?: Uint8Array
  /** How the checksum is computed. */
  readonly checksum?: 'unsigned' | 'signed' | 'wrong'
}

/** A tar archive of these entries, with its two zero blocks unless `trailer` is false. */
export function tarball(entries: readonly WrittenEntry[], trailer = true): Buffer {
  const blocks = entries.flatMap((entry) => [
    ...(entry.pax === undefined ? [] : [tarEntry({ name: 'PaxHeaders/x', flag: 'x', body: paxBody(entry.pax) })]),
    tarEntry(entry),
  ])
  return Buffer.concat([...blocks, Buffer.alloc(trailer ? 1024 : 0)])
}

/** One header with its body, padded. */
export function tarEntry(entry: WrittenEntry): Buffer {
  const body = Buffer.from(entry.body ?? '')
  const header = Buffer.alloc(512)
  header.set(Buffer.from(entry.name).subarray(0, 100), 0)
  octal(header, 100, 8, entry.mode ?? (entry.flag === '5' ? 0o755 : 0o644))
  octal(header, 108, 8, entry.uid ?? 0)
  octal(header, 116, 8, 0)
  if (entry.size instanceof Uint8Array) header.set(entry.size, 124)
  else octal(header, 124, 12, entry.size ?? body.length)
  octal(header, 136, 12, entry.mtime ?? 0)
  header.write(entry.flag ?? '0', 156, 'latin1')
  header.write(entry.linkName ?? '', 157, 100, 'utf8')
  const format = entry.format ?? 'ustar'
  if (format !== 'v7') header.write(format === 'gnu' ? 'ustar  \0' : 'ustar\x0000', 257, 'latin1')
  if (entry.prefix !== undefined) header.write(entry.prefix, 345, 155, 'utf8')
  for (const [at, bytes] of Object.entries(entry.patch ?? {})) header.set(Buffer.from(bytes), Number(at))
  writeChecksum(header, entry.checksum ?? 'unsigned')
  const padding = Buffer.alloc((512 - (body.length % 512)) % 512)
  return Buffer.concat([header, entry.between ?? Buffer.alloc(0), body, padding])
}

function writeChecksum(header: Buffer, how: 'unsigned' | 'signed' | 'wrong'): void {
  header.fill(0x20, 148, 156)
  let sum = how === 'wrong' ? 1 : 0
  for (const byte of header) sum += how === 'signed' && byte > 127 ? byte - 256 : byte
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
}

function octal(header: Buffer, at: number, length: number, value: number): void {
  header.write(`${value.toString(8).padStart(length - 1, '0')}\0`, at, 'latin1')
}

/** The body of a PAX header: each record with its own length in front. */
export function paxBody(records: Readonly<Record<string, string>>): Buffer {
  return Buffer.concat(
    Object.entries(records).map(([key, value]) => {
      const rest = Buffer.from(` ${key}=${value}\n`)
      let length = rest.length + 1
      while (String(length).length + rest.length !== length) length = String(length).length + rest.length
      return Buffer.concat([Buffer.from(String(length)), rest])
    }),
  )
}

export function sha256(bytes: Uint8Array): `sha256:${string}` {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

export interface ImageOptions {
  /** Plain tar archives, oldest first. */
  readonly layers: readonly Uint8Array[]
  readonly compression?: 'plain' | 'gzip' | 'zstd'
  readonly os?: string
  readonly architecture?: string
  readonly variant?: string
  readonly tags?: readonly string[]
  readonly env?: readonly string[]
  /** What it is started with, and where; a shell unless given. */
  readonly command?: readonly string[]
  readonly workingDir?: string
  /** Diff IDs that are stated, when they shall be a lie. */
  readonly diffIds?: readonly string[]
}

export function imageConfig(options: ImageOptions): Buffer {
  return Buffer.from(
    JSON.stringify({
      os: options.os ?? 'linux',
      architecture: options.architecture ?? 'amd64',
      ...(options.variant === undefined ? {} : { variant: options.variant }),
      config: {
        Env: options.env ?? ['PATH=/bin'],
        Cmd: options.command ?? ['/bin/sh'],
        ...(options.workingDir === undefined ? {} : { WorkingDir: options.workingDir }),
      },
      rootfs: { type: 'layers', diff_ids: options.diffIds ?? options.layers.map(sha256) },
      history: options.layers.flatMap((_, index) => [
        { created_by: `layer ${index}` },
        { created_by: 'ENV A=b', empty_layer: true },
      ]),
    }),
  )
}

export function compress(bytes: Uint8Array, compression: ImageOptions['compression']): Buffer {
  if (compression === 'gzip') return zlib.gzipSync(bytes)
  return compression === 'zstd' ? zlib.zstdCompressSync(bytes) : Buffer.from(bytes)
}

/** Entries of a `docker save` archive with a folder for each layer; a layer that occurs again is a symbolic link, as Docker writes it. */
export function dockerArchiveEntries(images: readonly ImageOptions[]): WrittenEntry[] {
  const entries: WrittenEntry[] = []
  const written = new Map<string, string>()
  const manifest = images.map((image) => {
    const config = imageConfig(image)
    const names = image.layers.map((layer, index) => {
      const body = compress(layer, image.compression)
      const name = `${sha256(Buffer.from(`${sha256(config)}${index}`)).slice(7)}/layer.tar`
      const first = written.get(sha256(body))
      entries.push({ name: `${name.slice(0, 64)}/`, flag: '5' }, { name: `${name.slice(0, 64)}/VERSION`, body: '1.0' })
      entries.push(first === undefined ? { name, body } : { name, flag: '2', linkName: `../${first}` })
      written.set(sha256(body), first ?? name)
      return name
    })
    const configName = `${sha256(config).slice(7)}.json`
    entries.push({ name: configName, body: config })
    return { Config: configName, RepoTags: image.tags ?? null, Layers: names }
  })
  return [...entries, { name: 'manifest.json', body: JSON.stringify(manifest) }]
}

export function dockerArchive(images: readonly ImageOptions[]): Buffer {
  return tarball(dockerArchiveEntries(images))
}

/** Files of an OCI layout by name. Several images share one index, each with its tag and platform. */
export function ociFiles(images: readonly ImageOptions[]): Map<string, Buffer> {
  const files = new Map<string, Buffer>([['oci-layout', Buffer.from('{"imageLayoutVersion":"1.0.0"}')]])
  const blob = (bytes: Buffer, mediaType: string) => {
    files.set(`blobs/sha256/${sha256(bytes).slice(7)}`, bytes)
    return { mediaType, digest: sha256(bytes), size: bytes.length }
  }
  const manifests = images.map((image) => {
    const suffix = { plain: '', gzip: '+gzip', zstd: '+zstd' }[image.compression ?? 'plain']
    const manifest = {
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config: blob(imageConfig(image), 'application/vnd.oci.image.config.v1+json'),
      layers: image.layers.map((layer) =>
        blob(compress(layer, image.compression), `application/vnd.oci.image.layer.v1.tar${suffix}`),
      ),
    }
    return {
      ...blob(Buffer.from(JSON.stringify(manifest)), manifest.mediaType),
      platform: {
        os: image.os ?? 'linux',
        architecture: image.architecture ?? 'amd64',
        ...(image.variant === undefined ? {} : { variant: image.variant }),
      },
      ...(image.tags?.[0] === undefined ? {} : { annotations: { 'org.opencontainers.image.ref.name': image.tags[0] } }),
    }
  })
  return files.set('index.json', Buffer.from(JSON.stringify({ schemaVersion: 2, manifests })))
}

/** Writes files by name below a folder. */
export function writeFiles(folder: string, files: ReadonlyMap<string, Uint8Array>): void {
  for (const [name, bytes] of files) {
    mkdirSync(path.join(folder, path.dirname(name)), { recursive: true })
    writeFileSync(path.join(folder, name), bytes)
  }
}

export function ociLayout(folder: string, images: readonly ImageOptions[]): void {
  writeFiles(folder, ociFiles(images))
}

export function ociArchive(images: readonly ImageOptions[]): Buffer {
  return tarball([...ociFiles(images)].map(([name, body]) => ({ name, body })))
}
