import path from 'node:path'
import { Failure } from '../../lib/failure.ts'
import type { Digest } from '../../model/digest.ts'
import { isStored } from '../engine-storage/stored-document.ts'
import { familiarRepository } from '../name/image-name.ts'
import { type ConfigDocument, configSchema, parseDocument, verifyDocument } from '../open/documents.ts'
import { type Platform, parsePlatform, platformMatches, platformText } from '../open/platform.ts'
import type { DoorAnswer, ImageDoor, ImageName, OpenContext } from '../types.ts'
import { dockerRoots, type ImageStore, imageStores } from './data-root.ts'
import { assembleKept, findImage, namesOf } from './image.ts'

const PREFIX = 'docker:'
/** Docker's namespace in containerd, where that keeps its images. */
const NAMESPACES = ['moby']

/** Images that Docker keeps, read where they lie, else through its API. */
export const dockerDoor: Pick<ImageDoor, 'open' | 'platforms' | 'list'> = {
  async open(name, reference, context) {
    const opened = openStores(context)
    const reasons = [...opened.reasons]
    for (const store of opened.stores) {
      const answer = openIn(store, name, reference, context)
      if ('found' in answer) return answer
      reasons.push(`${store.root}: ${answer.absent}`)
    }
    const inContainerd = await openContainerd(opened.roots, name, reference, context)
    if (inContainerd !== undefined && 'found' in inContainerd) return inContainerd
    // Storage that can be read says all: its engine has nothing to add.
    const isKnown = opened.stores.length > 0 && opened.denied === undefined
    const asked = isKnown ? undefined : await ask(name, reference, context)
    if (asked !== undefined && 'found' in asked) return asked
    if (asked !== undefined) reasons.push(asked.absent)
    const serious = asked?.serious ?? opened.denied
    return { absent: reasons.join('; '), ...(serious && { serious }) }
  },

  async platforms(name, context) {
    for (const store of openStores(context).stores) {
      const match = findImage(store, name)
      const config = 'id' in match ? configOf(store, match.id, name.text, context) : undefined
      if (config === undefined || !('id' in match)) continue
      return [{ platform: platformText(platformOf(config)), reference: `${PREFIX}${match.id}` }]
    }
    return undefined
  },

  async list(context) {
    const { stores } = openStores(context)
    if (stores.length === 0) return (await import('../engine-api/docker.ts')).listDockerImages(context)
    const taken = new Set<string>()
    return stores.flatMap((store) => listedIn(store, taken).map((reference) => `${PREFIX}${reference}`))
  },
}

/** References of the images that `docker images` shows: not the steps on the way to another one. `taken` are names of stores before. */
function listedIn(store: ImageStore, taken: Set<string>): readonly string[] {
  const ids = store.ids()
  const steps = new Set(ids.map((id) => store.parentOf(id)))
  return ids.flatMap((id) => {
    const { tags, digest } = namesOf(store, id, undefined)
    if (tags.length === 0 && digest === undefined && steps.has(id)) return []
    const own = tags.find((tag) => !taken.has(tag)) ?? id
    if (taken.has(own)) return []
    taken.add(own)
    return [own]
  })
}

async function ask(name: ImageName, reference: string, context: OpenContext): Promise<DoorAnswer> {
  return (await import('../engine-api/docker.ts')).openThroughDockerApi(name, reference, context)
}

interface Opened {
  readonly roots: readonly string[]
  readonly stores: readonly ImageStore[]
  readonly denied?: Failure
  readonly reasons: readonly string[]
}

function openStores(context: OpenContext): Opened {
  const roots = dockerRoots(context)
  const stores: ImageStore[] = []
  const reasons: string[] = []
  let denied: Failure | undefined
  for (const root of roots) {
    try {
      const found = imageStores(root)
      for (const { driver, root: at } of found) context.explain(`docker: reads its storage at ${at}, driver ${driver}`)
      if (found.length === 0) reasons.push(`no storage at ${root}`)
      stores.push(...found)
    } catch (error) {
      if (!(error instanceof Failure) || error.code !== 'storage-denied') throw error
      context.explain(`docker: ${error.message}`)
      reasons.push(error.message)
      denied ??= error
    }
  }
  // Who reads what is the user's own is not held up by what is the system's.
  return { roots, stores, reasons, ...(denied && stores.length === 0 && { denied }) }
}

function openIn(store: ImageStore, name: ImageName, reference: string, context: OpenContext): DoorAnswer {
  try {
    const match = findImage(store, name)
    if ('absent' in match) return match
    const { id } = match
    const config = configOf(store, id, reference, context)
    if (config === undefined) return { absent: `the image ${id} is not there any more` }
    const offered = platformOf(config)
    if (!isWanted(offered, context)) return { absent: `it has it for ${platformText(offered)} only` }
    const names = namesOf(store, id, familiarRepository(name))
    return { found: { kind: 'image', image: assembleKept(store, { id, config, reference, ...names }) } }
  } catch (error) {
    if (error instanceof Failure && error.code === 'storage-denied') return { absent: error.message, serious: error }
    throw error
  }
}

/** @throws Failure `digest-mismatch`, `document-invalid`. */
function configOf(
  store: ImageStore,
  id: Digest,
  reference: string,
  { limits }: OpenContext,
): ConfigDocument | undefined {
  const bytes = store.config(id, limits.documentBytes)
  if (bytes === undefined) return undefined
  verifyDocument(bytes, id, reference, 'config')
  return parseDocument(configSchema, bytes, reference, `config ${id}`)
}

/** Docker can have containerd keep its images: its own below the data root, or the system's. */
async function openContainerd(
  roots: readonly string[],
  name: ImageName,
  reference: string,
  context: OpenContext,
): Promise<DoorAnswer | undefined> {
  const places = roots.map((root) => path.join(root, 'containerd/daemon'))
  if (context.engines.dockerRoot === undefined && roots.length > 0) {
    const { containerdRoots } = await import('../containerd/root.ts')
    places.push(...(await containerdRoots(context)))
  }
  let answer: DoorAnswer | undefined
  for (const place of places) {
    const held = await inContainerd(place, name, reference, context)
    if (held !== undefined && 'found' in held) return held
    answer ??= held
  }
  return answer
}

async function inContainerd(
  place: string,
  name: ImageName,
  reference: string,
  context: OpenContext,
): Promise<DoorAnswer | undefined> {
  try {
    // One that runs for Docker is there also where it keeps no images.
    if (!isStored(path.join(place, 'io.containerd.metadata.v1.bolt/meta.db'))) return undefined
  } catch {
    return undefined
  }
  const { openInContainerd } = await import('../containerd/door.ts')
  return openInContainerd(place, NAMESPACES, name, reference, context)
}

function platformOf({ os, architecture, variant }: ConfigDocument): Platform {
  return { os: os ?? 'linux', architecture: architecture ?? 'unknown', ...(variant ? { variant } : {}) }
}

function isWanted(offered: Platform, { platform }: OpenContext): boolean {
  if (platform === undefined) return true
  const wanted = parsePlatform(platform)
  const { os, architecture } = wanted
  return platformMatches(offered, offered.variant === undefined ? { os, architecture } : wanted)
}
