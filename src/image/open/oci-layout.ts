import { Failure } from '../../lib/failure.ts'
import type { ResolvedArchive } from '../types.ts'
import type { ContentStore } from './content-store.ts'
import { choiceNeeded, noSuchImage, platformNotFound } from './docker-save.ts'
import {
  configSchema,
  type Descriptor,
  indexSchema,
  manifestSchema,
  parseDocument,
  verifyDocument,
} from './documents.ts'
import { assembleImage, type NamedLayer } from './image-layers.ts'
import { machinePlatform, type Platform, platformMatches, platformText } from './platform.ts'
import { type ImageChoice, tagMatches } from './reference.ts'

const MAX_DEPTH = 8
/** Documents that one layout may make us read. */
const MAX_INDEXES = 1000

const INDEX_TYPES = new Set([
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
])
const MANIFEST_TYPES = new Set([
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
])
const CONFIG_TYPES = new Set([
  'application/vnd.oci.image.config.v1+json',
  'application/vnd.docker.container.image.v1+json',
])
/** OCI image-spec, layer.md; Docker's image manifest, version 2 schema 2. */
const LAYER_TYPE =
  /^application\/vnd\.(oci\.image\.layer(\.nondistributable)?\.v1\.tar(\+gzip|\+zstd)?|docker\.image\.rootfs\.(diff|foreign\.diff)\.tar(\.gzip|\.zstd)?)$/

/** An image manifest that an index leads to. */
export interface Candidate {
  readonly descriptor: Descriptor
  readonly tags: readonly string[]
  /** Digests of the indexes above it: naming one of them chooses among what is below. */
  readonly within: readonly string[]
  readonly platform: Platform | undefined
}

/**
 * The image of an OCI layout (image-spec, image-layout.md): `index.json`, nested indexes and Docker's manifest lists, by tag, digest and
 * platform; attestations are never chosen.
 * @throws Failure naming the layout: `not-an-image-archive`, `document-invalid`, `document-missing`, `digest-mismatch`,
 * `image-choice-needed`, `no-such-image`, `platform-not-found`, `index-too-deep`, `layer-count-mismatch`.
 */
export function resolveOciLayout(
  store: ContentStore,
  choice: ImageChoice | undefined,
  platform: Platform | undefined,
): ResolvedArchive {
  const bytes = store.document('index.json')
  if (bytes === undefined) throw new Failure('not-an-image-archive', 'it has no index.json', { input: store.reference })
  const index = parseDocument(indexSchema, bytes, store.reference, 'index.json')
  const candidates = findCandidates(store, index.manifests)
  if (candidates.length === 0) {
    const seen = new Set(index.manifests.map((entry) => entry.mediaType ?? 'no media type'))
    throw new Failure(
      'not-an-image-archive',
      seen.size === 0
        ? 'its index.json names no image'
        : `its index.json names no image, only ${[...seen].slice(0, 5).join(', ')}`,
      { input: store.reference },
    )
  }
  return openManifest(
    store,
    choosePlatform(store.reference, chooseByName(store.reference, candidates, choice), platform),
    platform,
  )
}

/**
 * The image manifests that descriptors lead to, through nested indexes breadth first: bounded in depth and number, each document once.
 * @throws Failure `document-missing`, `document-invalid`, `digest-mismatch`, `index-too-deep`.
 */
export function findCandidates(store: ContentStore, manifests: readonly Descriptor[]): Candidate[] {
  const found: Candidate[] = []
  const seen = new Set<string>()
  let level = manifests.map((descriptor) => ({ descriptor, tags: tagsOf(descriptor), within: [] as string[] }))
  for (let depth = 0; level.length > 0; depth++) {
    const next: typeof level = []
    for (const { descriptor, tags, within } of level) {
      if (isAttestation(descriptor)) continue
      if (descriptor.mediaType !== undefined && INDEX_TYPES.has(descriptor.mediaType)) {
        if (seen.has(descriptor.digest)) continue
        seen.add(descriptor.digest)
        if (depth >= MAX_DEPTH || seen.size > MAX_INDEXES) {
          throw new Failure(
            'index-too-deep',
            `its indexes are nested deeper than ${MAX_DEPTH} or more than ${MAX_INDEXES}`,
            {
              input: store.reference,
            },
          )
        }
        const nested = parseDocument(
          indexSchema,
          blobDocument(store, descriptor, 'index'),
          store.reference,
          `index ${descriptor.digest}`,
        )
        for (const below of nested.manifests) {
          next.push({ descriptor: below, tags: [...tags, ...tagsOf(below)], within: [...within, descriptor.digest] })
        }
      } else if (descriptor.mediaType === undefined || MANIFEST_TYPES.has(descriptor.mediaType)) {
        found.push({ descriptor, tags, within, platform: descriptor.platform ?? undefined })
      }
    }
    level = next
  }
  return found
}

function tagsOf(descriptor: Descriptor): string[] {
  const { annotations } = descriptor
  const full = annotations['io.containerd.image.name']
  const short = annotations['org.opencontainers.image.ref.name']
  // containerd writes the whole name besides the bare tag: the whole one says more.
  if (full !== undefined && (short === undefined || full.endsWith(`:${short}`))) return [full]
  return [full, short].filter((tag) => tag !== undefined)
}

/** BuildKit's attestation manifests carry the platform `unknown/unknown` (BuildKit docs, attestation-storage.md). */
function isAttestation(descriptor: Descriptor): boolean {
  if (descriptor.annotations['vnd.docker.reference.type'] === 'attestation-manifest') return true
  return descriptor.platform?.os === 'unknown' && descriptor.platform.architecture === 'unknown'
}

