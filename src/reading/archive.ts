import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import {
  type ImageLayer,
  type LayerSink,
  type PassedArchive,
  type PassedEntries,
  passArchive,
  type ResolvedArchive,
  type SequentialArchive,
  TarReader,
} from '../image/index.ts'
import { asFailure, Failure } from '../lib/failure.ts'
import type { Diagnostic } from '../model/diagnostic.ts'
import type { Digest } from '../model/digest.ts'
import { decodePassed, encodePassed } from './archive-memory.ts'
import { absences, describe, type Gathered, keep, layerName } from './image.ts'
import { LayerPass, type SecondPass } from './layer-pass.ts'
import { fromFacts, fromStore } from './layer-read.ts'
import { loadReaders } from './load-readers.ts'
import { completeFromShared, readAlsoOnce, readOnce, tellShared } from './reading-once.ts'
import { assembleTarget } from './target.ts'
import type { AnyReader, LayerFacts, LayerJob, LoadedReader, ReadOptions, ReadTarget } from './types.ts'

/** What a layer of the archive held. */
type ArchiveLayer = Gathered

/**
 * Reads an archive that comes as one stream: once, layers as they pass, and then finds out which image it was. Bodies that
 * only links ask for take a second pass over the archive. With a store, what passed of a file is kept under the digest of the whole
 * file, so that next time nothing is unpacked; an archive that says beforehand which image it is, is not even opened when all is known.
 *
 * @throws Failure naming the archive or the layer, as `passArchive` and `SequentialArchive.resolve` do.
 */
export async function readArchive(archive: SequentialArchive, options: ReadOptions): Promise<ReadTarget> {
  const { resolved, layers, said } = await gather(archive, options)
  const { image } = resolved
  const target = await assembleTarget(
    {
      layers: image.layers.map((layer, i) => describe(layer, layers[i])),
      reads: layers.map(({ read }) => read),
      diagnostics: [...said, ...image.diagnostics, ...absences(image, layers)],
      readAlso: (index, also, readers) => readAlso(archive, image.layers[index], also, readers, options),
    },
    options,
  )
  return { ...target, image, diagnostics: [...target.diagnostics, ...(options.store?.notices?.() ?? [])] }
}

interface Known {
  readonly resolved: ResolvedArchive
  readonly layers: readonly ArchiveLayer[]
  /** About the archive itself. */
  readonly said: readonly Diagnostic[]
}

/** From the store, from another process that is reading it, from the shared store, or else read through. */
async function gather(archive: SequentialArchive, options: ReadOptions): Promise<Known> {
  const { expected, source } = archive
  const known = (file: Digest | undefined): Known | undefined => {
    if (expected !== undefined) {
      const entries = expected.layers.map(() => undefined)
      const found = knownLayers({ image: expected, entries }, options, true)
      if (found !== undefined) return found
    }
    const encoded = file === undefined ? undefined : options.store?.loadArchive(file)
    const passed = encoded === undefined ? undefined : decodePassed(encoded)
    return passed === undefined ? undefined : knownLayers(archive.resolve(passed), options, false)
  }
  const found = known(undefined)
  if (found !== undefined) return found
  const file =
    options.store === undefined || source.at === 'stream' ? undefined : await hashFile(archive, source.path, options)
  const proof = file ?? expected?.imageId
  const readNow = (): Promise<Known> => readThrough(archive, file, options)
  if (proof === undefined) return readNow()
  const read = async (): Promise<Known> => {
    await fetchShared(archive, file, options)
    const fetched = options.store?.shared === undefined ? undefined : known(file)
    if (fetched === undefined) options.explain?.(`cache: reading ${archive.reference}: not all of it is in the cache`)
    return fetched ?? readNow()
  }
  const waiting = (): void => options.progress({ layer: 0, name: archive.reference, doneBytes: 0, state: 'waiting' })
  const once = { name: `archive ${proof}`, shown: archive.reference, known: () => known(file), read, waiting }
  return known(file) ?? readOnce(once, options)
}

