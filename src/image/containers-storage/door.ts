import { Failure } from '../../lib/failure.ts'
import { fullName, parseImageName } from '../name/image-name.ts'
import { machinePlatform, type Platform, parsePlatform, platformText } from '../open/platform.ts'
import type { DoorAnswer, ImageDoor, ImageName, OpenContext } from '../types.ts'
import { findImages, fits } from './find.ts'
import { type GraphRoot, graphRoots, type StoredImage } from './graph-root.ts'
import { assembleStored, readDocuments, type StoredDocuments } from './image.ts'
import { crioPlaces, podmanPlaces, type StoragePlaces } from './places.ts'

type Door = Pick<ImageDoor, 'open' | 'platforms' | 'list'>

/** An engine that keeps its images in containers/storage. */
interface Engine {
  readonly prefix: string
  /** Where its storage is; undefined when the engine is not here, or when the user pointed at one elsewhere. */
  places(context: OpenContext): Promise<StoragePlaces | undefined>
  /** The second choice, where the storage cannot be read. */
  ask?(name: ImageName, reference: string, context: OpenContext): Promise<DoorAnswer>
  list?(context: OpenContext): Promise<readonly string[] | undefined>
}

/** Images that podman keeps, read where they lie, else through its API. */
export const podmanDoor: Door = storageDoor({
  prefix: 'podman:',
  places: async (context) => ((await isElsewhere(context)) ? undefined : podmanPlaces(context)),
  ask: async (name, reference, context) =>
    (await import('../engine-api/podman.ts')).openThroughPodmanApi(name, reference, context),
  list: async (context) => (await import('../engine-api/podman.ts')).listPodmanImages(context),
})

/** Images that CRI-O keeps, read where they lie. */
export const crioDoor: Door = storageDoor({ prefix: 'cri-o:', places: crioPlaces })

/** Whether the user named a podman to ask: what lies on this machine is then not what is meant. */
async function isElsewhere(context: OpenContext): Promise<boolean> {
  if (context.engines.podmanRoot !== undefined) return false
  if (context.engines.podmanHost !== undefined) return true
  return Boolean(context.environment.CONTAINER_HOST)
}

/** Storage that is here, that of each driver by itself, and the first permission that was denied. */
interface Opened {
  readonly roots: readonly GraphRoot[]
  readonly denied?: Failure
  /** What to say when nothing is found. */
  readonly looked: string
}

function storageDoor(engine: Engine): Door {
  return {
    async open(name, reference, context) {
      const opened = await openRoots(engine, context)
      const answer =
        opened.roots.length === 0 ? undefined : await openIn(opened.roots, engine, name, reference, context)
      if (answer !== undefined && 'found' in answer) return answer
      // Storage that can be read says all: its engine has nothing to add.
      const asked = answer === undefined ? await engine.ask?.(name, reference, context) : undefined
      if (asked !== undefined && 'found' in asked) return asked
      const reasons = [opened.looked, answer?.absent, asked?.absent].filter((reason) => reason !== undefined)
      const serious = asked?.serious ?? opened.denied
      return { absent: reasons.join('; '), ...(serious && { serious }) }
    },

    async platforms(name, context) {
      const { roots } = await openRoots(engine, context)
      const images = await imagesOf(roots)
      const matches = findImages(images, name, true)
      if ('absent' in matches) return undefined
      return matches
        .flatMap((image) => instancesOf(image, images, name.text, context))
        .map(({ image, documents }) => ({
          platform: platformText(platformOf(documents)),
          reference: `${engine.prefix}sha256:${image.id}`,
        }))
    },

    async list(context) {
      const { roots } = await openRoots(engine, context)
      if (roots.length === 0) return engine.list?.(context)
      const images = await imagesOf(roots)
      // A list of manifests is no image: those that it names stand for themselves.
      const own = images.filter((image) => image.layer !== undefined || isImage(image, context))
      const once = new Map(own.map((image) => [image.id, image]).reverse() as [string, StoredImage][])
      const owners = ownersOf(images)
      return [...once.values()].reverse().map((image) => `${engine.prefix}${referenceOf(image, owners)}`)
    },
  }
}

