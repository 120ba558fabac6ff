import * as z from 'zod/mini'
import { Failure } from '../../lib/failure.ts'
import type { Digest } from '../../model/digest.ts'
import { fullName } from '../name/image-name.ts'
import type { ContentStore } from '../open/content-store.ts'
import { resolveDockerSave } from '../open/docker-save.ts'
import { configSchema, digestOfDocument, parseDocument } from '../open/documents.ts'
import { assembleImage } from '../open/image-layers.ts'
import { PassedStore } from '../open/passed-store.ts'
import { parsePlatform, platformMatches, platformText } from '../open/platform.ts'
import type { DoorAnswer, Image, ImageName, OpenContext, PassedEntries, ResolvedArchive } from '../types.ts'
import { addressText, isLocalAddress } from './address.ts'
import { type EngineClient, engineClient, PATIENCE, type Patience } from './client.ts'
import type { Endpoint } from './endpoints.ts'

const id = z.pipe(
  z.string().check(z.regex(/^(sha256:)?[0-9a-f]{64}$/)),
  z.transform((text): Digest => `sha256:${text.slice(-64)}`),
)
const digest = z.pipe(
  z.string().check(z.regex(/^(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/)),
  z.transform((text) => text as Digest),
)
const names = z.pipe(
  z.nullish(z.array(z.string())),
  z.transform((list) => list ?? []),
)

/** `GET /images/NAME/json` (https://docs.docker.com/reference/api/engine/), as far as it is used. */
const inspectSchema = z.object({
  Id: id,
  RepoTags: names,
  Os: z.nullish(z.string()),
  Architecture: z.nullish(z.string()),
  Variant: z.nullish(z.string()),
  RootFS: z.nullish(z.object({ Layers: z.nullish(z.array(digest).check(z.maxLength(4096))) })),
})
type Inspected = z.infer<typeof inspectSchema>

const listSchema = z.array(z.object({ RepoTags: names, RepoDigests: names })).check(z.maxLength(100_000))

/** What leads from an image's ID to its config, where the ID is that of an index or a manifest. */
const pointersSchema = z.object({
  config: z.optional(z.object({ digest })),
  manifests: z.optional(z.array(z.object({ digest })).check(z.maxLength(1000))),
})
const MAX_POINTERS = 64

/**
 * Asks the engines at `endpoints` in turn for an image. Its description is asked for first; only when facts of a layer are missing is the
 * image exported, as a stream that is read as it comes.
 * @param references how the engine may call it, best first.
 * @throws Failure when the engine has it and it cannot be had.
 */
export async function openThroughApi(
  endpoints: readonly Endpoint[],
  references: readonly string[],
  reference: string,
  context: OpenContext,
  patience: Patience = PATIENCE,
): Promise<DoorAnswer> {
  const absent: string[] = []
  let serious: Failure | undefined
  for (const endpoint of endpoints) {
    const name = addressText(endpoint.address)
    if (context.network.offline && !isLocalAddress(endpoint.address)) {
      absent.push(`${name} is on another machine, and no network may be used`)
      continue
    }
    context.explain(`asking the engine at ${name} (${endpoint.from})`)
    const client = engineClient(endpoint, context, patience)
    try {
      const inspected = await inspect(client, references)
      if (inspected !== undefined) return answer(client, inspected, reference, context)
      absent.push(`${name} holds no such image`)
    } catch (error) {
      if (!(error instanceof Failure) || error.kind === 'interrupted' || error.kind === 'internal') throw error
      absent.push(`${name}: ${error.message}`)
      // A socket that is left over from an engine that has ended is nothing to speak of.
      if (endpoint.chosen || error.code !== 'engine-not-running') serious ??= error
    }
  }
  if (absent.length === 0) return { absent: 'no socket' }
  return { absent: absent.join('; '), ...(serious && { serious }) }
}

/** Names by which Docker knows an image: its ID as it is; with a digest the tag says nothing more. */
export function referencesOf(name: ImageName): readonly string[] {
  const id = /^(?:sha256:)?([0-9a-f]{64})$/.exec(name.text)?.[1]
  if (id !== undefined) return [id]
  const { tag: _, ...untagged } = name
  return [fullName(name.digest === undefined ? name : untagged)]
}

/** Names of all images that the first engine that answers holds; undefined when none does. */
export async function listThroughApi(
  endpoints: readonly Endpoint[],
  context: OpenContext,
): Promise<readonly string[] | undefined> {
  for (const endpoint of endpoints) {
    if (context.network.offline && !isLocalAddress(endpoint.address)) continue
    try {
      const listed = await engineClient(endpoint, context).json('/images/json', listSchema)
      if (listed !== undefined) return [...new Set(listed.flatMap(namesOf))].sort()
    } catch (error) {
      if (!(error instanceof Failure) || error.kind === 'interrupted' || endpoint.chosen) throw error
      context.explain(`${addressText(endpoint.address)}: ${error.message}`)
    }
  }
  return undefined
}

/** Tags, else digests; an image that has neither cannot be named. */
function namesOf({ RepoTags, RepoDigests }: z.infer<typeof listSchema>[number]): readonly string[] {
  const real = (name: string): boolean => !name.includes('<none>')
  const tags = RepoTags.filter(real)
  return tags.length > 0 ? tags : RepoDigests.filter(real).slice(0, 1)
}

async function inspect(client: EngineClient, references: readonly string[]): Promise<Inspected | undefined> {
  for (const reference of references) {
    const inspected = await client.json(`/images/${encodeURI(reference)}/json`, inspectSchema)
    if (inspected !== undefined) return inspected
  }
  return undefined
}

function answer(client: EngineClient, inspected: Inspected, reference: string, context: OpenContext): DoorAnswer {
  const { Id, Os, Architecture, Variant } = inspected
  const held = { os: Os || 'linux', architecture: Architecture || 'unknown', ...(Variant ? { variant: Variant } : {}) }
  if (context.platform !== undefined && !platformMatches(held, parsePlatform(context.platform)))
    return { absent: `${addressText(client.endpoint.address)} holds it for ${platformText(held)} only` }
  const expected = expectedImage(inspected, reference, context)
  context.explain(`image ${Id}: its config is ${expected === undefined ? 'not known, so it is exported' : 'known'}`)
  const source = {
    at: 'stream',
    bytes: { open: (range: { offset: number }, signal: AbortSignal) => exported(client, Id, range.offset, signal) },
  } as const
  return {
    found: {
      kind: 'sequential',
      archive: {
        reference,
        source,
        encoding: 'plain',
        ...(expected && { expected }),
        resolve: (passed) => resolveExport(passed, inspected, reference, context),
      },
    },
  }
}

/** The export from its beginning: there is no other way to have a part of it. */
async function* exported(
  client: EngineClient,
  image: Digest,
  offset: number,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  let skip = offset
  // By its ID: a tag could have moved since it was described.
  for await (const piece of client.stream(`/images/${image.slice('sha256:'.length)}/get`, signal)) {
    const rest = piece.subarray(Math.min(skip, piece.length))
    skip -= piece.length - rest.length
    if (rest.length > 0) yield rest
  }
}

/** @throws Failure `engine-changed-image` when another image came than was described, and as `resolveDockerSave` does. */
function resolveExport(
  passed: PassedEntries,
  inspected: Inspected,
  reference: string,
  context: OpenContext,
): ResolvedArchive {
  const store = new PassedStore(reference, passed)
  const { image, entries } = resolveDockerSave(store, undefined, undefined)
  const described = inspected.RootFS?.Layers
  const documents = [...passed.documents.values()]
  const known = new Set([image.imageId, ...documents.map(digestOfDocument)])
  const layersDiffer =
    described &&
    !sameList(
      described,
      image.layers.map(({ diffId }) => diffId),
    )
  if (layersDiffer || !known.has(inspected.Id))
    throw new Failure('engine-changed-image', `the engine describes ${inspected.Id}, but exports ${image.imageId}`, {
      input: reference,
    })
  keepDocuments(documents, image.imageId, context)
  return { image: { ...image, tags: inspected.RepoTags }, entries }
}

/** Kept by their digests: next time the engine's description is enough. */
function keepDocuments(documents: readonly Uint8Array[], imageId: Digest, { documents: store }: OpenContext): void {
  if (store === undefined) return
  for (const bytes of documents.slice(0, MAX_POINTERS)) {
    const name = digestOfDocument(bytes)
    if (name === imageId || configOrPointers(bytes) !== undefined) store.storeDocument(name, bytes)
  }
}

/** The image as its config, kept from an earlier run, has it; undefined when it is not there. */
function expectedImage(inspected: Inspected, reference: string, context: OpenContext): Image | undefined {
  const described = inspected.RootFS?.Layers
  const found = described ? configDocument(inspected.Id, described, context) : undefined
  if (found === undefined) return undefined
  const config = parseDocument(configSchema, found.bytes, reference, `config (${found.digest})`)
  const layers = (config.rootfs.diff_ids ?? []).map((diffId) => ({ name: diffId, missing: '' }))
  return assembleImage(NOTHING_HERE(reference), { tags: inspected.RepoTags, imageId: found.digest, config, layers })
    .image
}

/** Layers are somewhere, but nobody has to know yet where. */
const NOTHING_HERE = (reference: string): ContentStore => ({
  reference,
  has: () => false,
  document: () => undefined,
  layer: () => ({}),
})

/** The config with these layers to which an ID leads: the config's own, or through the manifest or index that it names. */
function configDocument(
  from: Digest,
  layers: readonly Digest[],
  { documents }: OpenContext,
): { readonly digest: Digest; readonly bytes: Uint8Array } | undefined {
  const queue: Digest[] = [from]
  for (let i = 0; i < Math.min(queue.length, MAX_POINTERS); i++) {
    const bytes = documents?.loadDocument(queue[i])
    if (bytes === undefined || digestOfDocument(bytes) !== queue[i]) continue
    const read = configOrPointers(bytes)
    if (read === undefined) continue
    if (read.layers !== undefined && sameList(read.layers, layers)) return { digest: queue[i], bytes }
    queue.push(...read.to.filter((digest) => !queue.includes(digest)))
  }
  return undefined
}

function configOrPointers(
  bytes: Uint8Array,
): { readonly layers?: readonly Digest[]; readonly to: readonly Digest[] } | undefined {
  let json: unknown
  try {
    json = JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    return undefined
  }
  const config = configSchema.safeParse(json)
  if (config.success) return { layers: config.data.rootfs.diff_ids ?? [], to: [] }
  const pointers = pointersSchema.safeParse(json)
  if (!pointers.success) return undefined
  const { config: one, manifests = [] } = pointers.data
  const to = [...(one === undefined ? [] : [one.digest]), ...manifests.map((each) => each.digest)]
  return to.length === 0 ? undefined : { to }
}

function sameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((one, i) => one === b[i])
}
