import { Buffer } from 'node:buffer'
import { Failure } from '../../lib/failure.ts'
import type { Digest } from '../../model/digest.ts'
import { digestOfDocument, verifyDocument } from '../open/documents.ts'
import type { ImageName, OpenContext } from '../types.ts'
import { type Asked, type RegistryClient, statusFailure, type Wish, wishText } from './client.ts'
import { BrokenConnection } from './connections.ts'
import { bodyOf, connectionFailure, shownUrl } from './transport.ts'
import type { Endpoint } from './types.ts'

/** A repository, where it may be asked for, and what is needed to ask. */
export interface Repository {
  readonly name: ImageName
  /** As the user named the image: the input of failures. */
  readonly reference: string
  /** In the order in which they are asked; the one that answered last comes first. */
  readonly endpoints: Endpoint[]
  readonly client: RegistryClient
  readonly context: OpenContext
}

/** A manifest or index, proven by its digest. */
export interface Document {
  readonly digest: Digest
  readonly bytes: Uint8Array
  readonly kind: 'manifest' | 'index'
}

const ACCEPT = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ')
const INDEX = /^application\/vnd\.(oci\.image\.index\.v1|docker\.distribution\.manifest\.list\.v2)\+json$/
const MANIFEST = /^application\/vnd\.(oci\.image\.manifest\.v1|docker\.distribution\.manifest\.v2)\+json$/
const SCHEMA_1 = /^application\/vnd\.docker\.distribution\.manifest\.v1\+(json|prettyjws)$/
const DIGEST = /^(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/

/** @throws Failure `registry-blocked`. */
export function repositoryOf(
  name: ImageName,
  reference: string,
  client: RegistryClient,
  context: OpenContext,
): Repository {
  return { name, reference, endpoints: [...client.configuration.endpoints(name)], client, context }
}

/** What a token must allow for reading. */
export function pullScope({ repository }: Endpoint): string {
  return `repository:${repository}:pull`
}

/**
 * What the name means: by digest without a request where it is known; by tag with one request, in which a known document is only named.
 * @throws Failure `registry-not-found` where no endpoint has it, `registry-offline`; `digest-mismatch`, `document-invalid`,
 * `registry-media-type`, `manifest-schema-1` for a registry that lies or is too old; those of `statusFailure` and of `ask`.
 */
export async function topDocument(repository: Repository): Promise<Document> {
  const { name } = repository
  if (name.digest !== undefined) return documentByDigest(repository, name.digest)
  const tag = name.tag ?? 'latest'
  if (repository.context.network.offline) throw offline(repository, `what ${tag} means is not known without asking`)
  return fromEndpoints(repository, 'tags', async (endpoint) => {
    const known = await knownByTag(repository, endpoint, tag)
    return known ?? (await fetchManifest(repository, endpoint, tag, undefined))
  })
}

/** A manifest or index by its digest: from what is kept between runs, else from the registry. @throws Failure as `topDocument`. */
export async function documentByDigest(repository: Repository, digest: Digest): Promise<Document> {
  const known = knownDocument(repository, digest)
  if (known !== undefined) return documentOf(known, digest, undefined, repository)
  if (repository.context.network.offline) throw offline(repository, `manifest ${digest} is not known`)
  return fromEndpoints(repository, 'digests', (endpoint) => fetchManifest(repository, endpoint, digest, digest))
}

/** A small blob by its digest: a config, an attestation. @throws Failure as `topDocument`; `document-missing`. */
export async function blobDocument(repository: Repository, digest: Digest, which: string): Promise<Uint8Array> {
  const known = knownDocument(repository, digest)
  if (known !== undefined) return known
  if (repository.context.network.offline) throw offline(repository, `${which} ${digest} is not known`)
  return fromEndpoints(repository, 'digests', async (endpoint) => {
    const wish = wishFor(repository, endpoint, 'GET', `blobs/${digest}`)
    const bytes = await wholeBody(repository, endpoint, wish, `${which} ${digest}`)
    verifyDocument(bytes.bytes, digest, repository.reference, which)
    repository.context.documents?.storeDocument(digest, bytes.bytes)
    return bytes.bytes
  })
}

/** What is kept between runs is believed no more than a registry. */
function knownDocument({ context, reference }: Repository, digest: Digest): Uint8Array | undefined {
  const bytes = context.documents?.loadDocument(digest)
  if (bytes === undefined) return undefined
  try {
    verifyDocument(bytes, digest, reference, 'document')
    return bytes
  } catch {
    context.explain(`document ${digest} was kept, but is damaged: asked for again`)
    return undefined
  }
}

function offline({ reference }: Repository, why: string): Failure {
  return new Failure('registry-offline', `${why}, and registries are not asked (--offline)`, { input: reference })
}

/**
 * Asks endpoints in turn: the first that has it. A mirror that fails in whatever way is passed over; what the last one said is the answer.
 */
export async function fromEndpoints<Result>(
  repository: Repository,
  kind: 'tags' | 'digests',
  ask: (endpoint: Endpoint) => Promise<Result>,
): Promise<Result> {
  const { endpoints, context, reference, name } = repository
  const able = endpoints.filter(({ answers }) => answers === 'all' || answers === kind)
  let failed: unknown = new Failure('registry-not-found', `no registry may be asked for ${name.domain}/${name.path}`, {
    input: reference,
  })
  for (const [index, endpoint] of able.entries()) {
    context.explain(`asking ${endpoint.origin} (${endpoint.because})`)
    try {
      const result = await ask(endpoint)
      if (index > 0) prefer(endpoints, endpoint)
      return result
    } catch (error) {
      context.signal.throwIfAborted()
      failed = error
      if (index < able.length - 1) context.explain(`${endpoint.origin}: ${(error as Error).message}`)
    }
  }
  throw failed
}

function prefer(endpoints: Endpoint[], endpoint: Endpoint): void {
  endpoints.splice(endpoints.indexOf(endpoint), 1)
  endpoints.unshift(endpoint)
}

/** Asks only for the name of what a tag means, and takes the document from what is kept. Undefined when it must be fetched. */
async function knownByTag(repository: Repository, endpoint: Endpoint, tag: string): Promise<Document | undefined> {
  const { client, context } = repository
  if (context.documents === undefined) return undefined
  const wish = wishFor(repository, endpoint, 'HEAD', `manifests/${tag}`)
  const asked = await client.ask(endpoint, wish)
  asked.discard()
  if (asked.status === 401 || asked.status === 403) throw await statusFailure(asked, endpoint, wish, client.patience)
  const digest = asked.headers.get('docker-content-digest') ?? ''
  if (asked.status !== 200 || !DIGEST.test(digest)) return undefined
  const known = knownDocument(repository, digest as Digest)
  context.explain(`${tag} means ${digest}${known === undefined ? '' : ', which is known'}`)
  return known === undefined ? undefined : documentOf(known, digest as Digest, undefined, repository)
}

async function fetchManifest(
  repository: Repository,
  endpoint: Endpoint,
  what: string,
  expected: Digest | undefined,
): Promise<Document> {
  const { context, reference } = repository
  const wish = wishFor(repository, endpoint, 'GET', `manifests/${what}`)
  const { bytes, asked } = await wholeBody(repository, endpoint, wish, `manifest ${what}`)
  const type = (asked.headers.get('content-type') ?? '').split(';')[0].trim().toLowerCase()
  if (type === 'text/html')
    throw new Failure('registry-media-type', `${shownUrl(asked.url)} is a web page, not a registry's answer`, {
      input: reference,
      hints: ['is it the address of a registry? A login page or a proxy may stand before it'],
    })
  if (SCHEMA_1.test(type)) throw schema1(reference, what)
  const said = asked.headers.get('docker-content-digest') ?? ''
  const stated = expected ?? (DIGEST.test(said) ? (said as Digest) : undefined)
  if (stated !== undefined) verifyDocument(bytes, stated, reference, 'manifest')
  const digest = stated ?? digestOfDocument(bytes)
  const document = documentOf(bytes, digest, type, repository)
  context.documents?.storeDocument(digest, bytes)
  return document
}

/** A request for something of a repository at an endpoint. */
export function wishFor(
  { reference, context }: Pick<Repository, 'reference' | 'context'>,
  endpoint: Endpoint,
  method: 'GET' | 'HEAD',
  path: string,
): Wish {
  const headers: Record<string, string> = path.startsWith('manifests/') ? { accept: ACCEPT } : {}
  const { signal } = context
  return {
    method,
    path: `${endpoint.repository}/${path}`,
    headers,
    scope: pullScope(endpoint),
    input: reference,
    signal,
  }
}

/** The whole body of a 200. @throws Failure `registry-not-found` for 404; those of `statusFailure`. */
export async function wholeBody(
  { client, context, reference }: Pick<Repository, 'client' | 'context' | 'reference'>,
  endpoint: Endpoint,
  wish: Wish,
  which: string,
): Promise<{ readonly bytes: Uint8Array; readonly asked: Asked }> {
  for (let tries = 1; ; tries++) {
    const asked = await client.ask(endpoint, wish)
    const about = { input: reference, url: asked.url }
    if (asked.status === 404) {
      asked.discard()
      throw new Failure('registry-not-found', `${endpoint.origin} has no ${which} of ${endpoint.repository}`, {
        input: reference,
        hints: ['check the name and tag'],
      })
    }
    if (asked.status !== 200) throw await statusFailure(asked, endpoint, wish, client.patience)
    const encoding = asked.headers.get('content-encoding')
    if (encoding !== undefined && encoding !== 'identity') {
      asked.discard()
      throw new Failure(
        'registry-encoding',
        `${wishText(endpoint, wish)}: came encoded though that was not asked for`,
        {
          input: reference,
        },
      )
    }
    try {
      return { bytes: await bodyOf(asked, context.limits.documentBytes, client.patience, about), asked }
    } catch (error) {
      context.signal.throwIfAborted()
      if (!(error instanceof BrokenConnection)) throw error
      if (tries >= (error.silent ? 1 : client.patience.attempts)) throw connectionFailure(about, error)
      context.explain(`${wishText(endpoint, wish)}: ${error.message}; asked again`)
    }
  }
}

/**
 * What a document is shows in itself, and what the registry says of it must agree: a document that is read one way here and another way
 * there could hide something (CVE-2021-41190).
 */
function documentOf(bytes: Uint8Array, digest: Digest, type: string | undefined, { reference }: Repository): Document {
  const lies = (why: string): Failure =>
    new Failure('registry-media-type', `manifest ${digest} ${why}`, { input: reference })
  let json: Record<string, unknown>
  try {
    json = JSON.parse(Buffer.from(bytes).toString('utf8')) as Record<string, unknown>
  } catch {
    throw new Failure('document-invalid', `manifest ${digest} is not valid JSON`, { input: reference })
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw new Failure('document-invalid', `manifest ${digest} is no JSON object`, { input: reference })
  if (json.schemaVersion === 1 || 'fsLayers' in json) throw schema1(reference, digest)
  const isIndex = 'manifests' in json
  if (isIndex && ('layers' in json || 'config' in json)) throw lies('claims to be an index and an image at once')
  const named = typeof json.mediaType === 'string' ? json.mediaType : undefined
  for (const one of [named, type]) {
    if (one === undefined) continue
    if (isIndex ? MANIFEST.test(one) : INDEX.test(one)) throw lies(`is said to be ${one}, which it is not`)
  }
  if (named !== undefined && !INDEX.test(named) && !MANIFEST.test(named))
    throw lies(`is of a kind that is no image: ${named.slice(0, 200)}`)
  return { digest, bytes, kind: isIndex ? 'index' : 'manifest' }
}

function schema1(reference: string, which: string): Failure {
  return new Failure('manifest-schema-1', `manifest ${which} has Docker's old format (schema 1), which is not read`, {
    input: reference,
    hints: ['pull the image with a current engine and push it again: it is then stored in a current format'],
  })
}
