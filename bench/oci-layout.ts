import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream, mkdirSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'

/** An image written as an OCI layout folder (https://github.com/opencontainers/image-spec/blob/main/image-layout.md). */
export interface WrittenImage {
  readonly folder: string
  /** The layers' files, oldest first. */
  readonly layers: readonly string[]
}

/** Writes an image of these tar files, oldest first, into `folder`. Layers are gzip of level 6, or plain. */
export function writeImage(folder: string, tars: readonly string[], encoding: 'gzip' | 'plain'): Promise<WrittenImage> {
  return writeImageOf(
    folder,
    tars.map((tar) => createReadStream(tar)),
    encoding,
    6,
  )
}

/** As {@link writeImage}, of archives that are made as they are written, with gzip of that level. */
export async function writeImageOf(
  folder: string,
  tars: readonly (AsyncIterable<Uint8Array> | Iterable<Uint8Array>)[],
  encoding: 'gzip' | 'plain',
  level: number,
): Promise<WrittenImage> {
  const blobs = join(folder, 'blobs/sha256')
  mkdirSync(blobs, { recursive: true })
  const layers: { digest: string; diffId: string; size: number }[] = []
  for (const tar of tars) {
    const plain = createHash('sha256')
    const stored = createHash('sha256')
    const scratch = join(blobs, 'new')
    const steps = encoding === 'gzip' ? [watched(plain), createGzip({ level })] : [watched(plain)]
    await pipeline([Readable.from(tar), ...steps, watched(stored), createWriteStream(scratch)])
    const digest = stored.digest('hex')
    renameSync(scratch, join(blobs, digest))
    layers.push({ digest, diffId: plain.digest('hex'), size: statSync(join(blobs, digest)).size })
  }
  const put = (mediaType: string, document: object) => {
    const text = JSON.stringify(document)
    const digest = createHash('sha256').update(text).digest('hex')
    writeFileSync(join(blobs, digest), text)
    return { mediaType, digest: `sha256:${digest}`, size: Buffer.byteLength(text) }
  }
  const kind = 'application/vnd.oci.image'
  const config = put(`${kind}.config.v1+json`, {
    os: 'linux',
    architecture: 'amd64',
    config: {},
    rootfs: { type: 'layers', diff_ids: layers.map((layer) => `sha256:${layer.diffId}`) },
    history: layers.map((_, index) => ({ created_by: `step ${index}` })),
  })
  const layerType = `${kind}.layer.v1.tar${encoding === 'gzip' ? '+gzip' : ''}`
  const manifest = put(`${kind}.manifest.v1+json`, {
    schemaVersion: 2,
    mediaType: `${kind}.manifest.v1+json`,
    config,
    layers: layers.map((layer) => ({ mediaType: layerType, digest: `sha256:${layer.digest}`, size: layer.size })),
  })
  writeFileSync(join(folder, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [manifest] }))
  writeFileSync(join(folder, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}')
  return { folder, layers: layers.map((layer) => join(blobs, layer.digest)) }
}

/** Passes bytes on and hashes them. */
function watched(hash: ReturnType<typeof createHash>): Transform {
  return new Transform({
    transform(chunk, _, done) {
      hash.update(chunk)
      done(undefined, chunk)
    },
  })
}
