import { Failure } from '../../lib/failure.ts'
import { fullName, parseImageName } from '../name/image-name.ts'
import type { DoorAnswer, ImageDoor, ImageName, OpenContext } from '../types.ts'
import { openRecord, platformsOf } from './image.ts'
import { allRecords, findRecords, type ImageRecord } from './metadata.ts'
import { containerdRoots } from './root.ts'

const PREFIX = 'containerd:'

/** The images that containerd keeps, read from its own storage: content store and database, without asking the daemon. */
export const containerdDoor: Pick<ImageDoor, 'open' | 'platforms' | 'list'> = {
  async open(name, reference, context) {
    const reasons: string[] = []
    let serious: Failure | undefined
    for (const root of await containerdRoots(context)) {
      const answer = openInContainerd(root, namespacesOf(context), name, reference, context)
      if ('found' in answer) return answer
      reasons.push(answer.absent)
      serious ??= answer.serious
    }
    const absent = reasons.length === 0 ? 'it is not on this machine' : reasons.join('; ')
    return serious === undefined ? { absent } : { absent, serious }
  },

  async platforms(name, context) {
    const { domain, path: repository, digest: named, text } = name
    for (const root of await containerdRoots(context)) {
      const records = findRecords(root, name, namespacesOf(context)) ?? []
      const platforms = records.flatMap((record) => platformsOf(root, record, named, text, context))
      if (platforms.length === 0) continue
      const once = new Map(platforms.map(({ platform, digest }) => [digest, platform]))
      const prefix = `${PREFIX}${domain}/${repository}@`
      return [...once].map(([digest, platform]) => ({ platform, reference: `${prefix}${digest}` }))
    }
    return undefined
  },

  async list(context) {
    const kept: (readonly ImageRecord[])[] = []
    for (const root of await containerdRoots(context)) kept.push(allRecords(root, namespacesOf(context)) ?? [])
    return kept.length === 0 ? undefined : [...new Set(kept.flatMap(referencesOf))]
  },
}

/**
 * The image of that name in one containerd root: the system's own, or the one that Docker runs (`<data root>/containerd/daemon`, namespace
 * `moby`). All namespaces are asked unless some are named; the first that has it for the wanted platform answers.
 * @throws Failure when the image is there and cannot be had.
 */
export function openInContainerd(
  root: string,
  namespaces: readonly string[] | undefined,
  name: ImageName,
  reference: string,
  context: OpenContext,
): DoorAnswer {
  const records = recordsOrRefusal(root, namespaces, name)
  if ('absent' in records) return records
  const reasons: string[] = []
  for (const record of records) {
    const answer = openRecord(root, record, name.digest, reference, context)
    const where = `${record.name} in namespace ${record.namespace} of ${root}`
    context.explain(`containerd: ${where}: ${'image' in answer ? answer.image.digest : answer.absent}`)
    if ('image' in answer) return { found: { kind: 'image', image: answer.image } }
    reasons.push(`namespace ${record.namespace}: ${answer.absent}`)
  }
  return { absent: [...new Set(reasons)].join('; ') }
}

function recordsOrRefusal(
  root: string,
  namespaces: readonly string[] | undefined,
  name: ImageName,
): readonly ImageRecord[] | Extract<DoorAnswer, { absent: string }> {
  let records: readonly ImageRecord[] | undefined
  try {
    records = findRecords(root, name, namespaces)
  } catch (error) {
    if (error instanceof Failure && error.code === 'storage-denied') return { absent: error.message, serious: error }
    throw error
  }
  if (records === undefined) return { absent: `${root} is no storage of containerd` }
  const targets = new Set(records.map(({ target }) => target.digest))
  if (name.digest === undefined && targets.size > 1 && records.every((record) => isById(record, name)))
    return { absent: `${targets.size} images have an ID that begins so` }
  if (records.length > 0) return records
  return {
    absent: `${namespaces === undefined ? 'no namespace' : `namespace ${namespaces.join(', ')}`} of ${root} has it`,
  }
}

/** Whether it was found by an ID, which is meant only when it is the only one. */
function isById(record: ImageRecord, name: ImageName): boolean {
  return record.name !== name.text && record.name !== fullName(name)
}

/** `$CONTAINERD_NAMESPACE`, as `ctr` and `nerdctl` have it. */
function namespacesOf({ environment }: OpenContext): readonly string[] | undefined {
  return environment.CONTAINERD_NAMESPACE ? [environment.CONTAINERD_NAMESPACE] : undefined
}

/** References of images, each once: its first name, or where that means another image in another namespace, its digest. */
function referencesOf(records: readonly ImageRecord[]): string[] {
  const meaning = new Map<string, string>()
  const best = new Map<string, ImageRecord>()
  for (const record of records) {
    if (!meaning.has(record.name)) meaning.set(record.name, record.target.digest)
    const known = best.get(record.target.digest)
    if (known === undefined || kindOf(record) < kindOf(known)) best.set(record.target.digest, record)
  }
  return [...best].map(([digest, { name }]) => {
    const isOwn = meaning.get(name) === digest
    try {
      const parsed = parseImageName(name)
      return isOwn ? `${PREFIX}${name}` : `${PREFIX}${parsed.domain}/${parsed.path}@${digest}`
    } catch {
      return `${PREFIX}${digest}`
    }
  })
}

/** A tag says more than a digest, a digest more than an ID. */
function kindOf({ name }: ImageRecord): number {
  return name.startsWith('sha256:') ? 2 : name.includes('@') ? 1 : 0
}
