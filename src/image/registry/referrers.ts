import { Failure } from '../../lib/failure.ts'
import type { Digest } from '../../model/digest.ts'
import { type Descriptor, indexSchema, manifestSchema, parseDocument } from '../open/documents.ts'
import { statusFailure, type Wish } from './client.ts'
import { linkedPage } from './listing.ts'
import { documentByDigest, fromEndpoints, type Repository, topDocument, wholeBody, wishFor } from './manifests.ts'
import { bodyOf } from './transport.ts'
import type { Endpoint } from './types.ts'

/** An artifact that refers to a manifest: a signature, an SBOM, an index of another kind. */
export interface Referrer {
  readonly digest: Digest
  readonly sizeBytes: number
  readonly mediaType?: string
  readonly artifactType?: string
  readonly annotations: Readonly<Record<string, string>>
}

/** What BuildKit put beside an image in its index (BuildKit docs, attestation-storage.md). */
export interface Attestation {
  readonly kind: 'sbom' | 'provenance' | 'other'
  /** `https://spdx.dev/Document`, `https://slsa.dev/provenance/v0.2`. */
  readonly predicateType: string
  /** The attestation manifest, and in it the blob with the in-toto statement. */
  readonly manifest: Digest
  readonly digest: Digest
  readonly sizeBytes: number
}

const MAX_PAGES = 100
const MAX_REFERRERS = 10_000

/**
 * What refers to a manifest (distribution-spec, "Listing Referrers"), with the fallback to the tag scheme where a registry lacks that API.
 * @throws Failure as `topDocument`; `registry-list-too-long`.
 */
export async function referrersOf(
  repository: Repository,
  digest: Digest,
  artifactType?: string,
): Promise<readonly Referrer[]> {
  const found = await fromEndpoints(repository, 'digests', async (endpoint) => {
    const descriptors =
      (await listed(repository, endpoint, digest, artifactType)) ?? (await tagged(repository, endpoint, digest))
    return descriptors.map(referrerOf)
  })
  // A registry may ignore the filter.
  return artifactType === undefined ? found : found.filter((one) => one.artifactType === artifactType)
}

function referrerOf({ digest, size, mediaType, artifactType, annotations }: Descriptor): Referrer {
  return {
    digest,
    sizeBytes: size,
    ...(mediaType === undefined ? {} : { mediaType }),
    ...(artifactType === undefined ? {} : { artifactType }),
    annotations,
  }
}

/** By the API; undefined where there is none: registries without it answer 404, or with their own idea of that path. */
async function listed(
  repository: Repository,
  endpoint: Endpoint,
  digest: Digest,
  artifactType: string | undefined,
): Promise<readonly Descriptor[] | undefined> {
  const { client, reference } = repository
  const path = `${endpoint.repository}/referrers/${digest}`
  const query = artifactType === undefined ? '' : `?artifactType=${encodeURIComponent(artifactType)}`
  const found: Descriptor[] = []
  const pages = new Set<string>()
  for (let next: string | undefined = `${path}${query}`; next !== undefined && !pages.has(next); ) {
    pages.add(next)
    const wish: Wish = { ...wishFor(repository, endpoint, 'GET', ''), path: next }
    const asked = await client.ask(endpoint, wish)
    if (asked.status !== 200) {
      if ([400, 404, 405].includes(asked.status)) {
        asked.discard()
        return undefined
      }
      throw await statusFailure(asked, endpoint, wish, client.patience)
    }
    const isIndex = /^application\/vnd\.oci\.image\.index\.v1\+json/.test(asked.headers.get('content-type') ?? '')
    if (!isIndex) {
      asked.discard()
      return undefined
    }
    const about = { input: reference, url: asked.url }
    const bytes = await bodyOf(asked, repository.context.limits.documentBytes, client.patience, about)
    found.push(...parseDocument(indexSchema, bytes, reference, 'the list of referrers').manifests)
    if (found.length > MAX_REFERRERS || pages.size > MAX_PAGES)
      throw new Failure('registry-list-too-long', `more than ${MAX_REFERRERS} artifacts refer to ${digest}`, {
        input: reference,
      })
    next = linkedPage(asked, endpoint, path)
  }
  return found
}

/** By the tag scheme: an index under the tag `sha256-HEX`. */
async function tagged(repository: Repository, endpoint: Endpoint, digest: Digest): Promise<readonly Descriptor[]> {
  const wish = wishFor(repository, endpoint, 'GET', `manifests/${digest.replace(':', '-').slice(0, 128)}`)
  try {
    const { bytes } = await wholeBody(repository, endpoint, wish, 'list of referrers')
    return parseDocument(indexSchema, bytes, repository.reference, 'the list of referrers').manifests
  } catch (error) {
    if (error instanceof Failure && error.code === 'registry-not-found') return []
    throw error
  }
}

const PREDICATE = 'in-toto.io/predicate-type'

/**
 * BuildKit's attestations of an image in the index that the repository's name means; none where the name means no index. They are taken
 * as they are: nobody has signed them.
 * @throws Failure as `topDocument`.
 */
export async function attestationsOf(repository: Repository, image: Digest): Promise<readonly Attestation[]> {
  const { reference } = repository
  const top = await topDocument(repository)
  if (top.kind !== 'index') return []
  const index = parseDocument(indexSchema, top.bytes, reference, `index ${top.digest}`)
  const found: Attestation[] = []
  for (const { annotations, digest } of index.manifests) {
    if (annotations['vnd.docker.reference.type'] !== 'attestation-manifest') continue
    if (annotations['vnd.docker.reference.digest'] !== image) continue
    const document = await documentByDigest(repository, digest)
    const { layers } = parseDocument(manifestSchema, document.bytes, reference, `manifest ${digest}`)
    for (const layer of layers) {
      const predicateType = layer.annotations[PREDICATE]
      if (predicateType === undefined) continue
      const { digest: blob, size: sizeBytes } = layer
      found.push({ kind: kindOf(predicateType), predicateType, manifest: digest, digest: blob, sizeBytes })
    }
  }
  return found
}

function kindOf(predicateType: string): Attestation['kind'] {
  if (/^https:\/\/(spdx\.dev|cyclonedx\.org)\//.test(predicateType)) return 'sbom'
  return predicateType.startsWith('https://slsa.dev/provenance/') ? 'provenance' : 'other'
}
