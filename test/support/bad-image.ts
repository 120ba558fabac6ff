import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip, createZstdCompress } from 'node:zlib'
import { type ImageOptions, sha256, tarball, tarEntry, type WrittenEntry } from './tar-writer.ts'

/** The state of a package in dpkg's database, as small as dpkg writes it. */
export const DPKG_STATUS = `Package: libwebp7
Status: install ok installed
Maintainer: Debian
Architecture: amd64
Source: libwebp
Version: 1.2.4-0.2

`

/** Entries of a small Debian layer: a release file and one package with a known weakness. */
export const DEBIAN: readonly WrittenEntry[] = [
  { name: 'etc/', flag: '5' },
  { name: 'etc/os-release', body: 'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n' },
  { name: 'var/lib/dpkg/status', body: DPKG_STATUS },
]

/** A good image of one Debian layer, and of what is put on top of it. */
export function debianImage(...more: readonly (readonly WrittenEntry[])[]): ImageOptions {
  return { layers: [tarball(DEBIAN), ...more.map((entries) => tarball(entries))], tags: ['shop:1'] }
}

/** A docker archive with one compressed layer whose unpacked bytes come piece by piece: what it unpacks to need not fit in memory. */
export async function imageOfPieces(pieces: Iterable<Uint8Array>, compression: 'gzip' | 'zstd'): Promise<Buffer> {
  const hash = createHash('sha256')
  const packer = compression === 'gzip' ? createGzip({ level: 1 }) : createZstdCompress()
  const packed: Buffer[] = []
  const source = function* (): Generator<Uint8Array> {
    for (const piece of pieces) {
      hash.update(piece)
      yield piece
    }
  }
  await pipeline(Readable.from(source()), packer, async (chunks: AsyncIterable<Buffer>) => {
    for await (const chunk of chunks) packed.push(chunk)
  })
  const config = Buffer.from(
    JSON.stringify({
      os: 'linux',
      architecture: 'amd64',
      rootfs: { type: 'layers', diff_ids: [`sha256:${hash.digest('hex')}`] },
    }),
  )
  const name = `${sha256(config).slice(7)}.json`
  return tarball([
    { name: 'layer.tar', body: Buffer.concat(packed) },
    { name, body: config },
    { name: 'manifest.json', body: JSON.stringify([{ Config: name, RepoTags: null, Layers: ['layer.tar'] }]) },
  ])
}

/** `count` empty files in a thousand folders, as tar blocks, many at once. */
export function* manyEntries(count: number): Generator<Buffer> {
  const template = tarEntry({ name: 'n' })
  for (let from = 0; from < count; from += 10_000) {
    const blocks: Buffer[] = []
    for (let i = from; i < Math.min(count, from + 10_000); i++) {
      const header = Buffer.from(template)
      header.write(`many/${i % 997}/${i}`, 0, 'latin1')
      header.fill(0x20, 148, 156)
      let sum = 0
      for (const byte of header) sum += byte
      header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
      blocks.push(header)
    }
    yield Buffer.concat(blocks)
  }
}