async function openRoots(engine: Engine, context: OpenContext): Promise<Opened> {
  const places = await engine.places(context)
  if (places === undefined) return { roots: [], looked: 'no storage of it on this machine is looked at' }
  const roots: GraphRoot[] = []
  let denied: Failure | undefined
  for (const place of [...places.roots, ...places.additional]) {
    try {
      const found = graphRoots(place, places.driver)
      for (const { driver } of found)
        context.explain(`${engine.prefix} reads its storage at ${place}, driver ${driver}`)
      roots.push(...found)
    } catch (error) {
      if (!(error instanceof Failure) || error.code !== 'storage-denied') throw error
      context.explain(`${engine.prefix} ${error.message}`)
      denied ??= error
    }
  }
  const main = places.roots.join(' and ')
  if (roots.length > 0)
    return { roots, looked: `storage at ${[...new Set(roots.map((root) => root.path))].join(', ')}` }
  return { roots, ...(denied && { denied }), looked: denied?.message ?? `no storage at ${main}` }
}

async function imagesOf(roots: readonly GraphRoot[]): Promise<readonly StoredImage[]> {
  return (await Promise.all(roots.map((root) => root.images()))).flat()
}

async function openIn(
  roots: readonly GraphRoot[],
  engine: Engine,
  name: ImageName,
  reference: string,
  context: OpenContext,
): Promise<DoorAnswer> {
  try {
    const images = await imagesOf(roots)
    const matches = findImages(images, name, reference.startsWith(engine.prefix))
    if ('absent' in matches) return matches
    const wanted = context.platform === undefined ? undefined : parsePlatform(context.platform)
    const instances = matches.flatMap((image) => instancesOf(image, images, reference, context))
    const { image, documents } = instances.find((one) => fits(platformOf(one.documents), wanted)) ?? {}
    if (image === undefined || documents === undefined) return { absent: otherPlatforms(instances) }
    const found = await assembleStored(image, documents, reference, roots)
    return { found: { kind: 'image', image: found } }
  } catch (error) {
    if (error instanceof Failure && error.code === 'storage-denied') return { absent: error.message, serious: error }
    throw error
  }
}

interface Instance {
  readonly image: StoredImage
  readonly documents: StoredDocuments
}

/** The image itself, or those of its list that are here, the machine's own platform first. */
function instancesOf(
  image: StoredImage,
  images: readonly StoredImage[],
  reference: string,
  { limits }: OpenContext,
): readonly Instance[] {
  const documents = readDocuments(image, reference, limits)
  if (!('manifests' in documents)) return [{ image, documents }]
  const named = documents.manifests.filter(({ isAttestation }) => !isAttestation)
  return named
    .flatMap(({ digest }) => images.find((one) => one.digest === digest && one.id !== image.id) ?? [])
    .flatMap((one): Instance[] => {
      const own = readDocuments(one, reference, limits)
      return 'manifests' in own ? [] : [{ image: one, documents: own }]
    })
    .sort((a, b) => Number(isMachines(b)) - Number(isMachines(a)))
}

/** Which image a name leads to: the first that has it, as roots of several drivers may have one each. */
function ownersOf(images: readonly StoredImage[]): ReadonlyMap<string, string> {
  const owners = new Map<string, string>()
  for (const { id, names } of images) for (const name of names) if (!owners.has(name)) owners.set(name, id)
  return owners
}

/** A name that leads to this image, else its ID. */
function referenceOf({ id, names }: StoredImage, owners: ReadonlyMap<string, string>): string {
  return names.find((name) => owners.get(name) === id && isFullName(name)) ?? `sha256:${id}`
}

function isFullName(text: string): boolean {
  try {
    const name = parseImageName(text)
    return name.digest === undefined && fullName(name) === text
  } catch {
    return false
  }
}

function isMachines({ documents }: Instance): boolean {
  return fits(platformOf(documents), machinePlatform())
}

function isImage(image: StoredImage, { limits }: OpenContext): boolean {
  try {
    return !('manifests' in readDocuments(image, image.id, limits))
  } catch {
    // What is wrong with it is said when it is opened.
    return true
  }
}

function platformOf({ config }: StoredDocuments): Platform {
  const { os, architecture, variant } = config
  return { os: os ?? 'linux', architecture: architecture ?? 'unknown', ...(variant ? { variant } : {}) }
}

function otherPlatforms(instances: readonly Instance[]): string {
  const held = [...new Set(instances.map(({ documents }) => platformText(platformOf(documents))))]
  return held.length === 0
    ? 'it has a list of manifests, and none of their images'
    : `it has it for ${held.join(', ')} only`
}
