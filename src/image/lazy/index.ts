import type { Limits } from '../../lib/limits.ts'
import type { Digest } from '../../model/digest.ts'
import type { LazyLocator, RemoteBytes } from '../types.ts'
import type { SociIndex } from './soci-index.ts'

export type { SociIndex } from './soci-index.ts'

/** Below this a layer is fetched sooner than its table of contents and then parts of it. */
const LEAST_BYTES = 4 * 1024 ** 2

const ESTARGZ_DIGEST = 'containerd.io/snapshot/stargz/toc.digest'
/** Before what both annotations of zstd:chunked end with: of newer tools, and of older ones such as skopeo 1.9. */
const CHUNKED = ['io.github.containers.zstd-chunked', 'io.containers.zstd-chunked']
/** In an image's manifest: the digest of its SOCI index (soci-snapshotter, docs/index-manifest-v2.md). */
export const SOCI_INDEX_DIGEST = 'com.amazon.soci.index-digest'

/** A layer as its manifest, whose digest was verified, describes it. */
export interface DescribedLayer {
  readonly digest: Digest
  readonly sizeBytes: number
  readonly mediaType?: string
  readonly annotations: Readonly<Record<string, string>>
}

export interface LazyMeans {
  readonly signal: AbortSignal
  readonly limits: Limits
  readonly explain: (line: string) => void
  /** The image's SOCI index, where it has one; asked for layers only that have no table of their own. */
  readonly soci?: () => Promise<SociIndex | undefined>
}

/** How a layer is read by its table of contents: the three fields of `ImageLayer`. */
export interface LazyLayer {
  readonly locator: LazyLocator
  readonly factsKey: string
  /** In the place of the bytes that were given: those of a table that lies elsewhere follow them. */
  readonly bytes: RemoteBytes
}

/**
 * Whether the layer can be read by a table of contents that the manifest vouches for: eStargz
 * (github.com/containerd/stargz-snapshotter, docs/estargz.md), zstd:chunked (github.com/containers/storage, pkg/chunked) or SOCI
 * (github.com/awslabs/soci-snapshotter). Undefined when the whole layer is to be read. For the first two nothing is fetched here: the
 * table is read together with the layer, and when it does not fit, the whole layer is, in the same job. Rejects only when interrupted.
 */
export async function findTableOfContents(
  layer: DescribedLayer,
  bytes: RemoteBytes,
  means: LazyMeans,
): Promise<LazyLayer | undefined> {
  const { digest, sizeBytes } = layer
  const say = (line: string): void => means.explain(`layer ${digest}: ${line}`)
  const claimed = ownTable(layer, say)
  if (claimed === undefined && (means.soci === undefined || sizeBytes < LEAST_BYTES)) return undefined
  if (sizeBytes < LEAST_BYTES) {
    say(`has a table of contents (${claimed?.format}), but is read as a whole: it has ${sizeBytes} bytes only`)
    return undefined
  }
  if (claimed !== undefined) return lazyLayer(claimed, layer, bytes, say)
  const { sociTable } = await import('./soci-index.ts')
  const found = await sociTable(layer, bytes, means, say)
  return found === undefined ? undefined : lazyLayer(found.locator, layer, found.bytes, say)
}

function lazyLayer(
  locator: LazyLocator,
  { digest }: DescribedLayer,
  bytes: RemoteBytes,
  say: (line: string) => void,
): LazyLayer {
  const { format, tocDigest } = locator
  say(`read by its table of contents (${format}, ${tocDigest}), which the manifest vouches for`)
  return { locator, factsKey: `toc:${format}:${tocDigest}:${digest}`, bytes: explained(bytes, say) }
}

/** The same bytes; why a range is asked for is said. */
function explained(bytes: RemoteBytes, say: (line: string) => void): RemoteBytes {
  return {
    open(range, signal) {
      if (range.because !== undefined) say(range.because)
      return bytes.open(range, signal)
    },
  }
}

function ownTable(layer: DescribedLayer, say: (line: string) => void): LazyLocator | undefined {
  const { annotations, sizeBytes: length } = layer
  for (const prefix of CHUNKED) {
    const tocDigest = annotations[`${prefix}.manifest-checksum`]
    if (tocDigest === undefined) continue
    const tocAt = chunkedPosition(annotations[`${prefix}.manifest-position`], length)
    if (isSha256(tocDigest) && tocAt !== undefined)
      return { at: 'lazy', format: 'zstd-chunked', length, tocDigest, tocAt }
    say('its zstd:chunked annotations are not of the known form: read as a whole')
  }
  const estargz = annotations[ESTARGZ_DIGEST]
  if (estargz === undefined) return undefined
  if (isSha256(estargz)) return { at: 'lazy', format: 'estargz', length, tocDigest: estargz }
  say('its eStargz annotation is no SHA-256 digest: read as a whole')
  return undefined
}

/** `offset:length:length unpacked:type`; type 1 is the only one there is. */
function chunkedPosition(text: string | undefined, blobBytes: number): LazyLocator['tocAt'] {
  const parts = /^(\d{1,15}):(\d{1,15}):(\d{1,15}):1$/.exec(text ?? '')
  if (parts === null) return undefined
  const [offset, length, unpackedBytes] = parts.slice(1).map(Number)
  return offset + length <= blobBytes ? { offset, length, unpackedBytes } : undefined
}

/** Whether it is a SHA-256 digest: others are not read lazily. */
export function isSha256(text: string): text is Digest {
  return /^sha256:[0-9a-f]{64}$/.test(text)
}
