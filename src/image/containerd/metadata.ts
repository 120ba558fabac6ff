import { existsSync } from 'node:fs'
import path from 'node:path'
import { type BoltBucket, readBoltFile } from '../../lib/bolt/database.ts'
import { Failure } from '../../lib/failure.ts'
import { isAbsent, isDenied } from '../../lib/system-error.ts'
import type { Digest } from '../../model/digest.ts'
import { fullName } from '../name/image-name.ts'
import type { ImageName } from '../types.ts'

/** What a namespace calls an image, and what that is (containerd, metadata/buckets.go). */
export interface ImageRecord {
  readonly namespace: string
  /** As containerd stores it, usually whole: `docker.io/library/alpine:latest`; an ID for images of Kubernetes. */
  readonly name: string
  readonly target: { readonly digest: Digest; readonly mediaType?: string }
}

/** Asked in this order; others after them, by name. */
const KNOWN_NAMESPACES = ['default', 'k8s.io', 'moby']
/** The database of a containerd root: images, content and snapshots by namespace. */
const METADATA = 'io.containerd.metadata.v1.bolt/meta.db'
/** Snapshotters that keep each layer in a folder as overlayfs has it. */
const OVERLAY_SNAPSHOTTERS = ['overlayfs', 'fuse-overlayfs']
const COMMITTED = 3

/**
 * What may be meant by `name`, namespace by namespace: its name, its digest in the same repository, or an ID. Undefined where there is no
 * database.
 * @throws Failure `bolt-damaged`, `bolt-busy`, `storage-denied`; the system's error.
 */
export function findRecords(
  root: string,
  name: ImageName,
  namespaces?: readonly string[],
): readonly ImageRecord[] | undefined {
  const { digest, text } = name
  const exact = [...new Set([fullName(name), text])]
  const id = /^(?:sha256:)?([0-9a-f]{7,64})$/.exec(text)?.[1]
  return readMetadata(root, (database) =>
    namespacesOf(database, namespaces).flatMap(({ namespace, images }) => {
      if (digest !== undefined) {
        const inRepository = recordsIn(namespace, images).filter((record) => hasRepository(record, name))
        return inRepository.sort((a, b) => Number(b.target.digest === digest) - Number(a.target.digest === digest))
      }
      const named = exact.flatMap((one) => recordOf(namespace, one, images.bucket(one)))
      if (named.length > 0 || id === undefined) return named.slice(0, 1)
      return recordsIn(namespace, images).filter((record) => hasId(record, `sha256:${id}`))
    }),
  )
}

/**
 * All images of these namespaces, or of all; undefined where there is no database.
 * @throws Failure as {@link findRecords}.
 */
export function allRecords(root: string, namespaces?: readonly string[]): readonly ImageRecord[] | undefined {
  return readMetadata(root, (database) =>
    namespacesOf(database, namespaces).flatMap(({ namespace, images }) => recordsIn(namespace, images)),
  )
}

/**
 * The folders in which layers lie unpacked, by their chain ID (OCI image-spec, config.md, "Layer ChainID"); undefined for those that do not.
 * @throws Failure as {@link findRecords}.
 */
export function unpackedFolders(
  root: string,
  namespace: string,
  chainIds: readonly Digest[],
): readonly (string | undefined)[] {
  const found = readMetadata(root, (database) => {
    const namespaces = namespacesOf(database).map((one) => one.namespace)
    const order = [...new Set([namespace, ...namespaces])]
    return chainIds.map((chainId) => snapshotOf(database, order, chainId))
  })
  return (found ?? []).map((snapshot) => (snapshot === undefined ? undefined : folderOf(root, snapshot)))
}

function readMetadata<Result>(root: string, use: (database: BoltBucket) => Result): Result | undefined {
  try {
    return readBoltFile(path.join(root, METADATA), use)
  } catch (error) {
    if (isAbsent(error)) return undefined
    if (!isDenied(error)) throw error
    throw new Failure('storage-denied', `the storage of containerd in ${root} may not be read by this user`, {
      input: root,
      hints: ['run as root, or export the image with `ctr images export` and scan the archive'],
      cause: error,
    })
  }
}

