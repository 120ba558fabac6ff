import { createReadStream, readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as z from 'zod/mini'
import {
  type ImageName,
  type NetworkSettings,
  type OpenContext,
  openArtifact,
  parseImageName,
  pushArtifact,
  sharedResources,
} from '../../image/index.ts'
import { Failure } from '../../lib/failure.ts'
import { DEFAULT_LIMITS } from '../../lib/limits.ts'
import type { Digest } from '../../model/digest.ts'
import { allShards } from './all-shards.ts'
import { type Blob, MANIFEST_NAME, MAX_MANIFEST_BYTES, parseManifest } from './manifest.ts'
import type { ShardPlace } from './place.ts'

/** What a registry is told that it holds (https://github.com/opencontainers/image-spec/blob/main/manifest.md#guidelines-for-artifact-usage). */
const ARTIFACT_TYPE = 'application/vnd.bulwark.advisories.v1'
const MANIFEST_TYPE = 'application/vnd.bulwark.advisories.manifest.v1+json'
const SHARD_TYPE = 'application/vnd.bulwark.advisories.shard.v1+zstd'
const DELTA_TYPE = 'application/vnd.bulwark.advisories.delta.v1+zstd'
const SCHEME = 'oci://'

const artifactShape = z.object({
  layers: z.array(z.object({ mediaType: z.string(), digest: z.string(), size: z.number() })),
})

/** How registries are reached for advisories. */
export interface RegistryAccess {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly network?: Partial<NetworkSettings>
  readonly signal: AbortSignal | undefined
}

/** What publishing did. */
export interface PublishReport {
  /** `oci://REGISTRY/REPOSITORY:TAG`. */
  readonly place: string
  readonly digest: Digest
  readonly uploaded: number
  readonly uploadedBytes: number
}

/** The name of a repository in an address that begins with `oci://`, or in `REGISTRY/REPOSITORY`; undefined for anything else. */
export function registryName(text: string): ImageName | undefined {
  if (text.startsWith(SCHEME)) return parseImageName(text.slice(SCHEME.length))
  // A lone word or a path is no registry's name: `shop` would be one of Docker Hub's.
  if (!/^(?:[^/\s]+[.:][^/\s]*|localhost)\/./.test(text) || text.startsWith('.') || text.includes('://'))
    return undefined
  try {
    return parseImageName(text)
  } catch {
    return undefined
  }
}

/**
 * Pushes a folder of shards as one artifact: the manifest and every shard and delta that it names are its blobs, so that nothing of it is
 * collected as garbage; what the registry has is not sent again. Rejects with `Failure` naming the place.
 */
export async function publishShards(
  folder: string,
  name: ImageName,
  access: RegistryAccess,
  progress: (doneBytes: number, totalBytes: number) => void,
): Promise<PublishReport> {
  const path = join(folder, MANIFEST_NAME)
  const content = readFileSync(path)
  const manifest = parseManifest(content, path)
  const file = (mediaType: string, blob: Blob) => ({
    mediaType,
    digest: `sha256:${blob.digest}` as Digest,
    sizeBytes: blob.bytes,
    read: async () => Buffer.concat(await Array.fromAsync(createReadStream(join(folder, 'shards', blob.digest)))),
  })
  const { hash } = await import('node:crypto')
  const own = { digest: hash('sha256', content, 'hex'), bytes: content.length }
  const shards = allShards(manifest)
  const blobs = [
    { ...file(MANIFEST_TYPE, own), read: async () => content },
    ...shards.map((shard) => file(SHARD_TYPE, shard.packed)),
    ...shards.flatMap((shard) => shard.deltas.map((delta) => file(DELTA_TYPE, delta))),
  ]
  const annotations = {
    'org.opencontainers.image.created': manifest.builtAt,
    'org.opencontainers.image.title': 'advisories',
  }
  return await withContext(access, async (context) => {
    const pushed = await pushArtifact(name, { artifactType: ARTIFACT_TYPE, blobs, annotations }, context, progress)
    return { place: placeOf(name), ...pushed }
  })
}

/** Shards that a registry holds. Connections are kept until `close`. */
export function registryShards(name: ImageName, access: RegistryAccess): ShardPlace & { close(): Promise<void> } {
  const shared = sharedResources()
  const context = contextOf(access, shared)
  const refuse = (why: string) =>
    new Failure('shard-manifest', `${placeOf(name)} ${why}`, {
      input: placeOf(name),
      hints: ['advisories are put there by: bulwark advisories publish'],
    })
  return {
    origin: placeOf(name),
    async manifest(known) {
      const artifact = await openArtifact(name, context)
      const { digest, bytes } = await artifact.manifest()
      if (digest === known) return undefined
      const parsed = artifactShape.safeParse(JSON.parse(Buffer.from(bytes).toString()))
      const layer = parsed.data?.layers.find(({ mediaType }) => mediaType === MANIFEST_TYPE)
      if (layer === undefined) throw refuse('holds no advisories')
      if (layer.size > MAX_MANIFEST_BYTES) throw refuse(`has a manifest of more than ${MAX_MANIFEST_BYTES} bytes`)
      return { content: await artifact.blob(layer.digest as Digest, layer.size), mark: digest }
    },
    async blob({ digest, bytes }) {
      return await (await openArtifact(name, context)).blob(`sha256:${digest}`, bytes)
    },
    close: () => shared.close(),
  }
}

function placeOf({ domain, path, tag }: ImageName): string {
  return `${SCHEME}${domain}/${path}${tag === undefined ? '' : `:${tag}`}`
}

function contextOf({ env, network, signal }: RegistryAccess, shared: OpenContext['shared']): OpenContext {
  return {
    signal: signal ?? new AbortController().signal,
    limits: DEFAULT_LIMITS,
    environment: env,
    network: { offline: false, allowAddresses: [], insecureRegistries: [], pullSecrets: [], ...network },
    engines: {},
    explain: () => {},
    shared,
  }
}

async function withContext<T>(access: RegistryAccess, work: (context: OpenContext) => Promise<T>): Promise<T> {
  const shared = sharedResources()
  try {
    return await work(contextOf(access, shared))
  } finally {
    await shared.close()
  }
}
