import type { Image, ImageLayer } from '../image/index.ts'
import { asFailure } from '../lib/failure.ts'
import type { Diagnostic } from '../model/diagnostic.ts'
import { fromFacts, fromStore, type LayerRead } from './layer-read.ts'
import { completeFromShared, readAlsoOnce, readOnce, type StoredRead, tellShared } from './reading-once.ts'
import { assembleTarget } from './target.ts'
import type { AnyReader, LayerFacts, LayerJob, ReadOptions, ReadProgress, ReadTarget } from './types.ts'

/** A layer and where it came from; without `read` it could not be had. */
export interface Gathered {
  readonly read: LayerRead | undefined
  readonly known: boolean
}

/**
 * Reads an image whose layers can be opened one by one. Layers that `options.store` knows are not opened; the others run on
 * `options.runner`, several at a time; one that stands twice is read once. A layer that is not here is a `blind` diagnostic.
 *
 * @throws Failure naming the layer, when its bytes are corrupt or their digest is not what the image states; `interrupted`.
 */
export async function readImage(image: Image, options: ReadOptions): Promise<ReadTarget> {
  const stop = new AbortController()
  const signal = AbortSignal.any([options.signal, stop.signal])
  const once = new Map<string, Promise<Gathered>>()
  const gathering = image.layers.map((layer) => {
    const reading = once.get(keyOf(layer)) ?? gather(layer, image, { ...options, signal })
    once.set(keyOf(layer), reading)
    return reading
  })
  let gathered: readonly Gathered[]
  try {
    gathered = await Promise.all(gathering)
  } catch (error) {
    stop.abort()
    await Promise.allSettled(gathering)
    throw options.signal.aborted ? asFailure(options.signal.reason, image.reference) : error
  }
  const target = await assembleTarget(
    {
      layers: image.layers.map((layer, i) => describe(layer, gathered[i])),
      reads: gathered.map(({ read }) => read),
      diagnostics: [...image.diagnostics, ...absences(image, gathered)],
      readAlso: (index, also, readers) => readAlso(image, index, also, readers, options),
      canReadMore: (index) => isNear(image.layers[index]),
    },
    options,
  )
  return { ...target, diagnostics: [...target.diagnostics, ...(options.store?.notices?.() ?? [])] }
}

async function gather(layer: ImageLayer, image: Image, options: ReadOptions): Promise<Gathered> {
  const { store, readers, progress, explain } = options
  const name = layerName(layer, image.layers.length)
  const key = keyOf(layer)
  const report = (doneBytes: number, state: ReadProgress['state']): void =>
    progress({ layer: layer.index, name, doneBytes, totalBytes: storedBytes(layer), state })
  const load = (): StoredRead | undefined => fromStore(store?.load(key, readers), readers)
  let stored = load()
  const whenKnown = (): Gathered | undefined =>
    stored?.missing.length === 0 ? { read: stored.read, known: true } : undefined
  const read = async (): Promise<Gathered> => {
    stored = await completeFromShared(key, stored, readers, options)
    const known = whenKnown()
    if (known !== undefined || layer.locator === undefined) return known ?? { read: undefined, known: false }
    const missing = stored?.missing ?? readers
    explain?.(`cache: reading ${name}: ${whyRead(stored, missing)}`)
    const reading = (doneBytes: number): void => report(doneBytes, 'reading')
    const facts = await options.runner.run(jobOf(layer, name, missing, options), options.signal, reading, layer.bytes)
    keep(facts, options)
    await tellShared(key, readers, options)
    return { read: fromFacts(facts, stored?.read), known: false }
  }
  const once = {
    name: key,
    shown: name,
    read,
    known: () => {
      stored = load()
      return whenKnown()
    },
    waiting: () => report(0, 'waiting'),
  }
  const gathered = whenKnown() ?? (await (layer.locator === undefined ? read() : readOnce(once, options)))
  if (gathered.known) explain?.(`cache: ${name} is known: not opened`)
  if (gathered.read !== undefined)
    report(gathered.known ? 0 : (storedBytes(layer) ?? 0), gathered.known ? 'known' : 'done')
  return gathered
}

