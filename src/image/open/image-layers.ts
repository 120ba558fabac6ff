import { Failure } from '../../lib/failure.ts'
import type { Diagnostic } from '../../model/diagnostic.ts'
import type { Digest } from '../../model/digest.ts'
import { verifyDigest } from '../layer/stream.ts'
import type { Image, ImageLayer, ResolvedArchive } from '../types.ts'
import type { ContentStore, StoredContent } from './content-store.ts'
import { type ConfigDocument, layerCommands, toImageConfig } from './documents.ts'

/** A layer as a manifest names it. */
export interface NamedLayer {
  /** Name of the entry or file that holds it. */
  readonly name: string
  readonly blob?: Digest
  readonly sizeBytes?: number
  /** Why it is not read though it may be there: an unknown or encrypted media type. */
  readonly unreadable?: string
  /** What to say when it is not there. */
  readonly missing: string
}

export interface ImageParts {
  readonly tags: readonly string[]
  readonly digest?: Digest
  readonly imageId: Digest
  readonly config: ConfigDocument
  readonly layers: readonly NamedLayer[]
  readonly diagnostics?: readonly Diagnostic[]
}

/**
 * Puts an image together from its manifest and config.
 * @throws Failure `layer-count-mismatch` when the manifest and the config name different numbers of layers, `digest-mismatch` when a
 * layer that has passed by is not what they say.
 */
export function assembleImage(store: ContentStore, parts: ImageParts): ResolvedArchive {
  const diffIds = parts.config.rootfs.diff_ids ?? []
  if (diffIds.length !== parts.layers.length) {
    throw new Failure(
      'layer-count-mismatch',
      `the manifest names ${parts.layers.length} layers, the config ${diffIds.length} diff IDs`,
      { input: store.reference },
    )
  }
  const commands = layerCommands(parts.config, diffIds.length)
  const entries: (string | undefined)[] = []
  const layers = parts.layers.map((named, index) => {
    const content = named.unreadable === undefined ? store.layer(named.name) : undefined
    entries.push(content?.entry)
    verifyPassed(store.reference, index, named, diffIds[index], content)
    return placeLayer({ named, index, diffId: diffIds[index], createdBy: commands[index], content })
  })
  const image: Image = {
    reference: store.reference,
    tags: parts.tags,
    ...(parts.digest === undefined ? {} : { digest: parts.digest }),
    imageId: parts.imageId,
    config: toImageConfig(parts.config),
    layers,
    diagnostics: parts.diagnostics ?? [],
  }
  return { image, entries }
}

function placeLayer(of: {
  readonly named: NamedLayer
  readonly index: number
  readonly diffId: Digest
  readonly createdBy: string | undefined
  readonly content: StoredContent | undefined
}): ImageLayer {
  const { named, content, createdBy } = of
  const sizeBytes = content?.sizeBytes ?? named.sizeBytes
  const absent = named.unreadable ?? (content === undefined ? named.missing : content.absent)
  return {
    index: of.index,
    diffId: of.diffId,
    ...(named.blob === undefined ? {} : { blob: named.blob }),
    ...(createdBy === undefined ? {} : { createdBy }),
    ...(sizeBytes === undefined ? {} : { sizeBytes }),
    ...(content?.locator === undefined ? {} : { locator: content.locator }),
    ...(absent === undefined ? {} : { absent }),
  }
}

/** The bytes of a sequential archive have gone by unverified: nobody knew yet what they had to be. */
function verifyPassed(
  reference: string,
  index: number,
  named: NamedLayer,
  diffId: Digest,
  content: StoredContent | undefined,
): void {
  if (content?.digests === undefined) return
  const name = `${reference}: layer ${index} (${named.name})`
  if (named.blob?.startsWith('sha256:')) verifyDigest(name, 'blob', named.blob, content.digests.blob)
  if (diffId.startsWith('sha256:')) verifyDigest(name, 'diff ID', diffId, content.digests.diffId)
}