/** Takes what the shared store has of the archive and its layers into the store. */
async function fetchShared(
  { expected }: SequentialArchive,
  file: Digest | undefined,
  options: ReadOptions,
): Promise<void> {
  const { store, readers } = options
  if (store?.shared === undefined) return
  const own = file === undefined ? undefined : store.loadArchive(file)
  const encoded = own ?? (file === undefined ? undefined : await store.shared.loadArchive(file))
  const passed = encoded === undefined ? undefined : decodePassed(encoded)
  if (file !== undefined && own === undefined && encoded !== undefined && passed !== undefined)
    store.storeArchive(file, encoded)
  const layers = expected?.layers ?? [...(passed?.layers.values() ?? [])]
  for (const diffId of new Set(layers.map((layer) => layer.diffId))) {
    await completeFromShared(diffId, fromStore(store.load(diffId, readers), readers), readers, options)
  }
}

/** The layers from the store; undefined when one that could be read is missing, or, if so asked, any. */
function knownLayers(resolved: ResolvedArchive, options: ReadOptions, all: boolean): Known | undefined {
  const { store, readers, progress } = options
  const layers: ArchiveLayer[] = []
  for (const [i, layer] of resolved.image.layers.entries()) {
    const stored = fromStore(store?.load(layer.diffId, readers), readers)
    if (stored === undefined || stored.missing.length > 0) {
      if (all || resolved.entries[i] !== undefined) return undefined
      layers.push({ read: undefined, known: false })
    } else {
      layers.push({ read: stored.read, known: true })
    }
  }
  for (const layer of resolved.image.layers) {
    const name = layerName(layer, resolved.image.layers.length)
    progress({ layer: layer.index, name, doneBytes: 0, state: 'known' })
  }
  return { resolved, layers, said: [] }
}

async function readThrough(archive: SequentialArchive, file: Digest | undefined, options: ReadOptions): Promise<Known> {
  const reading = new ArchiveReading(await loadReaders(options.readers), options)
  const passed = await passThrough(archive, options, (entry) => reading.begin(entry))
  const resolved = archive.resolve(passed)
  const wanted = new Set(resolved.entries.filter((entry) => entry !== undefined))
  const seconds = reading.seconds(wanted)
  if (seconds.size > 0) await passThrough(archive, options, (entry) => again(seconds.get(entry), entry, options))
  const layers = resolved.image.layers.map((layer, i): ArchiveLayer => {
    const entry = resolved.entries[i]
    if (entry === undefined) return { read: undefined, known: false }
    const name = layerName(layer, resolved.image.layers.length)
    const facts = reading.facts(entry, name, passed)
    if (facts.diffId !== layer.diffId) {
      throw new Failure('digest-mismatch', `its diff ID is ${facts.diffId}, but ${layer.diffId} is stated`, {
        input: name,
      })
    }
    keep(facts, options)
    return { read: fromFacts(facts), known: false }
  })
  await keepPassed(file, passed, resolved, options)
  // What failed and is no layer of this image is nothing to it; what is a layer of it was thrown above.
  const said = passed.diagnostics.filter(({ effect }) => effect !== 'blind')
  return { resolved, layers, said }
}

async function keepPassed(
  file: Digest | undefined,
  passed: PassedArchive,
  { image, entries }: ResolvedArchive,
  { store, readers }: ReadOptions,
): Promise<void> {
  const encoded = file === undefined ? undefined : encodePassed(passed)
  if (file !== undefined && encoded !== undefined) store?.storeArchive(file, encoded)
  if (store?.shared === undefined) return
  for (const { diffId, index } of image.layers) {
    if (entries[index] !== undefined) await tellShared(diffId, readers, { store })
  }
  if (file !== undefined && encoded !== undefined) await store.shared.storeArchive(file, encoded)
}

function passThrough(
  archive: SequentialArchive,
  { signal, limits, progress }: ReadOptions,
  layer: (entry: string) => LayerSink,
): Promise<PassedArchive> {
  const report = (doneBytes: number): void =>
    progress({ layer: 0, name: archive.reference, doneBytes, state: 'reading' })
  return passArchive(archive, { signal, limits, progress: report, layer })
}

/** Reads every entry that may be a layer, since only the end of the archive tells which ones are. */
class ArchiveReading {
  readonly #readers: readonly LoadedReader[]
  readonly #options: ReadOptions
  readonly #also: LayerJob['also']
  /** Those that need a second pass. */
  readonly #waiting = new Map<string, LayerPass>()
  readonly #finished = new Map<string, ReturnType<LayerPass['facts']>>()
  readonly #failed = new Map<string, Failure>()

