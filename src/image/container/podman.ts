import { Buffer } from 'node:buffer'
import { isAbsolute, join } from 'node:path'
import process from 'node:process'
import * as z from 'zod/mini'
import { Failure } from '../../lib/failure.ts'
import type { Diagnostic } from '../../model/diagnostic.ts'
import type { Digest } from '../../model/digest.ts'
import { crioPlaces, podmanPlaces } from '../containers-storage/places.ts'
import { isStored } from '../engine-storage/stored-document.ts'
import type { ContainerTarget, OpenContext } from '../types.ts'
import { imageOf, type UnpackedLayer } from './layers.ts'
import { mountNotice } from './mounts.ts'
import { type Answer, choose, readDocument, readText } from './search.ts'

const names = z.pipe(
  z.nullish(z.array(z.string())),
  z.transform((list) => list ?? []),
)
/** `containers.json` and `layers.json` of containers/storage (github.com/containers/storage, containers.go and layers.go). */
const containersSchema = z.array(
  z.object({
    id: z.string(),
    names,
    image: z.optional(z.string()),
    layer: z.string(),
    metadata: z.optional(z.string()),
  }),
)
const layersSchema = z.array(
  z.object({ id: z.string(), parent: z.optional(z.string()), 'diff-digest': z.optional(z.string()) }),
)
type Listed = z.infer<typeof containersSchema>[number] & { readonly place: Place }

interface Place {
  readonly root: string
  /** Where what does not survive a restart is kept. */
  readonly run?: string
}

const SYSTEM_RUN = '/run/containers/storage'
const ID = /^[0-9a-f]{64}$/
const DIGEST = /^sha256:[0-9a-f]{64}$/

/** A container of podman, or of whoever else keeps containers/storage (CRI-O), read from there. @throws Failure naming a file of the storage. */
export async function findPodmanContainer(
  name: string,
  reference: string,
  context: OpenContext,
): Promise<Answer<ContainerTarget>> {
  const places = await placesOf(context)
  const listed: Listed[] = []
  let serious: Failure | undefined
  for (const place of places) {
    try {
      listed.push(...containersIn(place))
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      serious ??= error
    }
  }
  const candidates = listed.filter(({ id, layer }) => ID.test(id) && ID.test(layer))
  const found = choose(name, candidates, 'podman')
  if (found === undefined) return { absent: 'podman: no such container', ...(serious && { serious }) }
  return { found: openListed(found, reference) }
}

/** Storage of podman and of CRI-O; what does not survive a restart lies elsewhere, at a place that nobody writes down. */
async function placesOf(context: OpenContext): Promise<readonly Place[]> {
  const { engines, environment } = context
  const podman = await podmanPlaces(context)
  const crio = engines.podmanRoot === undefined ? await crioPlaces(context) : undefined
  const roots = [...new Set([...podman.roots, ...(crio?.roots ?? [])])]
  const runtime = environment.XDG_RUNTIME_DIR
  const run = process.geteuid?.() === 0 || !runtime || !isAbsolute(runtime) ? SYSTEM_RUN : join(runtime, 'containers')
  return roots.map((root) => (root === engines.podmanRoot ? { root } : { root, run }))
}

function containersIn(place: Place): readonly Listed[] {
  const { root, run } = place
  const listed = parse(containersSchema, join(root, 'overlay-containers/containers.json'))
  const volatile =
    run === undefined ? [] : parse(containersSchema, join(run, 'overlay-containers/volatile-containers.json'))
  // Several roots may have one such list in common.
  const here = volatile.filter(({ layer }) => ID.test(layer) && isStored(join(root, 'overlay', layer)))
  return [...listed, ...here].map((one) => ({ ...one, place }))
}

function parse<Schema extends z.ZodMiniType>(schema: Schema, file: string): z.infer<Schema> | readonly [] {
  const document = readDocument(file)
  if (document === undefined) return []
  const parsed = schema.safeParse(document)
  if (parsed.success) return parsed.data
  throw new Failure('container-storage-damaged', `it is not what it should be: ${parsed.error.issues[0].message}`, {
    input: file,
  })
}

function openListed({ id, names: called, image, layer, metadata, place }: Listed, reference: string): ContainerTarget {
  const { root } = place
  const layers = chainOf(root, layer, place)
  const config = image === undefined || !ID.test(image) ? undefined : readConfig(root, image)
  if (config === undefined)
    throw new Failure('container-image-unknown', 'its image is not in the storage', {
      input: reference,
      hints: ['it may have been made from a folder (podman run --rootfs): scan that with dir:FOLDER'],
    })
  const folder = (one: string): string => join(root, 'overlay', one, 'diff')
  const unpacked = layers.map(
    ({ id: of, digest }): UnpackedLayer => ({
      diffId: digest,
      folder: folder(of),
      split: join(root, 'overlay-layers', `${of}.tar-split.gz`),
    }),
  )
  return {
    reference,
    engine: 'podman',
    id,
    name: called[0] ?? id,
    image: imageOf(reference, imageName(metadata) ?? image ?? id, config, unpacked),
    upper: folder(layer),
    lowers: unpacked.map((one) => one.folder).reverse(),
    diagnostics: noticesOf(id, place),
  }
}

/** The image's layers, oldest first, below the container's own. @throws Failure `container-storage-damaged`. */
function chainOf(
  root: string,
  own: string,
  { run }: Place,
): readonly { readonly id: string; readonly digest: Digest }[] {
  const files = [
    join(root, 'overlay-layers/layers.json'),
    join(root, 'overlay-layers/volatile-layers.json'),
    ...(run === undefined ? [] : [join(run, 'overlay-layers/volatile-layers.json')]),
  ]
  const byId = new Map(files.flatMap((file) => parse(layersSchema, file).map((one) => [one.id, one] as const)))
  const damaged = (why: string): Failure => new Failure('container-storage-damaged', why, { input: files[0] })
  const chain: { readonly id: string; readonly digest: Digest }[] = []
  for (let id = byId.get(own)?.parent; id !== undefined && id !== ''; id = byId.get(id)?.parent) {
    const digest = byId.get(id)?.['diff-digest']
    if (!ID.test(id) || digest === undefined || !DIGEST.test(digest))
      throw damaged(`the layer ${id.slice(0, 64)} is not described`)
    if (chain.length > byId.size) throw damaged('its layers run in a circle')
    chain.push({ id, digest: digest as Digest })
  }
  if (!byId.has(own)) throw damaged(`the layer ${own} is not described`)
  return chain.reverse()
}

/** The config lies under its digest, in Base64 (containers/storage, pkg/stringutils and images.go, `bigDataNameToFile`). */
function readConfig(root: string, image: string): string | undefined {
  const file = `=${Buffer.from(`sha256:${image}`).toString('base64')}`
  return readText(join(root, 'overlay-images', image, file))
}

function imageName(metadata: string | undefined): string | undefined {
  try {
    const { 'image-name': name } = JSON.parse(metadata ?? '{}') as { 'image-name'?: unknown }
    return typeof name === 'string' && name !== '' ? name : undefined
  } catch {
    return undefined
  }
}

/** What is mounted over the container's own files, from its runtime's configuration. */
function noticesOf(id: string, { root, run }: Place): readonly Diagnostic[] {
  for (const base of [root, ...(run === undefined ? [] : [run])]) {
    let config: unknown
    try {
      config = readDocument(join(base, 'overlay-containers', id, 'userdata/config.json'))
    } catch {
      // It only makes the notice; that something may be mounted is said all the same.
    }
    if (config !== undefined) return mountNotice(config)
  }
  return []
}
