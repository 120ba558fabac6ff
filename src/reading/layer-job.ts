import { type HashElsewhere, streamLayer, TarReader } from '../image/index.ts'
import { asFailure, Failure } from '../lib/failure.ts'
import { LayerPass, type SecondPass } from './layer-pass.ts'
import type { AnyReader, LayerFacts, LayerJob } from './types.ts'

/** Thrown out of a stream that has given all that was wanted. */
const ENOUGH = new Failure('second-pass-complete', 'nothing more is wanted of this layer')

/**
 * Reads one layer: streams it once, verifying its digests, and once more, as far as needed, for bodies that a hard link asked
 * for after they had passed. `readers` must hold those that the job names; `hashElsewhere` as `streamLayer` takes it.
 *
 * @throws Failure naming the layer: unreadable or corrupt bytes, a digest that lies, a limit passed, `interrupted`.
 */
export async function readLayerStream(
  job: LayerJob,
  readers: readonly AnyReader[],
  signal: AbortSignal,
  progress: (doneBytes: number) => void,
  hashElsewhere?: HashElsewhere,
): Promise<LayerFacts> {
  const { locator, name, expect, limits } = job
  const pass = new LayerPass({ readers: readersOf(job, readers), also: job.also, limits })
  try {
    const tar = new TarReader(pass, name, limits)
    const onChunk = (chunk: Uint8Array): void => tar.push(chunk)
    const streamed = await streamLayer(locator, { name, expect, limits, signal, onChunk, progress, hashElsewhere })
    tar.finish()
    const second = pass.second()
    if (second !== undefined) await readAgain(job, second, signal)
    return { ...streamed, complete: true, ...pass.facts() }
  } catch (error) {
    throw withName(error, name)
  } finally {
    pass.close()
  }
}

async function readAgain(job: LayerJob, second: SecondPass, signal: AbortSignal): Promise<void> {
  const { locator, name, limits } = job
  const tar = new TarReader(second, name, limits)
  const onChunk = (chunk: Uint8Array): void => {
    tar.push(chunk)
    if (second.done) throw ENOUGH
  }
  try {
    await streamLayer(locator, { name, expect: {}, limits, signal, onChunk })
    tar.finish()
  } catch (error) {
    if (error !== ENOUGH) throw error
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
