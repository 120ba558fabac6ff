import { type HashElsewhere, type KeptTable, passLayer, type RemoteBytes } from '../image/index.ts'
import { asFailure, Failure } from '../lib/failure.ts'
import { LayerPass, type SecondPass } from './layer-pass.ts'
import { loadReaders } from './load-readers.ts'
import type { AnyReader, LayerFacts, LayerJob } from './types.ts'

/** What a job needs beside its plain data. */
export interface JobMeans {
  /** The bytes of a layer that is not on this machine. */
  readonly bytes?: RemoteBytes
  /** As `passLayer` takes it. */
  readonly hashElsewhere?: HashElsewhere
}

/**
 * Reads one layer: passes over it once, verifying its digests, and once more, as far as needed, for bodies that a hard link asked
 * for after they had passed. `readers` must hold those that the job names.
 *
 * @throws Failure naming the layer: unreadable or corrupt bytes, a digest that lies, a limit passed, `interrupted`.
 */
export async function readLayerJob(
  job: LayerJob,
  readers: readonly AnyReader[],
  signal: AbortSignal,
  progress: (doneBytes: number) => void,
  means: JobMeans = {},
): Promise<LayerFacts> {
  const { locator, name, expect, limits, factsKey } = job
  const pass = new LayerPass({ readers: await loadReaders(readersOf(job, readers)), also: job.also, limits })
  const kept: KeptTable = {}
  try {
    const {
      diffId = expect.diffId,
      blob,
      incomplete,
    } = await passLayer(locator, pass, {
      ...{ name, expect, limits, signal, progress },
      ...means,
      kept,
    })
    if (diffId === undefined) throw new Failure('layer-unproven', 'nothing says which layer it is', { input: name })
    const second = pass.second()
    if (second !== undefined) await readAgain(job, second, signal, { bytes: means.bytes, kept })
    const key = factsKey === undefined ? {} : { key: factsKey }
    return { diffId, ...(blob === undefined ? {} : { blob }), ...key, complete: incomplete !== true, ...pass.facts() }
  } catch (error) {
    throw withName(error, name)
  } finally {
    pass.close()
  }
}

async function readAgain(
  job: LayerJob,
  second: SecondPass,
  signal: AbortSignal,
  means: { readonly bytes: RemoteBytes | undefined; readonly kept: KeptTable },
): Promise<void> {
  const { locator, name, limits } = job
  try {
    await passLayer(locator, second, { name, expect: {}, limits, signal, ...means, enough: () => second.done })
  } finally {
    second.close()
  }
}

/**
 * The readers that a job names.
 * @throws Failure of kind `internal` when the job names a reader that is not there: both sides must have one list.
 */
export function readersOf(
  job: Pick<LayerJob, 'readers' | 'name'>,
  readers: readonly AnyReader[],
): readonly AnyReader[] {
  const byId = new Map(readers.map((reader) => [reader.id, reader]))
  return job.readers.map((id) => {
    const reader = byId.get(id)
    if (reader !== undefined) return reader
    throw new Failure('reader-unknown', `no reader of this name: ${id}`, { kind: 'internal', input: job.name })
  })
}

/** The thrown value as a Failure that names its input, in its own words. */
export function withName(thrown: unknown, name: string): Failure {
  const failure = asFailure(thrown, name)
  if (failure.input !== undefined) return failure
  const { code, message, kind, hints, cause } = failure
  return new Failure(code, message, { kind, hints, cause, input: name })
}