function hasRepository(record: ImageRecord, { domain, path: repository }: ImageName): boolean {
  const name = `${domain}/${repository}`
  return record.name.startsWith(name) && /^(:[\w][\w.-]*)?(@.*)?$/.test(record.name.slice(name.length))
}

/** Kubernetes names an image by its config's digest too; `nerdctl` shows the beginning of the manifest's. */
function hasId({ name, target }: ImageRecord, id: string): boolean {
  return name.startsWith(id) || target.digest.startsWith(id)
}

function namespacesOf(
  database: BoltBucket,
  only?: readonly string[],
): { readonly namespace: string; readonly images: BoltBucket }[] {
  const found: { readonly namespace: string; readonly images: BoltBucket }[] = []
  for (const { key: namespace, bucket } of database.bucket('v1')?.entries() ?? []) {
    const images = bucket?.bucket('images')
    if (images !== undefined && (only === undefined || only.includes(namespace))) found.push({ namespace, images })
  }
  const rank = ({ namespace }: { readonly namespace: string }): number => {
    const at = KNOWN_NAMESPACES.indexOf(namespace)
    return at < 0 ? KNOWN_NAMESPACES.length : at
  }
  return found.sort((a, b) => rank(a) - rank(b))
}

function recordsIn(namespace: string, images: BoltBucket): ImageRecord[] {
  const records: ImageRecord[] = []
  for (const { key, bucket } of images.entries()) records.push(...recordOf(namespace, key, bucket))
  return records
}

function recordOf(namespace: string, name: string, bucket: BoltBucket | undefined): ImageRecord[] {
  const target = bucket?.bucket('target')
  const digest = target?.text('digest')
  if (digest === undefined || !/^(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/.test(digest)) return []
  const mediaType = target?.text('mediatype')
  return [{ namespace, name, target: { digest: digest as Digest, ...(mediaType ? { mediaType } : {}) } }]
}

interface Snapshot {
  readonly snapshotter: string
  /** Its key in the snapshotter's own database. */
  readonly key: string
}

function snapshotOf(database: BoltBucket, namespaces: readonly string[], chainId: Digest): Snapshot | undefined {
  for (const namespace of namespaces) {
    for (const snapshotter of OVERLAY_SNAPSHOTTERS) {
      const key = database.bucket('v1', namespace, 'snapshots', snapshotter, chainId)?.text('name')
      if (key !== undefined) return { snapshotter, key }
    }
  }
  return undefined
}

/** The folder of a committed snapshot (containerd, snapshots/storage/bolt.go): those under way are not the layer. */
function folderOf(root: string, { snapshotter, key }: Snapshot): string | undefined {
  const place = path.join(root, `io.containerd.snapshotter.v1.${snapshotter}`)
  const database = path.join(place, 'metadata.db')
  if (!existsSync(database)) return undefined
  const id = readBoltFile(database, (bolt) => {
    const snapshot = bolt.bucket('v1', 'snapshots', key)
    return snapshot?.value('kind')?.[0] === COMMITTED ? snapshot.value('id') : undefined
  })
  const number = id === undefined ? undefined : unsignedVarint(id)
  const folder = number === undefined ? undefined : path.join(place, 'snapshots', String(number), 'fs')
  return folder !== undefined && existsSync(folder) ? folder : undefined
}

/** Go's `binary.Uvarint`: seven bits a byte, low ones first. */
function unsignedVarint(bytes: Uint8Array): bigint | undefined {
  let value = 0n
  for (let i = 0; i < Math.min(bytes.length, 10); i++) {
    value |= BigInt(bytes[i] & 0x7f) << BigInt(7 * i)
    if (bytes[i] < 0x80) return value
  }
  return undefined
}
