import path from 'node:path'
import { Failure } from '../../lib/failure.ts'
import type { Digest } from '../../model/digest.ts'
import { chainIds } from '../engine-storage/chain-ids.ts'
import type { Descriptor } from '../open/documents.ts'
import { FolderStore } from '../open/folder-store.ts'
import { blobName, type Candidate, choosePlatform, findCandidates, openManifest } from '../open/oci-layout.ts'
import { machinePlatform, type Platform, parsePlatform, platformMatches, platformText } from '../open/platform.ts'
import type { Image, ImageLayer, OpenContext } from '../types.ts'
import { type ImageRecord, unpackedFolders } from './metadata.ts'

/** An image, or why a record leads to none that can be read here. */
export type RecordAnswer = { readonly image: Image } | { readonly absent: string }

/** Failures that say that content is not here, or is not what was asked for; all others are of what is here and wrong. */
const ABSENCES = new Set([
  'document-missing',
  'platform-not-found',
  'not-an-image',
  'image-choice-needed',
  'no-such-target',
])

/**
 * The image of a record, for the wanted platform, from the content store; layers whose blob was discarded come from where they lie unpacked.
 * `digest` narrows to one manifest, or to those below one index.
 * @throws Failure as `findCandidates` and `openManifest`, for content that is there and wrong.
 */
export function openRecord(
  root: string,
  record: ImageRecord,
  digest: Digest | undefined,
  reference: string,
  context: OpenContext,
): RecordAnswer {
  return absences(() => {
    const store = contentStore(root, reference, context)
    const wanted = context.platform === undefined ? undefined : parsePlatform(context.platform)
    const named = candidatesOf(store, record, digest)
    if (named.length === 0) return { absent: digest === undefined ? 'it is no image' : `${record.name} is another` }
    const held = named.filter((one) => store.has(blobName(one.descriptor.digest)))
    const why = missingPlatform(named, held, wanted)
    if (why !== undefined) return { absent: why }
    const opened = withUnpacked(
      root,
      record,
      openManifest(store, choosePlatform(reference, held, wanted), wanted).image,
    )
    return isReadable(opened)
      ? { image: { ...opened, tags: tagsOf(record) } }
      : { absent: 'none of its layers is here' }
  })
}

/** Every platform of a record that can be read here, with the digest of its manifest. @throws Failure as {@link openRecord}. */
export function platformsOf(
  root: string,
  record: ImageRecord,
  digest: Digest | undefined,
  reference: string,
  context: OpenContext,
): readonly { readonly platform: string; readonly digest: Digest }[] {
  const store = contentStore(root, reference, context)
  const found = new Map<Digest, string>()
  absences(() => {
    for (const candidate of candidatesOf(store, record, digest)) {
      const answer = absences(() => ({
        image: withUnpacked(root, record, openManifest(store, candidate, undefined).image),
      }))
      if (!('image' in answer) || !isReadable(answer.image)) continue
      found.set(candidate.descriptor.digest, platformText(candidate.platform ?? answer.image.config))
    }
    return { absent: '' }
  })
  return [...found].map(([manifest, platform]) => ({ platform, digest: manifest }))
}

function absences(open: () => RecordAnswer): RecordAnswer {
  try {
    return open()
  } catch (error) {
    if (error instanceof Failure && ABSENCES.has(error.code)) return { absent: error.message }
    throw error
  }
}

function contentStore(root: string, reference: string, { limits }: OpenContext): FolderStore {
  return new FolderStore(reference, path.join(root, 'io.containerd.content.v1.content'), limits)
}

function candidatesOf(store: FolderStore, { target }: ImageRecord, digest: Digest | undefined): readonly Candidate[] {
  const descriptor: Descriptor = {
    mediaType: target.mediaType,
    digest: target.digest,
    size: 0,
    annotations: Object.create(null),
  }
  const all = findCandidates(store, [descriptor])
  if (digest === undefined) return all
  return all.filter((one) => one.descriptor.digest === digest || one.within.includes(digest))
}

/** An index names all platforms, but only some were pulled. */
function missingPlatform(
  named: readonly Candidate[],
  held: readonly Candidate[],
  wanted: Platform | undefined,
): string | undefined {
  if (held.length === 0) return 'none of its manifests is here'
  if (wanted === undefined && named.length === 1) return undefined
  const platform = wanted ?? machinePlatform()
  if (held.some((one) => one.platform === undefined || platformMatches(one.platform, platform))) return undefined
  const there = new Set(held.flatMap((one) => (one.platform === undefined ? [] : [platformText(one.platform)])))
  return `it was pulled for ${[...there].slice(0, 10).join(', ')} only, not for ${platformText(platform)}`
}

/** Manifests can be pulled without their layers. */
function isReadable({ layers }: Image): boolean {
  return layers.length === 0 || layers.some(({ locator }) => locator !== undefined)
}

function tagsOf({ name }: ImageRecord): readonly string[] {
  return name.startsWith('sha256:') ? [] : [name]
}

/** Layers whose blob is not kept (`discard_unpacked_layers`) lie unpacked all the same. */
function withUnpacked(root: string, { namespace }: ImageRecord, image: Image): Image {
  if (image.layers.every(({ locator }) => locator !== undefined)) return image
  const chain = chainIds(image.layers.map(({ diffId }) => diffId))
  const folders = unpackedFolders(root, namespace, chain)
  const layers = image.layers.map((layer, index): ImageLayer => {
    const folder = folders[index]
    if (layer.locator !== undefined || folder === undefined) return layer
    const { absent: _, ...rest } = layer
    // What lies in an upper folder depends on the layers below it too: links of theirs are resolved, what is changed is copied up.
    return { ...rest, locator: { at: 'folder', root: folder }, factsKey: `overlay:${chain[index]}` }
  })
  return { ...image, layers }
}