  constructor(readers: readonly LoadedReader[], options: ReadOptions, also?: LayerJob['also']) {
    this.#readers = readers
    this.#options = options
    this.#also = also
  }

  /** A sink for the entry. One of a name that passed before takes its place. */
  begin(entry: string): LayerSink {
    const { limits } = this.#options
    const pass = new LayerPass({ readers: this.#readers, also: this.#also, limits })
    const tar = new TarReader(pass, entry, limits)
    for (const earlier of [this.#waiting, this.#finished, this.#failed]) earlier.delete(entry)
    return {
      chunk: (bytes) => tar.push(bytes),
      done: () => {
        tar.finish()
        pass.close()
        if (pass.hasMissed) this.#waiting.set(entry, pass)
        else this.#finished.set(entry, pass.facts())
      },
      failed: (failure) => {
        pass.close()
        this.#failed.set(entry, failure)
      },
    }
  }

  /** Second passes of those of these entries that need one. */
  seconds(entries: ReadonlySet<string>): ReadonlyMap<string, SecondPass> {
    const seconds = new Map<string, SecondPass>()
    for (const [entry, pass] of this.#waiting) {
      const second = entries.has(entry) ? pass.second() : undefined
      if (second !== undefined) seconds.set(entry, second)
    }
    return seconds
  }

  /** @throws Failure naming the layer, when the entry was not whole or is not there. */
  facts(entry: string, name: string, { layers }: PassedEntries): LayerFacts {
    const found = this.#finished.get(entry) ?? this.#waiting.get(entry)?.facts()
    const digests = layers.get(entry)
    if (found !== undefined && digests !== undefined) return { ...digests, complete: true, ...found }
    const { code, message, kind } =
      this.#failed.get(entry) ?? new Failure('layer-absent', `the archive has no ${entry}`)
    throw new Failure(code, message, { kind, input: name })
  }
}

/** Feeds an entry to a second pass, for as long as it wants any. */
function again(second: SecondPass | undefined, entry: string, { limits }: ReadOptions): LayerSink {
  if (second === undefined) return IGNORED
  const tar = new TarReader(second, entry, limits)
  return {
    chunk: (bytes) => {
      if (!second.done) tar.push(bytes)
    },
    done: () => second.close(),
    failed: () => second.close(),
  }
}

const IGNORED: LayerSink = { chunk() {}, done() {}, failed() {} }

/** Reads some bodies of one layer. Which entry holds the layer may only be known when all have passed: all are looked into. */
async function readAlso(
  archive: SequentialArchive,
  layer: ImageLayer | undefined,
  also: NonNullable<LayerJob['also']>,
  readers: readonly AnyReader[],
  options: ReadOptions,
): Promise<LayerFacts | undefined> {
  if (layer === undefined) return undefined
  return readAlsoOnce(layer.diffId, also, readers, options, async () => {
    options.explain?.(`cache: reading ${archive.reference} again: links lead to ${also.length} files of one layer`)
    const reading = new ArchiveReading(await loadReaders(readers), options, also)
    const passed = await passThrough(archive, options, (name) => reading.begin(name))
    const { image, entries } = archive.resolve(passed)
    const entry = image.layers[layer.index]?.diffId === layer.diffId ? entries[layer.index] : undefined
    if (entry === undefined) return undefined
    const seconds = reading.seconds(new Set([entry]))
    if (seconds.size > 0) await passThrough(archive, options, (name) => again(seconds.get(name), name, options))
    return reading.facts(entry, `${entry} of ${archive.reference}`, passed)
  })
}

async function hashFile(archive: SequentialArchive, path: string, { signal }: ReadOptions): Promise<Digest> {
  const hash = createHash('sha256')
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024, signal })) hash.update(chunk)
  } catch (error) {
    if (signal.aborted) throw asFailure(signal.reason, archive.reference)
    const message = `cannot read it: ${(error as Error).message}`
    throw new Failure('archive-unreadable', message, { input: archive.reference, cause: error })
  }
  return `sha256:${hash.digest('hex')}`
}
