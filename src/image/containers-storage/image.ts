import type { Limits } from '../../lib/limits.ts'
import type { Digest } from '../../model/digest.ts'
import { damaged, isStored } from '../engine-storage/stored-document.ts'
import type { ContentStore, StoredContent } from '../open/content-store.ts'
import {
  type ConfigDocument,
  configSchema,
  digestOfDocument,
  indexSchema,
  manifestSchema,
  parseDocument,
  verifyDocument,
} from '../open/documents.ts'
import { assembleImage } from '../open/image-layers.ts'
import type { Image } from '../types.ts'
import type { GraphRoot, StoredImage, StoredLayer } from './graph-root.ts'

/** Layers stand one on another: no chain is longer. */
const MOST_LAYERS = 4096

/** An image's documents, verified. */
export interface StoredDocuments {
  readonly digest: Digest
  readonly imageId: Digest
  readonly config: ConfigDocument
}

/** Manifests of the images that a list names, where the document is one. */
export type ListedManifests = readonly { readonly digest: Digest; readonly isAttestation: boolean }[]

/**
 * Manifest and config of an image, or what its list of manifests names.
 * @throws Failure `storage-damaged`, `document-invalid`, `digest-mismatch`.
 */
export function readDocuments(
  image: StoredImage,
  reference: string,
  limits: Limits,
): StoredDocuments | { readonly manifests: ListedManifests } {
  const { root } = image
  const bytes = manifestOf(image, limits)
  if (bytes === undefined) throw damaged(root.path, `has no manifest of the image ${image.id}`)
  if (image.digest !== undefined) verifyDocument(bytes, image.digest, reference, 'manifest')
  if (isIndex(bytes)) {
    const { manifests } = parseDocument(indexSchema, bytes, reference, 'list of manifests')
    return {
      manifests: manifests.map(({ digest, platform, annotations }) => ({
        digest,
        isAttestation:
          platform?.os === 'unknown' || annotations['vnd.docker.reference.type'] === 'attestation-manifest',
      })),
    }
  }
  const manifest = parseDocument(manifestSchema, bytes, reference, 'manifest')
  const imageId = manifest.config.digest
  const config = root.document(image, imageId, limits.documentBytes)
  if (config === undefined) throw damaged(root.path, `has no config of the image ${image.id}`)
  verifyDocument(config, imageId, reference, 'config')
  return {
    digest: image.digest ?? digestOfDocument(bytes),
    imageId,
    config: parseDocument(configSchema, config, reference, `config ${imageId}`),
  }
}

function manifestOf(image: StoredImage, { documentBytes }: Limits): Uint8Array | undefined {
  const own = image.digest === undefined ? undefined : `manifest-${image.digest}`
  if (own !== undefined && image.documents.includes(own)) {
    const bytes = image.root.document(image, own, documentBytes)
    if (bytes !== undefined) return bytes
  }
  return image.root.document(image, 'manifest', documentBytes)
}

function isIndex(bytes: Uint8Array): boolean {
  try {
    const document: unknown = JSON.parse(new TextDecoder().decode(bytes))
    return typeof document === 'object' && document !== null && 'manifests' in document && !('config' in document)
  } catch {
    return false
  }
}

/**
 * The image with its layers where they lie unpacked. `roots` are all that are known: a layer may stand on one of another root.
 * @throws Failure `storage-denied`, `storage-damaged`, `layer-count-mismatch`.
 */
export async function assembleStored(
  image: StoredImage,
  { digest, imageId, config }: StoredDocuments,
  reference: string,
  roots: readonly GraphRoot[],
): Promise<Image> {
  const diffIds = config.rootfs.diff_ids ?? []
  const chain = await chainOf(image, roots)
  if (chain.length > diffIds.length) {
    throw damaged(image.root.path, `has ${chain.length} layers of an image whose config names ${diffIds.length}`)
  }
  // Where the chain is broken, it is the older layers that are missing.
  const missing = diffIds.length - chain.length
  const layers = diffIds.map((diffId, i) => contentOf(chain[i - missing], diffId))
  const store: ContentStore = {
    reference,
    has: (name) => layers[Number(name)] !== undefined,
    document: () => undefined,
    layer: (name) => layers[Number(name)]?.content,
  }
  const assembled = assembleImage(store, {
    tags: image.names,
    digest,
    imageId,
    config,
    layers: diffIds.map((_, i) => ({ name: String(i), missing: 'the storage does not list it' })),
  }).image
  return {
    ...assembled,
    layers: assembled.layers.map((layer, i) => ({ ...layer, ...(layers[i]?.key && { factsKey: layers[i].key }) })),
  }
}

/** The image's layers, oldest first. @throws Failure `storage-damaged` when they stand on themselves. */
async function chainOf(image: StoredImage, roots: readonly GraphRoot[]): Promise<readonly StoredLayer[]> {
  const chain: StoredLayer[] = []
  const own = [image.root, ...roots.filter((root) => root !== image.root)]
  for (let id = image.layer; id !== undefined; id = chain[0].parent) {
    const layer = await findLayer(id, own)
    if (layer === undefined) return chain
    if (chain.length === MOST_LAYERS)
      throw damaged(image.root.path, `has layers of ${image.id} that stand on themselves`)
    chain.unshift(layer)
  }
  return chain
}

async function findLayer(id: string, roots: readonly GraphRoot[]): Promise<StoredLayer | undefined> {
  for (const root of roots) {
    const layer = await root.layer(id)
    if (layer !== undefined) return layer
  }
  return undefined
}

/** Where a layer lies, and under what its facts are kept when nobody has verified its diff ID. */
function contentOf(
  layer: StoredLayer | undefined,
  diffId: Digest,
): { readonly content: StoredContent; readonly key?: string } | undefined {
  if (layer === undefined) return undefined
  const { sizeBytes, split, folder } = layer
  const size = sizeBytes === undefined ? {} : { sizeBytes }
  const absent = whyUnreadable(layer, diffId)
  if (absent !== undefined) return { content: { ...size, absent } }
  const content: StoredContent = { ...size, locator: { at: 'tar-split', split, roots: [folder] } }
  return layer.diffId === undefined ? { content, key: `toc:${layer.tocDigest}` } : { content }
}

function whyUnreadable(
  { diffId: held, tocDigest, isIncomplete, split }: StoredLayer,
  diffId: Digest,
): string | undefined {
  if (isIncomplete) return 'the engine has not finished unpacking it'
  if (held === undefined && tocDigest === undefined) return 'the storage does not say which layer it holds here'
  if (held !== undefined && held !== diffId) return `the storage holds another layer in its place (${held})`
  if (!isStored(split)) return 'the storage keeps no description of its archive (tar-split): it was pulled in pieces'
  return undefined
}
