import { Buffer } from 'node:buffer'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import * as z from 'zod/mini'
import { Failure } from '../../lib/failure.ts'
import type { Digest } from '../../model/digest.ts'
import { damaged, isStored, MOST_LIST_BYTES, parseStored, readStored } from '../engine-storage/stored-document.ts'

/** Storage drivers, and where each unpacks a layer; the first two are nearly all there are. */
const DRIVERS: ReadonlyMap<string, (id: string) => string> = new Map([
  ['overlay', (id) => `overlay/${id}/diff`],
  ['vfs', (id) => `vfs/dir/${id}`],
  ['btrfs', (id) => `btrfs/subvolumes/${id}`],
  ['aufs', (id) => `aufs/diff/${id}`],
])
/** Lists are replaced as a whole, but a reader may come in between on file systems where that is not one step. */
const ATTEMPTS = 5
const PAUSE_MS = 30

const digest = z.pipe(
  z.string().check(z.regex(/^sha(256:[0-9a-f]{64}|512:[0-9a-f]{128})$/)),
  z.transform((text) => text as Digest),
)
/** IDs become parts of paths. */
const id = z.string().check(z.regex(/^[0-9a-zA-Z_-][0-9a-zA-Z_.-]{0,127}$/))
const strings = z.pipe(
  z.nullish(z.array(z.string())),
  z.transform((list) => list ?? []),
)

const imageSchema = z.object({
  id,
  digest: z.optional(digest),
  names: strings,
  layer: z.optional(z.string()),
  'big-data-names': strings,
})

const layerSchema = z.object({
  id,
  parent: z.optional(z.string()),
  'diff-digest': z.optional(digest),
  'diff-size': z.optional(z.int().check(z.nonnegative())),
  'toc-digest': z.optional(digest),
  flags: z.nullish(z.record(z.string(), z.unknown())),
})

/** An image as the storage lists it (containers/storage, images.go). */
export interface StoredImage {
  readonly id: string
  /** The manifest's digest. */
  readonly digest?: Digest
  readonly names: readonly string[]
  /** The ID of its newest layer. */
  readonly layer?: string
  /** Names of its documents. */
  readonly documents: readonly string[]
  readonly root: GraphRoot
}

/** A layer as the storage lists it (containers/storage, layers.go). */
export interface StoredLayer {
  readonly id: string
  readonly parent?: string
  readonly diffId?: Digest
  /** Digest of the table of contents that it was pulled by, piece by piece. */
  readonly tocDigest?: Digest
  /** Bytes of its archive, unpacked. */
  readonly sizeBytes?: number
  readonly isIncomplete: boolean
  /** The description of its archive. */
  readonly split: string
  /** The folder that it is unpacked in. */
  readonly folder: string
}

/** One graph root with one storage driver. Lists are read when they are first asked for. */
export class GraphRoot {
  readonly path: string
  readonly driver: string
  #images: Promise<readonly StoredImage[]> | undefined
  #layers: Promise<ReadonlyMap<string, unknown>> | undefined

  constructor(root: string, driver: string) {
    this.path = root
    this.driver = driver
  }

  /** All images. @throws Failure `storage-denied`, `storage-damaged`. */
  images(): Promise<readonly StoredImage[]> {
    this.#images ??= this.#list(`${this.driver}-images/images.json`).then((list) => list.map((raw) => this.#image(raw)))
    return this.#images
  }

  /** The layer of that ID. @throws Failure `storage-denied`, `storage-damaged`. */
  async layer(wanted: string): Promise<StoredLayer | undefined> {
    this.#layers ??= this.#layerLists()
    const raw = (await this.#layers).get(wanted)
    return raw === undefined ? undefined : this.#layer(raw)
  }

  /** A document of an image; undefined when it is not there. @throws Failure `storage-denied`, `storage-damaged`. */
  document(image: StoredImage, name: string, maxBytes: number): Uint8Array | undefined {
    return readStored(path.join(this.path, `${this.driver}-images`, image.id, fileNameOf(name)), maxBytes)
  }

  async #layerLists(): Promise<ReadonlyMap<string, unknown>> {
    const lists = [
      ...(await this.#list(`${this.driver}-layers/layers.json`)),
      ...(await this.#list(`${this.driver}-layers/volatile-layers.json`)),
    ]
    // Looked at one by one when they are needed: there may be thousands.
    return new Map(lists.map((raw) => [String((raw as { id?: unknown } | null)?.id), raw]))
  }

  /** A list in JSON, empty when the file is not there. */
  async #list(name: string): Promise<readonly unknown[]> {
    const file = path.join(this.path, name)
    for (let attempt = 1; ; attempt++) {
      const bytes = readStored(file, MOST_LIST_BYTES)
      if (bytes === undefined) return []
      try {
        const list = parseStored(file, bytes)
        if (Array.isArray(list)) return list
        throw damaged(file, 'is no list')
      } catch (error) {
        if (attempt === ATTEMPTS) {
          // One that stays empty is a list of nothing to the storage itself.
          if (bytes.length === 0) return []
          throw error
        }
      }
      await delay(PAUSE_MS)
    }
  }

  #image(raw: unknown): StoredImage {
    const { id, digest, names, layer, 'big-data-names': documents } = this.#checked(imageSchema, raw, 'images.json')
    return { id, ...(digest && { digest }), names, ...(layer && { layer }), documents, root: this }
  }

  #layer(raw: unknown): StoredLayer {
    const layer = this.#checked(layerSchema, raw, 'layers.json')
    const { id, parent, flags, 'diff-digest': diffId, 'diff-size': sizeBytes, 'toc-digest': tocDigest } = layer
    return {
      id,
      ...(parent && { parent }),
      ...(diffId && { diffId }),
      ...(tocDigest && { tocDigest }),
      ...(sizeBytes !== undefined && { sizeBytes }),
      isIncomplete: flags?.incomplete === true,
      split: path.join(this.path, `${this.driver}-layers`, `${id}.tar-split.gz`),
      folder: path.join(this.path, DRIVERS.get(this.driver)?.(id) ?? ''),
    }
  }

  #checked<Schema extends z.ZodMiniType>(schema: Schema, raw: unknown, file: string): z.infer<Schema> {
    const parsed = schema.safeParse(raw)
    if (parsed.success) return parsed.data
    const { path: where, message } = parsed.error.issues[0]
    throw damaged(path.join(this.path, file), `holds an entry that is none (${where.join('.')}: ${message})`)
  }
}

/**
 * The graph roots below a folder, one for each storage driver that has images in it, that of `driver` first.
 * @throws Failure `storage-denied`.
 */
export function graphRoots(root: string, driver: string | undefined): readonly GraphRoot[] {
  const wanted = driver === 'overlay2' ? 'overlay' : driver
  const names = [...DRIVERS.keys()].sort((a, b) => Number(b === wanted) - Number(a === wanted))
  return names
    .filter((name) => isStored(path.join(root, `${name}-images/images.json`)))
    .map((name) => new GraphRoot(root, name))
}

/** How the storage names the file of a document (containers/storage, images.go, `makeBigDataBaseName`). */
export function fileNameOf(document: string): string {
  if (/^[0-9a-z.]*$/.test(document) && document !== '..' && document !== '.') return document
  const encoded = `=${Buffer.from(document).toString('base64')}`
  if (encoded.includes('/'))
    throw new Failure('storage-damaged', 'a document has a name that cannot be a file', { input: document })
  return encoded
}
