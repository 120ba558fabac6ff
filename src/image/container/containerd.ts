import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { readBoltFile } from '../../lib/bolt/database.ts'
import { Failure } from '../../lib/failure.ts'
import { isDenied } from '../../lib/system-error.ts'
import { openRecord } from '../containerd/image.ts'
import { findRecords, unpackedFolders } from '../containerd/metadata.ts'
import { containerdRoots } from '../containerd/root.ts'
import { chainIds } from '../engine-storage/chain-ids.ts'
import { denied } from '../engine-storage/stored-document.ts'
import { parseImageName } from '../name/image-name.ts'
import type { ContainerTarget, OpenContext } from '../types.ts'
import { type Answer, choose } from './search.ts'

const METADATA = 'io.containerd.metadata.v1.bolt/meta.db'
/** Labels in which clients of containerd keep the name that they gave. */
const NAME_LABELS = ['nerdctl/name', 'io.kubernetes.container.name']
const ACTIVE = 2

interface Listed {
  readonly id: string
  readonly names: readonly string[]
  readonly root: string
  readonly namespace: string
  readonly image: string
  readonly snapshotter: string
  readonly snapshot: string
}

/** A container of containerd (also of Kubernetes and nerdctl), read from its databases. @throws Failure naming the root. */
export async function findContainerdContainer(
  name: string,
  reference: string,
  context: OpenContext,
): Promise<Answer<ContainerTarget>> {
  const roots = await containerdRoots(context)
  if (roots.length === 0) return { absent: 'containerd: no storage' }
  let serious: Failure | undefined
  const listed = roots.flatMap((root) => {
    try {
      return containersIn(root)
    } catch (error) {
      if (!isDenied(error)) throw error
      serious = denied(root, error)
      return []
    }
  })
  const found = choose(name, listed, 'containerd')
  if (found === undefined) return { absent: 'containerd: no such container', ...(serious && { serious }) }
  return { found: openListed(found, reference, context) }
}

/** `v1/NAMESPACE/containers/ID` (containerd, metadata/buckets.go); those of Docker are found with Docker. */
function containersIn(root: string): readonly Listed[] {
  const file = join(root, METADATA)
  if (!existsSync(file)) return []
  return readBoltFile(file, (database) =>
    [...(database.bucket('v1')?.entries() ?? [])].flatMap(({ key: namespace, bucket }) =>
      namespace === 'moby'
        ? []
        : [...(bucket?.bucket('containers')?.entries() ?? [])].flatMap(({ key: id, bucket: container }) => {
            const labels = container?.bucket('labels')
            const names = NAME_LABELS.flatMap((label) => labels?.text(label) ?? [])
            const [image, snapshotter, snapshot] = ['image', 'snapshotter', 'snapshotKey'].map(
              (key) => container?.text(key) ?? '',
            )
            return [{ id, names, root, namespace, image, snapshotter: snapshotter || 'overlayfs', snapshot }]
          }),
    ),
  )
}

function openListed(
  { id, names, root, namespace, image: name, snapshotter, snapshot }: Listed,
  reference: string,
  context: OpenContext,
): ContainerTarget {
  const upper = snapshotFolder(root, namespace, snapshotter, snapshot)
  if (upper === undefined)
    throw new Failure(
      'container-storage-unknown',
      `its file system (snapshotter ${snapshotter.slice(0, 50)}) is not one of overlayfs`,
      { input: reference },
    )
  const records = name === '' ? [] : (findRecords(root, parseImageName(name), [namespace]) ?? [])
  const opened = records.length === 0 ? undefined : openRecord(root, records[0], undefined, reference, context)
  if (opened === undefined || !('image' in opened))
    throw new Failure(
      'container-image-unknown',
      `its image ${name.slice(0, 200)} is not here any more${opened === undefined ? '' : `: ${opened.absent}`}`,
      { input: reference },
    )
  const { image } = opened
  const folders = unpackedFolders(root, namespace, chainIds(image.layers.map(({ diffId }) => diffId)))
  const lowers = folders.filter((folder) => folder !== undefined).reverse()
  if (lowers.length !== image.layers.length)
    throw new Failure(
      'container-image-unknown',
      `the name ${name.slice(0, 200)} is now another image than that of the container`,
      { input: reference },
    )
  return { reference, engine: 'containerd', id, name: names[0] ?? id, image, upper, lowers, diagnostics: [] }
}

/** The folder of a container's own snapshot; undefined for other kinds. */
function snapshotFolder(root: string, namespace: string, snapshotter: string, key: string): string | undefined {
  if (!/^[a-z-]+$/.test(snapshotter) || key === '') return undefined
  const place = join(root, `io.containerd.snapshotter.v1.${snapshotter}`)
  const database = join(place, 'metadata.db')
  if (!existsSync(database)) return undefined
  const own = readBoltFile(join(root, METADATA), (bolt) =>
    bolt.bucket('v1', namespace, 'snapshots', snapshotter, key)?.text('name'),
  )
  if (own === undefined) return undefined
  const id = readBoltFile(database, (bolt) => {
    const bucket = bolt.bucket('v1', 'snapshots', own)
    return bucket?.value('kind')?.[0] === ACTIVE ? bucket.value('id') : undefined
  })
  const folder = id === undefined ? undefined : join(place, 'snapshots', String(unsignedVarint(id)), 'fs')
  return folder !== undefined && existsSync(folder) ? folder : undefined
}

/** Go's `binary.Uvarint`: seven bits a byte, low ones first. */
function unsignedVarint(bytes: Uint8Array): bigint {
  let value = 0n
  for (let i = 0; i < Math.min(bytes.length, 10); i++) {
    value |= BigInt(bytes[i] & 0x7f) << BigInt(7 * i)
    if (bytes[i] < 0x80) break
  }
  return value
}