function chooseByName(
  reference: string,
  candidates: readonly Candidate[],
  choice: ImageChoice | undefined,
): readonly Candidate[] {
  if (choice === undefined) return candidates
  const chosen = candidates.filter((candidate, index) => isChosen(candidate, index, choice))
  if (chosen.length === 0) throw noSuchImage(reference, candidates.map(candidateName))
  return chosen
}

function isChosen(candidate: Candidate, index: number, choice: ImageChoice): boolean {
  switch (choice.by) {
    case 'index':
      return index === choice.index
    case 'digest':
      return candidate.descriptor.digest === choice.digest || candidate.within.includes(choice.digest)
    case 'tag':
      return candidate.tags.some((tag) => tagMatches(tag, choice.tag))
  }
}

function candidateName(candidate: Candidate): string {
  const name = candidate.tags[0] ?? `@${candidate.descriptor.digest}`
  return candidate.platform === undefined ? name : `${name} (${platformText(candidate.platform)})`
}

/**
 * The one that is meant: the wanted platform's, or where none is asked for and there is a choice, the machine's own.
 * @throws Failure `platform-not-found`, `image-choice-needed`.
 */
export function choosePlatform(
  reference: string,
  candidates: readonly Candidate[],
  wanted: Platform | undefined,
): Candidate {
  const matching = candidates.filter(
    ({ platform }) => platform === undefined || platformMatches(platform, wanted ?? machinePlatform()),
  )
  if (matching.length === 0 && (wanted !== undefined || distinct(candidates).length > 1)) {
    throw platformNotFound(reference, wanted ?? machinePlatform(), [
      ...new Set(candidates.flatMap(({ platform }) => (platform === undefined ? [] : [platformText(platform)]))),
    ])
  }
  const left = distinct(matching.length > 0 ? matching : candidates)
  if (left.length === 1) return left[0]
  const variants = byVariant(left)
  if (variants !== undefined) return variants
  throw choiceNeeded(
    reference,
    left.map((candidate) => candidate.tags[0] ?? `@${candidate.descriptor.digest}`),
  )
}

function distinct(candidates: readonly Candidate[]): Candidate[] {
  const byDigest = new Map(candidates.map((candidate) => [candidate.descriptor.digest, candidate]))
  return [...byDigest.values()]
}

/** Several variants of one image and none asked for: the newest, as container engines take. */
function byVariant(candidates: readonly Candidate[]): Candidate | undefined {
  const variants = new Set(candidates.map((candidate) => candidate.platform?.variant ?? ''))
  const parents = new Set(candidates.map((candidate) => candidate.within.at(-1)))
  if (variants.size !== candidates.length || parents.size > 1 || parents.has(undefined)) return undefined
  return [...candidates].sort((a, b) => ((a.platform?.variant ?? '') < (b.platform?.variant ?? '') ? 1 : -1))[0]
}

/**
 * The image of one manifest.
 * @throws Failure `document-missing`, `document-invalid`, `digest-mismatch`, `not-an-image`, `platform-not-found`, `layer-count-mismatch`.
 */
export function openManifest(store: ContentStore, chosen: Candidate, wanted: Platform | undefined): ResolvedArchive {
  const { digest } = chosen.descriptor
  const manifest = parseDocument(
    manifestSchema,
    blobDocument(store, chosen.descriptor, 'manifest'),
    store.reference,
    `manifest ${digest}`,
  )
  const configType = manifest.config.mediaType
  if (configType !== undefined && !CONFIG_TYPES.has(configType)) {
    throw new Failure('not-an-image', `manifest ${digest} is no container image: its config is ${configType}`, {
      input: store.reference,
    })
  }
  const config = parseDocument(
    configSchema,
    blobDocument(store, manifest.config, 'config'),
    store.reference,
    `config ${manifest.config.digest}`,
  )
  if (wanted !== undefined && config.os && config.architecture) {
    const offered = {
      os: config.os,
      architecture: config.architecture,
      ...(config.variant ? { variant: config.variant } : {}),
    }
    const any = { os: wanted.os, architecture: wanted.architecture }
    if (!platformMatches(offered, config.variant ? wanted : any)) {
      throw platformNotFound(store.reference, wanted, [platformText(offered)])
    }
  }
  return assembleImage(store, {
    tags: chosen.tags,
    digest,
    imageId: manifest.config.digest,
    config,
    layers: manifest.layers.map(namedLayer),
  })
}

function namedLayer(layer: Descriptor): NamedLayer {
  const type = layer.mediaType ?? ''
  const foreign = type.includes('nondistributable') || type.includes('foreign')
  return {
    name: blobName(layer.digest),
    blob: layer.digest,
    sizeBytes: layer.size,
    ...(LAYER_TYPE.test(type) ? {} : { unreadable: `its media type "${type.slice(0, 200)}" is not known` }),
    missing: foreign ? 'it is a foreign layer, which is not part of the image' : 'its blob is missing',
  }
}

/** Where a content store has a blob, as an OCI layout has it. */
export function blobName(digest: string): string {
  return `blobs/${digest.replace(':', '/')}`
}

/** @throws Failure `document-missing`, `document-too-large`, `digest-mismatch`. */
function blobDocument(store: ContentStore, descriptor: Descriptor, kind: 'index' | 'manifest' | 'config'): Uint8Array {
  const bytes = store.document(blobName(descriptor.digest))
  if (bytes === undefined) {
    throw new Failure('document-missing', `its ${kind} ${descriptor.digest} is not there`, { input: store.reference })
  }
  verifyDocument(bytes, descriptor.digest, store.reference, kind)
  return bytes
}
