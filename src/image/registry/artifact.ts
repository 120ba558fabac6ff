import { hash } from 'node:crypto'
import { Failure } from '../../lib/failure.ts'
import type { Digest } from '../../model/digest.ts'
import { digestOfDocument, verifyDocument } from '../open/documents.ts'
import { blobBytes } from './blobs.ts'
import { type Asked, statusFailure, type Wish } from './client.ts'
import { type Repository, topDocument, wishFor } from './manifests.ts'
import type { Endpoint } from './types.ts'

/** A blob of an artifact, and how its bytes are had. */
export interface ArtifactBlob {
  readonly mediaType: string
  readonly digest: Digest
  readonly sizeBytes: number
  readonly annotations?: Readonly<Record<string, string>>
  readonly read: () => Promise<Uint8Array>
}

/** What a registry keeps under one tag that is no image (image-spec, "Guidelines for Artifact Usage"). */
export interface Artifact {
  readonly artifactType: string
  readonly blobs: readonly ArtifactBlob[]
  readonly annotations?: Readonly<Record<string, string>>
}

/** What pushing did. */
export interface PushedArtifact {
  readonly digest: Digest
  /** Blobs that the registry did not have, and their bytes. */
  readonly uploaded: number
  readonly uploadedBytes: number
}

const MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json'
const EMPTY = Buffer.from('{}')
const EMPTY_CONFIG: ArtifactBlob = {
  mediaType: 'application/vnd.oci.empty.v1+json',
  digest: digestOfDocument(EMPTY),
  sizeBytes: EMPTY.length,
  read: async () => EMPTY,
}

/**
 * Pushes an artifact (distribution-spec, "Pushing blobs", "Pushing manifests"): blobs that the registry has are not sent, and the manifest
 * comes last, so that a push that breaks off leaves the tag as it was and the next one goes on. Only the registry itself is written to,
 * never a mirror. @throws Failure naming the reference: `digest-mismatch` for a blob that is not what it says, `registry-upload` for a
 * registry that does not follow the protocol; those of `ask` and `statusFailure`.
 */
export async function pushArtifact(
  repository: Repository,
  artifact: Artifact,
  progress: (doneBytes: number, totalBytes: number) => void,
): Promise<PushedArtifact> {
  const endpoint = repository.endpoints.find(({ isMirror }) => !isMirror)
  if (endpoint === undefined)
    throw new Failure('registry-not-found', 'every place to push to is a mirror', { input: repository.reference })
  const blobs = [EMPTY_CONFIG, ...new Map(artifact.blobs.map((blob) => [blob.digest, blob])).values()]
  const totalBytes = blobs.reduce((sum, blob) => sum + blob.sizeBytes, 0)
  let [done, uploaded, uploadedBytes] = [0, 0, 0]
  for (const blob of blobs) {
    if (!(await hasBlob(repository, endpoint, blob))) {
      await upload(repository, endpoint, blob)
      uploaded++
      uploadedBytes += blob.sizeBytes
    }
    done += blob.sizeBytes
    progress(done, totalBytes)
  }
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MANIFEST_TYPE,
      artifactType: artifact.artifactType,
      config: descriptor(EMPTY_CONFIG),
      layers: artifact.blobs.map(descriptor),
      ...(artifact.annotations === undefined ? {} : { annotations: artifact.annotations }),
    }),
  )
  const tag = repository.name.tag ?? 'latest'
  const answer = await write(repository, endpoint, {
    method: 'PUT',
    path: `${endpoint.repository}/manifests/${tag}`,
    headers: { 'content-type': MANIFEST_TYPE },
    body: manifest,
  })
  await expectStatus(answer, [201], repository, endpoint, 'PUT')
  return { digest: digestOfDocument(manifest), uploaded, uploadedBytes }
}

function descriptor({ mediaType, digest, sizeBytes, annotations }: ArtifactBlob): Readonly<Record<string, unknown>> {
  return { mediaType, digest, size: sizeBytes, ...(annotations === undefined ? {} : { annotations }) }
}

async function hasBlob(repository: Repository, endpoint: Endpoint, { digest }: ArtifactBlob): Promise<boolean> {
  const wish = { ...wishFor(repository, endpoint, 'HEAD', `blobs/${digest}`), scope: pushScope(endpoint) }
  const asked = await repository.client.ask(endpoint, wish)
  asked.discard()
  if (asked.status === 200) return true
  if (asked.status === 404) return false
  throw await statusFailure(asked, endpoint, wish, repository.client.patience)
}

async function upload(repository: Repository, endpoint: Endpoint, blob: ArtifactBlob): Promise<void> {
  const content = await blob.read()
  const found = `sha256:${hash('sha256', content, 'hex')}`
  if (found !== blob.digest)
    throw new Failure('digest-mismatch', `a blob should be ${blob.digest} and is ${found}`, {
      input: repository.reference,
    })
  const begun = await write(repository, endpoint, { method: 'POST', path: `${endpoint.repository}/blobs/uploads/` })
  await expectStatus(begun, [202], repository, endpoint, 'POST')
  const location = uploadLocation(begun, blob, repository)
  const ended = await write(repository, endpoint, {
    method: 'PUT',
    path: `${endpoint.repository}/blobs/uploads/`,
    location,
    headers: { 'content-type': 'application/octet-stream' },
    body: content,
  })
  await expectStatus(ended, [201], repository, endpoint, 'PUT')
}

/** Where the registry wants the bytes: on itself, since what proves who pushes goes with them. */
function uploadLocation(begun: Asked, { digest }: ArtifactBlob, { reference }: Repository): URL {
  const location = URL.parse(begun.headers.get('location') ?? '', begun.url)
  if (location === null || location.origin !== begun.url.origin)
    throw new Failure('registry-upload', `${begun.url.host} wants an upload elsewhere, or does not say where`, {
      input: reference,
    })
  location.searchParams.set('digest', digest)
  return location
}

function write(
  { client, context, reference }: Repository,
  endpoint: Endpoint,
  wish: Pick<Wish, 'method' | 'path' | 'headers' | 'body' | 'location'>,
): Promise<Asked> {
  return client.ask(endpoint, { ...wish, scope: pushScope(endpoint), input: reference, signal: context.signal })
}

async function expectStatus(
  asked: Asked,
  expected: readonly number[],
  { client, reference }: Repository,
  endpoint: Endpoint,
  method: Wish['method'],
): Promise<void> {
  if (!expected.includes(asked.status))
    throw await statusFailure(asked, endpoint, { input: reference, method }, client.patience)
  asked.discard()
}

function pushScope({ repository }: Endpoint): string {
  return `repository:${repository}:pull,push`
}

/** The manifest that a reference means, proven by its digest. @throws Failure as `topDocument`. */
export async function artifactManifest(
  repository: Repository,
): Promise<{ readonly digest: Digest; readonly bytes: Uint8Array }> {
  const { digest, bytes } = await topDocument(repository)
  return { digest, bytes }
}

/** A blob of an artifact, whole and proven by its digest; a connection that breaks is continued. @throws Failure as `blobBytes`; `digest-mismatch`. */
export async function artifactBlob(repository: Repository, digest: Digest, sizeBytes: number): Promise<Uint8Array> {
  const pieces = blobBytes(repository, { digest, sizeBytes }).open({ offset: 0 }, repository.context.signal)
  const bytes = Buffer.concat(await Array.fromAsync(pieces))
  verifyDocument(bytes, digest, repository.reference, 'blob')
  return bytes
}
