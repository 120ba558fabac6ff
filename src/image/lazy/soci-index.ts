import * as z from 'zod/mini'
import { Failure } from '../../lib/failure.ts'
import type { Digest } from '../../model/digest.ts'
import type { LazyLocator, RemoteBytes } from '../types.ts'

/** An image's SOCI index as its door found it. */
export interface SociIndex {
  /** The index manifest (`application/vnd.amazon.soci.index.v2+json`, or v1), verified against its digest. */
  readonly manifest: Uint8Array
  /**
   * Whether the image's own manifest names the index (`com.amazon.soci.index-digest`, version 2). An index that was only found as a
   * referrer (version 1) can be written by others than the image, and could hide what the image holds: it is not followed.
   */
  readonly vouched: boolean
  /** The bytes of a blob that the index names. */
  blob(digest: Digest, sizeBytes: number): RemoteBytes
}

const LAYER_DIGEST = 'com.amazon.soci.image-layer-digest'
const MOST_TABLES = 10_000

const indexSchema = z.object({
  layers: z.array(
    z.object({
      digest: z.string().check(z.regex(/^sha256:[0-9a-f]{64}$/)),
      size: z.int().check(z.nonnegative()),
      annotations: z.optional(z.record(z.string(), z.string())),
    }),
  ),
})

/** The layer's zTOC, and bytes in which it follows those of the layer. Says why there is none. */
export async function sociTable(
  layer: { readonly digest: Digest; readonly sizeBytes: number },
  bytes: RemoteBytes,
  means: { readonly signal: AbortSignal; readonly soci?: () => Promise<SociIndex | undefined> },
  say: (line: string) => void,
): Promise<{ readonly locator: LazyLocator; readonly bytes: RemoteBytes } | undefined> {
  let index: SociIndex | undefined
  try {
    index = await means.soci?.()
  } catch (error) {
    means.signal.throwIfAborted()
    say(`its SOCI index cannot be had (${error instanceof Failure ? error.message : String(error)}): read as a whole`)
  }
  if (index === undefined) return undefined
  if (!index.vouched) {
    say('a SOCI index refers to the image, but the manifest does not name it: read as a whole')
    return undefined
  }
  const table = tableOf(index.manifest, layer.digest)
  if (table === undefined) {
    say('the SOCI index has no table of contents for it: read as a whole')
    return undefined
  }
  const { sizeBytes: length } = layer
  const tocAt = { offset: length, length: table.size }
  const tocDigest = table.digest as Digest
  const locator: LazyLocator = { at: 'lazy', format: 'soci', length, tocDigest, tocAt }
  return { locator, bytes: followed(bytes, length, index.blob(tocDigest, table.size)) }
}

function tableOf(manifest: Uint8Array, layer: Digest): { readonly digest: string; readonly size: number } | undefined {
  try {
    const parsed = indexSchema.safeParse(JSON.parse(new TextDecoder().decode(manifest)))
    if (!parsed.success || parsed.data.layers.length > MOST_TABLES) return undefined
    return parsed.data.layers.find(({ annotations }) => annotations?.[LAYER_DIGEST] === layer)
  } catch {
    return undefined
  }
}

/** The bytes of two blobs as if one followed the other. A range lies in one of them. */
function followed(first: RemoteBytes, length: number, second: RemoteBytes): RemoteBytes {
  return {
    open(range, signal) {
      if (range.offset < length) return first.open(range, signal)
      return second.open({ ...range, offset: range.offset - length }, signal)
    },
  }
}
