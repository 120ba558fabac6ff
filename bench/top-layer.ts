import { createHash } from 'node:crypto'
import { linkSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

interface Descriptor {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
}

/** Writes an OCI layout of the image in `base` with one more layer (gzip `packed`, unpacked `tar`); layers of the base are hard links. */
export function withTopLayer(base: string, folder: string, packed: Uint8Array, tar: Uint8Array): void {
  const from = join(base, 'blobs/sha256')
  const into = join(folder, 'blobs/sha256')
  mkdirSync(into, { recursive: true })
  for (const blob of readdirSync(from)) linkSync(join(from, blob), join(into, blob))
  const read = (digest: string) => JSON.parse(readFileSync(join(from, digest.slice(7)), 'utf8'))
  const put = (bytes: Uint8Array, mediaType: string): Descriptor => {
    const digest = sha256(bytes)
    writeFileSync(join(into, digest), bytes)
    return { mediaType, digest: `sha256:${digest}`, size: bytes.length }
  }
  const index = JSON.parse(readFileSync(join(base, 'index.json'), 'utf8'))
  const manifest = read(index.manifests[0].digest)
  const config = read(manifest.config.digest)
  config.rootfs.diff_ids.push(`sha256:${sha256(tar)}`)
  config.history.push({ created_by: 'own' })
  const layer = put(packed, manifest.layers[0].mediaType)
  const document = {
    ...manifest,
    config: put(Buffer.from(JSON.stringify(config)), manifest.config.mediaType),
    layers: [...manifest.layers, layer],
  }
  const top = put(Buffer.from(JSON.stringify(document)), manifest.mediaType)
  writeFileSync(join(folder, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [top] }))
  writeFileSync(join(folder, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}')
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
