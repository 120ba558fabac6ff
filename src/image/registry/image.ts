import { Failure } from '../../lib/failure.ts'
import type { Digest } from '../../model/digest.ts'
import { findTableOfContents, type LazyMeans, SOCI_INDEX_DIGEST } from '../lazy/index.ts'
import type { ContentStore } from '../open/content-store.ts'
import { type Descriptor, indexSchema, manifestSchema, parseDocument } from '../open/documents.ts'
import { blobName, type Candidate, choosePlatform, findCandidates, openManifest } from '../open/oci-layout.ts'
import { type Platform, parsePlatform, platformText } from '../open/platform.ts'
import type { Image, ImageLayer } from '../types.ts'
import { blobBytes } from './blobs.ts'
import { blobDocument, type Document, documentByDigest, type Repository, topDocument } from './manifests.ts'

/** Nested indexes that one image may make us fetch, and how deep they may lie. */
const MAX_NESTED = 64
const MAX_DEPTH = 8
const INDEX = /^application\/vnd\.(oci\.image\.index\.v1|docker\.distribution\.manifest\.list\.v2)\+json$/
const FOREIGN = /nondistributable|foreign/

type Manifest = ReturnType<typeof parseManifest>

/**
 * The image that a repository has under its name, for the wanted platform. Layers are not opened: their bytes are a promise.
 * @throws Failure naming the image, as `topDocument`; `platform-not-found`, `not-an-image`, `layer-count-mismatch`, `index-too-deep`.
 */
export async function registryImage(repository: Repository): Promise<Image> {
  const { context, reference, name } = repository
  const wanted = context.platform === undefined ? undefined : parsePlatform(context.platform)
  const top = await topDocument(repository)
  const candidate = await chosenBelow(repository, top, wanted)
  const chosen = top.digest === candidate.descriptor.digest ? top : await manifestOf(repository, candidate)
  const manifest = parseManifest(repository, chosen)
  const config = await blobDocument(repository, manifest.config.digest, 'config')
  const documents = new Map([
    [blobName(chosen.digest), chosen.bytes],
    [blobName(manifest.config.digest), config],
  ])
  const { image } = openManifest(storeOf(repository, documents, manifest), candidate, wanted)
  const layers = await Promise.all(
    image.layers.map((layer, index) => placed(repository, layer, manifest.layers[index], manifest)),
  )
  const tags = name.tag === undefined ? [] : [`${name.domain}/${name.path}:${name.tag}`]
  return { ...image, reference, tags, layers }
}

/** The platforms of what the name means, each with a reference for just that one. @throws Failure as `topDocument`. */
export async function platformsOf(
  repository: Repository,
): Promise<readonly { readonly platform: string; readonly reference: string }[]> {
  const { domain, path } = repository.name
  const top = await topDocument(repository)
  const named = (digest: Digest): string => `registry:${domain}/${path}@${digest}`
  const found = new Map<string, { readonly platform: string; readonly reference: string }>()
  const candidates = await candidatesBelow(repository, top)
  for (const { descriptor, platform } of candidates) {
    const known = platform ?? (await configPlatform(repository, descriptor.digest))
    if (known === undefined) continue
    const text = platformText(known)
    // Two images for one platform differ in something else (an OS version): each is an image of its own.
    const key = found.has(text) ? `${text} ${descriptor.digest}` : text
    found.set(key, { platform: text, reference: named(descriptor.digest) })
  }
  return [...found.values()]
}

/** What the config says; an artifact that is no image has no platform. */
async function configPlatform(repository: Repository, digest: Digest): Promise<Platform | undefined> {
  const manifest = parseManifest(repository, await documentByDigest(repository, digest))
  const bytes = await blobDocument(repository, manifest.config.digest, 'config')
  try {
    const { os, architecture, variant } = JSON.parse(new TextDecoder().decode(bytes)) as Partial<Platform>
    if (typeof os !== 'string' || typeof architecture !== 'string') return undefined
    return typeof variant === 'string' && variant !== '' ? { os, architecture, variant } : { os, architecture }
  } catch {
    return undefined
  }
}

async function chosenBelow(repository: Repository, top: Document, wanted: Platform | undefined): Promise<Candidate> {
  const candidates = await candidatesBelow(repository, top)
  const chosen = choosePlatform(repository.reference, candidates, wanted)
  if (candidates.length > 1 && chosen.platform !== undefined)
    repository.context.explain(
      `of ${candidates.length} images: ${platformText(chosen.platform)}, ${chosen.descriptor.digest}`,
    )
  return chosen
}