function whyRead(stored: StoredRead | undefined, missing: readonly AnyReader[]): string {
  if (stored === undefined) return 'it is not in the cache'
  const names = missing.slice(0, 3).map(({ id, version }) => `${id} ${version}`)
  return `the cache lacks ${names.join(', ')}${missing.length > 3 ? ` and ${missing.length - 3} more readers` : ''}`
}

/** Under what the facts of a layer are kept: what proves its bytes. */
function keyOf({ diffId, factsKey }: ImageLayer): string {
  return factsKey ?? diffId
}

function storedBytes({ locator, sizeBytes }: ImageLayer): number | undefined {
  return locator !== undefined && 'length' in locator ? (locator.length ?? sizeBytes) : sizeBytes
}

/** Stores what holds for the layer wherever it is met. */
export function keep(facts: LayerFacts, { store }: Pick<ReadOptions, 'store'>): void {
  if (facts.complete) store?.store(facts)
}

function jobOf(layer: ImageLayer, name: string, readers: readonly AnyReader[], { limits }: ReadOptions): LayerJob {
  const { locator, diffId, blob, factsKey } = layer
  if (locator === undefined) throw new Error('a layer that is not here cannot be read')
  const key = factsKey === undefined ? {} : { factsKey }
  return { locator, name, expect: { diffId, blob }, ...key, readers: readers.map(({ id }) => id), limits }
}

async function readAlso(
  image: Image,
  index: number,
  also: NonNullable<LayerJob['also']>,
  readers: readonly AnyReader[],
  options: ReadOptions,
): Promise<LayerFacts | undefined> {
  const layer = image.layers[index]
  if (layer === undefined) return undefined
  const name = layerName(layer, image.layers.length)
  return readAlsoOnce(keyOf(layer), also, readers, options, async () => {
    if (layer.locator === undefined) return undefined
    options.explain?.(`cache: reading ${name} again: links of other layers lead to ${also.length} of its files`)
    const job = jobOf(layer, name, readers, options)
    return options.runner.run({ ...job, also }, options.signal, () => {}, layer.bytes)
  })
}

/** Bytes of a layer's archive that are read again for the sake of a few files: on this machine, and over the network. */
const MOST_AGAIN = { here: 64 * 1024 ** 2, there: 4 * 1024 ** 2 } as const

function isNear(layer: ImageLayer | undefined): boolean {
  const locator = layer?.locator
  if (layer === undefined || locator === undefined) return false
  const bytes = storedBytes(layer) ?? Number.POSITIVE_INFINITY
  if (locator.at === 'remote') return bytes <= MOST_AGAIN.there
  return locator.at !== 'file' || bytes <= MOST_AGAIN.here
}

/** How a layer is named to people: `layer 2 of 5 (sha256:…)`, counted from the oldest. */
export function layerName(layer: ImageLayer, count: number): string {
  return `layer ${layer.index + 1} of ${count} (${layer.diffId})`
}

/** The layer as the answer lists it. */
export function describe(layer: ImageLayer, { read, known }: Gathered): ReadTarget['layers'][number] {
  const { diffId, index, createdBy, sizeBytes } = layer
  return { diffId, index, createdBy, sizeBytes, known, complete: read !== undefined }
}

/** A `blind` diagnostic for each layer that could not be had. */
export function absences(image: Image, gathered: readonly Gathered[]): readonly Diagnostic[] {
  return image.layers.flatMap((layer, i) => {
    if (gathered[i]?.read !== undefined) return []
    const message = `${layerName(layer, image.layers.length)} was not read: ${layer.absent ?? 'its bytes are not here'}`
    const { index, diffId } = layer
    return [{ code: 'layer-absent', message, layer: { index, diffId }, effect: 'blind' as const }]
  })
}
