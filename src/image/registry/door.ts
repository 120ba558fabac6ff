import { Failure } from '../../lib/failure.ts'
import type { Digest } from '../../model/digest.ts'
import type { DoorAnswer, ImageDoor, ImageName, OpenContext } from '../types.ts'
import { type Artifact, artifactBlob, artifactManifest, type PushedArtifact, pushArtifact } from './artifact.ts'
import { type RegistryClient, registryClient } from './client.ts'
import { registryConfiguration } from './config/index.ts'
import { platformsOf, registryImage } from './image.ts'
import { repositoriesOf, tagsOf } from './listing.ts'
import { repositoryOf } from './manifests.ts'
import { type Attestation, attestationsOf, type Referrer, referrersOf } from './referrers.ts'

/** What keeps an image from being had here, and leaves the doors after this one a chance; anything else is a registry that lies. */
const ABSENT = new Set([
  'platform-not-found',
  'registry-address-refused',
  'registry-blob-missing',
  'registry-blocked',
  'registry-certificate',
  'registry-connection',
  'registry-denied',
  'registry-not-http',
  'registry-not-tls',
  'registry-rate-limited',
  'registry-realm-refused',
  'registry-redirect-refused',
  'registry-status',
  'registry-token-service',
  'registry-unauthorized',
  'registry-unreachable',
])
/** These say only that it is not here. */
const NOTHING = new Set(['registry-not-found', 'registry-offline'])

/** Images of registries (OCI distribution-spec). */
export const registryDoor: Pick<ImageDoor, 'open' | 'platforms'> = {
  async open(name, reference, context) {
    return await openWith(clientOf(context), name, reference, context)
  },
  async platforms(name, context) {
    return await platformsOf(repositoryOf(name, name.text, clientOf(context), context))
  },
}

/** As `registryDoor.open`, with the client given. */
export async function openWith(
  client: RegistryClient,
  name: ImageName,
  reference: string,
  context: OpenContext,
): Promise<DoorAnswer> {
  try {
    const image = await registryImage(repositoryOf(name, reference, client, context))
    return { found: { kind: 'image', image } }
  } catch (error) {
    context.signal.throwIfAborted()
    if (!(error instanceof Failure)) throw error
    if (NOTHING.has(error.code)) return { absent: error.message }
    if (ABSENT.has(error.code)) return { absent: error.message, serious: error }
    throw error
  }
}

/** The client of a run, configured as this machine says. */
function clientOf(context: OpenContext): RegistryClient {
  const configuration = context.shared.once('registry-configuration', () => registryConfiguration(context))
  return registryClient(context, configuration)
}

/** The tags of a repository, all pages. @throws Failure naming it. */
export async function listTags(name: ImageName, context: OpenContext): Promise<readonly string[]> {
  return await tagsOf(name, clientOf(context), context)
}

/** The repositories of a registry, all pages; many registries do not say. @throws Failure naming it. */
export async function listRepositories(domain: string, context: OpenContext): Promise<readonly string[]> {
  return await repositoriesOf(domain, clientOf(context), context)
}

/** What refers to a manifest, of one artifact type or any. @throws Failure naming the image. */
export async function listReferrers(
  name: ImageName,
  digest: Digest,
  context: OpenContext,
  artifactType?: string,
): Promise<readonly Referrer[]> {
  return await referrersOf(repositoryOf(name, name.text, clientOf(context), context), digest, artifactType)
}

/** Pushes an artifact. @throws Failure naming it. */
export async function pushTo(
  name: ImageName,
  artifact: Artifact,
  context: OpenContext,
  progress: (doneBytes: number, totalBytes: number) => void,
): Promise<PushedArtifact> {
  return await pushArtifact(repositoryOf(name, name.text, clientOf(context), context), artifact, progress)
}

/** An artifact's manifest and blobs, fetched when they are asked for. */
export function artifactOf(name: ImageName, context: OpenContext) {
  const repository = repositoryOf(name, name.text, clientOf(context), context)
  return {
    manifest: () => artifactManifest(repository),
    blob: (digest: Digest, sizeBytes: number) => artifactBlob(repository, digest, sizeBytes),
  }
}

/** BuildKit's SBOM and provenance of an image in the index that the name means. @throws Failure naming the image. */
export async function listAttestations(
  name: ImageName,
  digest: Digest,
  context: OpenContext,
): Promise<readonly Attestation[]> {
  return await attestationsOf(repositoryOf(name, name.text, clientOf(context), context), digest)
}
