import { Buffer } from 'node:buffer'
import { hash } from 'node:crypto'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import type { Digest } from '../../src/model/digest.ts'
import { type LayerEntry, tarOf } from './image-builder.ts'

/** A document as a registry serves it: its bytes, what it says it is, and its name. */
export interface BuiltManifest {
  readonly mediaType: string
  readonly bytes: Buffer
  readonly digest: Digest
  /** Everything that it names: layers, configs, by digest. */
  readonly blobs: ReadonlyMap<Digest, Buffer>
  /** Manifests that an index names; they are pushed before it. */
  readonly manifests: readonly BuiltManifest[]
}

export interface BuiltImage extends BuiltManifest {
  readonly platform: BuiltPlatform
  readonly config: Digest
  readonly layers: readonly { readonly blob: Digest; readonly diffId: Digest; readonly sizeBytes: number }[]
}

export interface BuiltPlatform {
  readonly os: string
  readonly architecture: string
  readonly variant?: string
}

export interface BuildOptions {
  readonly family?: 'oci' | 'docker'
  readonly encoding?: 'plain' | 'gzip' | 'zstd'
  readonly platform?: BuiltPlatform
}

const TYPES = {
  oci: {
    index: 'application/vnd.oci.image.index.v1+json',
    manifest: 'application/vnd.oci.image.manifest.v1+json',
    config: 'application/vnd.oci.image.config.v1+json',
    layer: 'application/vnd.oci.image.layer.v1.tar',
    suffix: { plain: '', gzip: '+gzip', zstd: '+zstd' },
  },
  docker: {
    index: 'application/vnd.docker.distribution.manifest.list.v2+json',
    manifest: 'application/vnd.docker.distribution.manifest.v2+json',
    config: 'application/vnd.docker.container.image.v1+json',
    layer: 'application/vnd.docker.image.rootfs.diff.tar',
    suffix: { plain: '', gzip: '.gzip', zstd: '.zstd' },
  },
} as const
const AMD64: BuiltPlatform = { os: 'linux', architecture: 'amd64' }

/** An image of these layers, oldest first, as a registry holds it. The same input gives the same digests. */
export function buildImage(layers: readonly (readonly LayerEntry[])[], options: BuildOptions = {}): BuiltImage {
  const { family = 'oci', encoding = 'gzip', platform = AMD64 } = options
  const types = TYPES[family]
  const blobs = new Map<Digest, Buffer>()
  const packed = layers.map((entries) => {
    const tar = tarOf(entries)
    const stored = encoding === 'gzip' ? gzipSync(tar) : encoding === 'zstd' ? zstdCompressSync(tar) : tar
    return { blob: put(blobs, stored), diffId: digestOf(tar), sizeBytes: stored.length }
  })
  const config = json({
    ...platform,
    config: { Env: ['PATH=/bin'], Cmd: ['/bin/sh'] },
    rootfs: { type: 'layers', diff_ids: packed.map(({ diffId }) => diffId) },
    history: packed.map((_, index) => ({ created_by: `step ${index}` })),
  })
  const bytes = json({
    schemaVersion: 2,
    mediaType: types.manifest,
    config: { mediaType: types.config, digest: put(blobs, config), size: config.length },
    layers: packed.map(({ blob, sizeBytes }) => {
      return { mediaType: `${types.layer}${types.suffix[encoding]}`, digest: blob, size: sizeBytes }
    }),
  })
  const manifest = { mediaType: types.manifest, bytes, digest: digestOf(bytes), blobs, manifests: [] }
  return { ...manifest, platform, config: digestOf(config), layers: packed }
}

/** An index of images, each with its platform and, where asked for, with BuildKit's attestations of it. */
export function buildIndex(
  images: readonly BuiltImage[],
  options: { readonly family?: 'oci' | 'docker'; readonly attested?: boolean } = {},
): BuiltManifest {
  const { family = 'oci', attested = false } = options
  const attestations = attested ? images.map((image) => ({ image, attestation: buildAttestation(image) })) : []
  const bytes = json({
    schemaVersion: 2,
    mediaType: TYPES[family].index,
    manifests: [
      ...images.map((image) => ({ ...descriptorOf(image), platform: image.platform })),
      ...attestations.map(({ image, attestation }) => ({
        ...descriptorOf(attestation),
        annotations: {
          'vnd.docker.reference.digest': image.digest,
          'vnd.docker.reference.type': 'attestation-manifest',
        },
        platform: { os: 'unknown', architecture: 'unknown' },
      })),
    ],
  })
  const manifests = [...images, ...attestations.map(({ attestation }) => attestation)]
  return { mediaType: TYPES[family].index, bytes, digest: digestOf(bytes), blobs: new Map(), manifests }
}

/** An attestation manifest as BuildKit writes it (BuildKit docs, attestation-storage.md): an SBOM and a provenance statement. */
function buildAttestation(image: BuiltImage): BuiltManifest {
  const blobs = new Map<Digest, Buffer>()
  const layers = ['https://spdx.dev/Document', 'https://slsa.dev/provenance/v0.2'].map((predicateType) => {
    const statement = json({
      _type: 'https://in-toto.io/Statement/v0.1',
      predicateType,
      subject: [{ name: 'image', digest: { sha256: image.digest.slice('sha256:'.length) } }],
      predicate: {},
    })
    return {
      mediaType: 'application/vnd.in-toto+json',
      digest: put(blobs, statement),
      size: statement.length,
      annotations: { 'in-toto.io/predicate-type': predicateType },
    }
  })
  const config = json({
    architecture: 'unknown',
    os: 'unknown',
    config: {},
    rootfs: { type: 'layers', diff_ids: layers.map(({ digest }) => digest) },
  })
  const bytes = json({
    schemaVersion: 2,
    mediaType: TYPES.oci.manifest,
    config: { mediaType: TYPES.oci.config, digest: put(blobs, config), size: config.length },
    layers,
  })
  return { mediaType: TYPES.oci.manifest, bytes, digest: digestOf(bytes), blobs, manifests: [] }
}

/** A JSON document of any content as a manifest: for what no builder makes. */
export function buildDocument(mediaType: string, content: unknown): BuiltManifest {
  const bytes = json(content)
  return { mediaType, bytes, digest: digestOf(bytes), blobs: new Map(), manifests: [] }
}

function descriptorOf({ mediaType, digest, bytes }: BuiltManifest): Record<string, unknown> {
  return { mediaType, digest, size: bytes.length }
}

function put(blobs: Map<Digest, Buffer>, bytes: Buffer): Digest {
  const digest = digestOf(bytes)
  blobs.set(digest, bytes)
  return digest
}

/** The digest of bytes, as OCI writes it. */
export function digestOf(bytes: Uint8Array): Digest {
  return `sha256:${hash('sha256', bytes)}`
}

function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value))
}
