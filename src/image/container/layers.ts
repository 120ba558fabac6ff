import { existsSync } from 'node:fs'
import { Failure } from '../../lib/failure.ts'
import type { Digest } from '../../model/digest.ts'
import { chainIds } from '../engine-storage/chain-ids.ts'
import { configSchema, digestOfDocument, parseDocument } from '../open/documents.ts'
import { assembleImage } from '../open/image-layers.ts'
import type { Image, LayerLocator } from '../types.ts'

/** A layer as an engine's storage keeps it. */
export interface UnpackedLayer {
  readonly diffId: Digest
  readonly folder: string
  /** The description of its archive, where the engine keeps one. */
  readonly split?: string
}

/**
 * The image of these layers, oldest first, with its config. Layers whose archive is described are read as that archive, others as they lie
 * unpacked: then their facts are kept by themselves, since nothing proves that they are the archive's.
 * @throws Failure `container-image-unknown` when config and layers do not belong together.
 */
export function imageOf(reference: string, name: string, configText: string, layers: readonly UnpackedLayer[]): Image {
  const bytes = new TextEncoder().encode(configText)
  const config = parseDocument(configSchema, bytes, reference, "its image's config")
  const diffIds = config.rootfs.diff_ids ?? []
  if (diffIds.length !== layers.length || diffIds.some((diffId, i) => diffId !== layers[i].diffId)) {
    const message = 'its layers are not those that the config of its image names'
    throw new Failure('container-image-unknown', message, { input: reference })
  }
  const named = layers.map(({ diffId }) => ({ name: diffId, missing: '' }))
  const store = { reference, has: () => false, document: () => undefined, layer: () => ({}) }
  const parts = { tags: [name], imageId: digestOfDocument(bytes), config, layers: named }
  const { image } = assembleImage(store, parts)
  const chain = chainIds(diffIds)
  const placed = image.layers.map((layer, i) => {
    const { folder, split } = layers[i]
    const locator: LayerLocator =
      split !== undefined && existsSync(split)
        ? { at: 'tar-split', split, roots: [folder] }
        : { at: 'folder', root: folder }
    return { ...layer, locator, ...(locator.at === 'folder' && { factsKey: `overlay:${chain[i]}` }) }
  })
  return { ...image, layers: placed }
}