/** The image manifests that the document leads to: itself, or what its index and those in it name. Attestations are none. */
async function candidatesBelow(repository: Repository, top: Document): Promise<readonly Candidate[]> {
  const { reference } = repository
  if (top.kind === 'manifest') {
    const descriptor = { digest: top.digest, size: top.bytes.length, annotations: Object.create(null) }
    return [{ descriptor, tags: [], within: [], platform: undefined }]
  }
  const documents = new Map<string, Uint8Array>()
  const { manifests } = parseDocument(indexSchema, top.bytes, reference, `index ${top.digest}`)
  let level = manifests
  const seen = new Set<Digest>([top.digest])
  for (let depth = 1; level.length > 0; depth++) {
    const next: Descriptor[] = []
    for (const { digest, mediaType } of level) {
      if (mediaType === undefined || !INDEX.test(mediaType)) continue
      if (seen.has(digest)) {
        if (digest === top.digest) throw circle(reference, digest)
        continue
      }
      seen.add(digest)
      if (depth > MAX_DEPTH || seen.size > MAX_NESTED)
        throw new Failure(
          'index-too-deep',
          `its indexes are nested deeper than ${MAX_DEPTH} or more than ${MAX_NESTED}`,
          {
            input: reference,
          },
        )
      const nested = await documentByDigest(repository, digest)
      documents.set(blobName(digest), nested.bytes)
      const below = parseDocument(indexSchema, nested.bytes, reference, `index ${digest}`).manifests
      if (below.some((one) => one.digest === digest || one.digest === top.digest)) throw circle(reference, digest)
      next.push(...below)
    }
    level = next
  }
  const candidates = findCandidates(storeOf(repository, documents, undefined), manifests)
  // All of them are one image, in a variant each.
  if (candidates.length > 0)
    return candidates.map((candidate) => ({ ...candidate, within: [top.digest, ...candidate.within] }))
  throw new Failure('not-an-image', `index ${top.digest} names no image`, { input: reference })
}

function circle(reference: string, digest: Digest): Failure {
  return new Failure('index-circular', `index ${digest} refers to itself`, { input: reference })
}

async function manifestOf(repository: Repository, { descriptor }: Candidate): Promise<Document> {
  const { digest, size } = descriptor
  const document = await documentByDigest(repository, digest)
  const { reference } = repository
  if (document.kind !== 'manifest')
    throw new Failure('registry-media-type', `manifest ${digest} is an index, though its index says otherwise`, {
      input: reference,
    })
  if (document.bytes.length !== size)
    throw new Failure(
      'size-mismatch',
      `manifest ${digest} has ${document.bytes.length} bytes, but ${size} are stated`,
      {
        input: reference,
      },
    )
  return document
}

function parseManifest({ reference }: Repository, { bytes, digest }: Document) {
  return {
    ...parseDocument(manifestSchema, bytes, reference, `manifest ${digest}`),
    annotations: annotationsOf(bytes),
  }
}

/** The annotations of a manifest as a whole. */
function annotationsOf(bytes: Uint8Array): Readonly<Record<string, string>> {
  const result: Record<string, string> = Object.create(null)
  const { annotations } = JSON.parse(new TextDecoder().decode(bytes)) as { readonly annotations?: unknown }
  if (typeof annotations !== 'object' || annotations === null) return result
  for (const [key, value] of Object.entries(annotations)) if (typeof value === 'string') result[key] = value
  return result
}

/** What was fetched, as the parts that open a layout see it. A foreign layer is not there. */
function storeOf(
  { reference, context }: Repository,
  documents: ReadonlyMap<string, Uint8Array>,
  manifest: Manifest | undefined,
): ContentStore {
  const here = new Map(
    (manifest?.layers ?? [])
      .filter(({ mediaType }) => !FOREIGN.test(mediaType ?? ''))
      .map((layer) => [blobName(layer.digest), layer]),
  )
  return {
    reference,
    has: (name) => documents.has(name),
    document: (name) => documents.get(name),
    layer(name) {
      const layer = here.get(name)
      if (layer === undefined) return undefined
      const { size } = layer
      if (context.network.offline)
        return { sizeBytes: size, absent: 'it is not known yet, and registries are not asked (--offline)' }
      return { sizeBytes: size, locator: { at: 'remote', length: size } }
    },
  }
}

/** A layer with the way to its bytes: by its table of contents where it has one that the manifest vouches for. */
async function placed(
  repository: Repository,
  layer: ImageLayer,
  descriptor: Descriptor,
  manifest: Manifest,
): Promise<ImageLayer> {
  const { digest, size, mediaType, annotations } = descriptor
  const bytes = blobBytes(repository, { digest, sizeBytes: size })
  if (repository.context.network.wholeLayers === true) return layer.locator === undefined ? layer : { ...layer, bytes }
  const described = { digest, sizeBytes: size, annotations, ...(mediaType === undefined ? {} : { mediaType }) }
  const lazy = await findTableOfContents(described, bytes, lazyMeans(repository, manifest))
  // Under what its facts are kept holds also where its bytes may not be asked for.
  if (layer.locator === undefined) return lazy === undefined ? layer : { ...layer, factsKey: lazy.factsKey }
  return lazy === undefined ? { ...layer, bytes } : { ...layer, ...lazy }
}

function lazyMeans(repository: Repository, { annotations }: Manifest): LazyMeans {
  const { signal, limits, explain } = repository.context
  const named = annotations[SOCI_INDEX_DIGEST]
  const base = { signal, limits, explain }
  if (named === undefined || !/^sha256:[0-9a-f]{64}$/.test(named)) return base
  const once = repository.context.shared.once(`soci ${repository.name.domain}/${repository.name.path} ${named}`, () => {
    return { index: undefined as Promise<Uint8Array> | undefined }
  })
  return {
    ...base,
    async soci() {
      once.index ??= sociIndex(repository, named as Digest)
      const manifest = await once.index
      return { manifest, vouched: true, blob: (digest, sizeBytes) => blobBytes(repository, { digest, sizeBytes }) }
    },
  }
}

async function sociIndex(repository: Repository, digest: Digest): Promise<Uint8Array> {
  return (await documentByDigest(repository, digest)).bytes
}
