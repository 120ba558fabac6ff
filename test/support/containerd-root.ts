import { Buffer } from 'node:buffer'
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { type BoltTree, boltFile } from './bolt-writer.ts'
import { type ImageOptions, ociFiles, sha256 } from './tar-writer.ts'

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
const INDEX = 'application/vnd.oci.image.index.v1+json'

/** What an image's name leads to in a namespace. */
export interface Target {
  readonly digest: string
  readonly mediaType: string
}

/** A containerd root as it lies on disk, written without a containerd. */
export class ContainerdRoot {
  readonly path: string
  readonly #namespaces: Record<string, Record<string, Target>> = {}
  readonly #snapshots: Record<string, BoltTree> = {}
  readonly #overlay: Record<string, BoltTree> = {}

  constructor(folder: string) {
    this.path = folder
  }

  /** Stores an image's blobs, without those that `leaveOut` names; the digest of its manifest. */
  addImage(image: ImageOptions, leaveOut: readonly string[] = []): Target {
    const files = ociFiles([image])
    for (const [name, bytes] of files) if (!leaveOut.includes(sha256(bytes))) this.#content(name, bytes)
    const [{ digest }] = JSON.parse(String(files.get('index.json'))).manifests
    return { digest, mediaType: MANIFEST }
  }

  /** Stores an index of images by platform; only those of `pulled` have their manifests here. */
  addIndex(images: readonly ImageOptions[], pulled: readonly number[]): Target {
    const manifests = images.map((image, i) => {
      const { digest } = pulled.includes(i) ? this.addImage(image) : this.digestOf(image)
      const { os = 'linux', architecture = 'amd64', variant } = image
      return { mediaType: MANIFEST, digest, size: 1, platform: { os, architecture, variant } }
    })
    const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, manifests }))
    this.#content(`blobs/sha256/${sha256(bytes).slice(7)}`, bytes)
    return { digest: sha256(bytes), mediaType: INDEX }
  }

  /** What an image would be called, had it been stored. */
  digestOf(image: ImageOptions): Target {
    const [{ digest }] = JSON.parse(String(ociFiles([image]).get('index.json'))).manifests
    return { digest, mediaType: MANIFEST }
  }

  name(namespace: string, name: string, target: Target): void {
    this.#namespaces[namespace] = { ...this.#namespaces[namespace], [name]: target }
  }

  /** Says that a layer lies unpacked; the folder to fill. */
  addSnapshot(chainId: string, kind = 3): string {
    const id = Object.keys(this.#overlay).length + 300
    const key = `default/${id}/${chainId}`
    this.#snapshots[chainId] = { name: key, createdat: 'x' }
    this.#overlay[key] = { id: Uint8Array.of((id & 0x7f) | 0x80, id >> 7), kind: Uint8Array.of(kind) }
    const folder = path.join(this.path, `io.containerd.snapshotter.v1.overlayfs/snapshots/${id}/fs`)
    mkdirSync(folder, { recursive: true })
    return folder
  }

  /** Writes the databases. */
  write(): void {
    const namespaces = Object.entries(this.#namespaces).map(([namespace, images]) => {
      const records = Object.entries(images).map(([name, { digest, mediaType }]) => [
        name,
        { target: { digest, mediatype: mediaType, size: Uint8Array.of(0xd0, 0x0f) }, createdat: 'x' },
      ])
      const snapshots = namespace === 'default' ? { snapshots: { overlayfs: this.#snapshots } } : {}
      return [namespace, { images: Object.fromEntries(records), labels: { a: 'b' }, ...snapshots }]
    })
    this.#file('io.containerd.metadata.v1.bolt/meta.db', boltFile({ v1: Object.fromEntries(namespaces) }))
    const overlay = boltFile({ v1: { snapshots: this.#overlay } })
    this.#file('io.containerd.snapshotter.v1.overlayfs/metadata.db', overlay)
  }

  #content(name: string, bytes: Uint8Array): void {
    if (name.startsWith('blobs/')) this.#file(`io.containerd.content.v1.content/${name}`, bytes)
  }

  #file(name: string, bytes: Uint8Array): void {
    const file = path.join(this.path, name)
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(file, bytes)
  }
}
