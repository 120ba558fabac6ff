import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileNameOf } from '../../src/image/containers-storage/graph-root.ts'
import { splitArchive, unpack, writeDescription } from './tar-split-writer.ts'
import { type ImageOptions, imageConfig, ociFiles, sha256 } from './tar-writer.ts'

/** An image as it was stored. */
export interface Stored {
  readonly imageId: string
  /** The manifest's digest. */
  readonly digest: string
  /** IDs of its layers, oldest first. */
  readonly layers: readonly string[]
}

type Entry = Record<string, unknown>

function file(name: string, bytes: string | Uint8Array): void {
  mkdirSync(path.dirname(name), { recursive: true })
  writeFileSync(name, bytes)
}

/** What layers applied one on another are called, without `sha256:`. */
function chainIds(diffIds: readonly string[]): readonly string[] {
  const chain: string[] = []
  for (const diffId of diffIds) {
    const below = chain.at(-1)
    const text = `sha256:${below} ${diffId}`
    chain.push(below === undefined ? diffId.slice(7) : createHash('sha256').update(text).digest('hex'))
  }
  return chain
}

function storeLayer(tar: Uint8Array, description: string, folder: string): void {
  const split = splitArchive(tar)
  mkdirSync(path.dirname(description), { recursive: true })
  mkdirSync(folder, { recursive: true })
  writeDescription(description, split)
  unpack(folder, split)
}

/** A graph root of containers/storage as it lies on disk, written without podman. Entries of its lists can be changed before `write`. */
export class ContainersStorageRoot {
  readonly path: string
  readonly driver: string
  readonly images: Entry[] = []
  readonly layers: Entry[] = []

  constructor(folder: string, driver = 'overlay') {
    this.path = folder
    this.driver = driver
  }

  /** Stores an image, and its layers where they are not there yet. */
  addImage(image: ImageOptions, names: readonly string[]): Stored {
    const config = imageConfig(image)
    const files = ociFiles([image])
    const [{ digest }] = JSON.parse(String(files.get('index.json'))).manifests
    const layers = chainIds(image.layers.map((layer) => sha256(layer)))
    for (const [i, id] of layers.entries()) {
      if (this.layers.some((one) => one.id === id)) continue
      const below = i === 0 ? {} : { parent: layers[i - 1] }
      const size = image.layers[i].length
      this.layers.push({ id, ...below, 'diff-digest': sha256(image.layers[i]), 'diff-size': size })
      storeLayer(image.layers[i], this.splitOf(id), this.folderOf(id))
    }
    const id = sha256(config).slice(7)
    this.#list(id, digest, names, layers.at(-1), [sha256(config)])
    this.document(id, sha256(config), config)
    const manifest = files.get(`blobs/sha256/${digest.slice(7)}`) ?? ''
    this.document(id, 'manifest', manifest)
    this.document(id, `manifest-${digest}`, manifest)
    return { imageId: sha256(config), digest, layers }
  }

  /** Stores a list of manifests, as podman does: under the name, an image without layers. */
  addIndex(manifests: readonly Entry[], names: readonly string[]): Stored {
    const bytes = JSON.stringify({ schemaVersion: 2, manifests })
    const digest = sha256(Buffer.from(bytes))
    const id = createHash('sha256').update(`list ${digest}`).digest('hex')
    this.#list(id, digest, names, undefined, [])
    this.document(id, 'manifest', bytes)
    this.document(id, `manifest-${digest}`, bytes)
    return { imageId: `sha256:${id}`, digest, layers: [] }
  }

  /** Writes a document of an image. */
  document(id: string, name: string, bytes: string | Uint8Array): void {
    file(path.join(this.path, `${this.driver}-images`, id, fileNameOf(name)), bytes)
  }

  splitOf(layer: string): string {
    return path.join(this.path, `${this.driver}-layers`, `${layer}.tar-split.gz`)
  }

  folderOf(layer: string): string {
    const folder = this.driver === 'vfs' ? `vfs/dir/${layer}` : `${this.driver}/${layer}/diff`
    return path.join(this.path, folder)
  }

  get imageList(): string {
    return path.join(this.path, `${this.driver}-images/images.json`)
  }

  get layerList(): string {
    return path.join(this.path, `${this.driver}-layers/layers.json`)
  }

  /** Writes the lists. */
  write(): void {
    file(this.imageList, JSON.stringify(this.images))
    file(this.layerList, JSON.stringify(this.layers))
  }

  #list(
    id: string,
    digest: string,
    names: readonly string[],
    layer: string | undefined,
    more: readonly string[],
  ): void {
    const documents = [...more, 'manifest', `manifest-${digest}`]
    this.images.push({ id, digest, names, ...(layer && { layer }), 'big-data-names': documents })
  }
}

/** Docker's data root as it lies on disk, written without dockerd. */
export class DockerDataRoot {
  readonly path: string
  readonly driver: string
  readonly repositories: Record<string, Record<string, string>> = {}

  constructor(folder: string, driver = 'overlay2') {
    this.path = folder
    this.driver = driver
  }

  /** Stores an image, and its layers where they are not there yet. `of` says which one it was built on. */
  addImage(image: ImageOptions, names: readonly string[], of?: Stored): Stored {
    const config = imageConfig(image)
    const imageId = sha256(config)
    const layers = chainIds(image.layers.map((layer) => sha256(layer)))
    for (const [i, id] of layers.entries()) {
      const cacheId = `cache-${id.slice(0, 12)}`
      file(path.join(this.layerOf(id), 'diff'), sha256(image.layers[i]))
      file(path.join(this.layerOf(id), 'cache-id'), cacheId)
      const folder = this.driver === 'vfs' ? `vfs/dir/${cacheId}` : `${this.driver}/${cacheId}/diff`
      storeLayer(image.layers[i], path.join(this.layerOf(id), 'tar-split.json.gz'), path.join(this.path, folder))
    }
    file(this.configOf(imageId), config)
    if (of !== undefined) file(this.#at('imagedb/metadata/sha256', imageId.slice(7), 'parent'), of.imageId)
    for (const name of names) this.name(name, imageId)
    const [{ digest }] = JSON.parse(String(ociFiles([image]).get('index.json'))).manifests
    return { imageId, digest, layers }
  }

  /** Gives an image one more reference. */
  name(reference: string, imageId: string): void {
    const repository = reference.replace(/@.*|:[^/:]*$/g, '')
    this.repositories[repository] = { ...this.repositories[repository], [reference]: imageId }
  }

  configOf(imageId: string): string {
    return this.#at('imagedb/content/sha256', imageId.slice(7))
  }

  layerOf(layer: string): string {
    return this.#at('layerdb/sha256', layer)
  }

  get list(): string {
    return this.#at('repositories.json')
  }

  /** Writes the list of names. */
  write(): void {
    file(this.list, JSON.stringify({ Repositories: this.repositories }))
  }

  #at(...parts: readonly string[]): string {
    return path.join(this.path, 'image', this.driver, ...parts)
  }
}
