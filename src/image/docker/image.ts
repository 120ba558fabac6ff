import type { Digest } from '../../model/digest.ts'
import { chainIds } from '../engine-storage/chain-ids.ts'
import { isStored } from '../engine-storage/stored-document.ts'
import { familiarRepository } from '../name/image-name.ts'
import type { ContentStore, StoredContent } from '../open/content-store.ts'
import type { ConfigDocument } from '../open/documents.ts'
import { assembleImage } from '../open/image-layers.ts'
import type { Image, ImageName } from '../types.ts'
import type { ImageStore } from './data-root.ts'

/** What a name leads to: an image's ID, or why there is none. */
export type Match = { readonly id: Digest } | { readonly absent: string }

/** The image that a name means, as Docker has it: a digest, a tag, a beginning of the ID. */
export function findImage(store: ImageStore, name: ImageName): Match {
  const repository = familiarRepository(name)
  const references = store.names().get(repository)
  const reference = name.digest === undefined ? `${repository}:${name.tag}` : `${repository}@${name.digest}`
  const id = references?.get(reference)
  if (id !== undefined) return { id }
  if (name.digest !== undefined) return { absent: 'it has no image of this digest' }
  const prefix = /^(?:sha256:)?([0-9a-f]{3,64})$/.exec(name.text)?.[1]
  const found = prefix === undefined ? [] : store.ids().filter((one) => one.startsWith(`sha256:${prefix}`))
  if (found.length > 1) return { absent: `${found.length} images have an ID that begins so` }
  return found.length === 1 ? { id: found[0] } : { absent: 'it has no image of this name' }
}

/** References of an image, tags first, and the digest under which it came from a registry: that of the wanted repository where there are several. */
export function namesOf(
  store: ImageStore,
  id: Digest,
  repository: string | undefined,
): { readonly tags: readonly string[]; readonly digest?: Digest } {
  const tags: string[] = []
  const digests = new Map<string, Digest>()
  for (const [own, references] of store.names()) {
    for (const [reference, image] of references) {
      if (image !== id) continue
      const digest = /@(sha256:[0-9a-f]{64})$/.exec(reference)?.[1] as Digest | undefined
      if (digest === undefined) tags.push(reference)
      else digests.set(own, digest)
    }
  }
  const digest = digests.get(repository ?? '') ?? [...digests.values()][0]
  return { tags, ...(digest && { digest }) }
}

/**
 * The image with its layers where they lie unpacked.
 * @throws Failure `storage-denied`, `storage-damaged`.
 */
export function assembleKept(
  store: ImageStore,
  of: {
    readonly id: Digest
    readonly config: ConfigDocument
    readonly reference: string
    readonly tags: readonly string[]
    readonly digest?: Digest
  },
): Image {
  const { id, config, reference, tags, digest } = of
  const diffIds = config.rootfs.diff_ids ?? []
  const layers = chainIds(diffIds).map((chainId, i) => contentOf(store, chainId, diffIds[i]))
  const content: ContentStore = {
    reference,
    has: (name) => layers[Number(name)] !== undefined,
    document: () => undefined,
    layer: (name) => layers[Number(name)],
  }
  return assembleImage(content, {
    tags,
    ...(digest && { digest }),
    imageId: id,
    config,
    layers: diffIds.map((_, i) => ({ name: String(i), missing: 'Docker does not have it' })),
  }).image
}

function contentOf(store: ImageStore, chainId: Digest, diffId: Digest): StoredContent | undefined {
  const kept = store.layer(chainId)
  if (kept === undefined) return undefined
  const { split, folder } = kept
  if (kept.diffId !== diffId)
    return { absent: `Docker holds another layer in its place (${kept.diffId.slice(0, 100)})` }
  if (!isStored(split)) return { absent: 'Docker keeps no description of its archive (tar-split)' }
  return { locator: { at: 'tar-split', split, roots: [folder] } }
}
