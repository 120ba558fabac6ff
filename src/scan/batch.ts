import { asFailure, type Failure } from '../lib/failure.ts'
import type { ScanResult } from '../model/scan-result.ts'
import type { ListedTarget, UnusableTarget } from './image-list.ts'
import { scanIn } from './scan.ts'
import type { ScanIo, ScanOptions, ScanSession } from './types.ts'

/** What came of one target. */
export type BatchOutcome = ListedTarget & ({ readonly result: ScanResult } | { readonly failure: Failure })

export interface BatchOptions {
  readonly session: ScanSession
  /** Targets scanned side by side. Their layers share one pool of threads. */
  readonly atOnce: number
  /** For one target: everything but its reference is the same for all. */
  readonly options: Omit<ScanOptions, 'reference'>
  /** Called for each as it is finished, in the order in which they finish; the next is begun only when it has settled. */
  readonly finished: (outcome: BatchOutcome, done: number) => Promise<void> | void
}

/**
 * Scans many targets with one pool of work: layers that several of them share are read once. One that fails says so in its outcome and
 * the others go on. Ends early, with what was finished, when interrupted; what was read until then is in the cache, so the same run
 * again goes on from there.
 * @throws Failure `interrupted` or `timeout` after what was finished has been reported.
 */
export async function scanBatch(
  targets: AsyncIterable<ListedTarget | UnusableTarget>,
  batch: BatchOptions,
  io: ScanIo,
): Promise<void> {
  const pending = targets[Symbol.asyncIterator]()
  let done = 0
  const work = async (): Promise<void> => {
    for (;;) {
      if (io.signal.aborted) throw asFailure(io.signal.reason)
      const next = await pending.next()
      if (next.done === true) return
      const outcome = await scanOne(next.value, batch, io)
      if (io.signal.aborted) throw asFailure(io.signal.reason)
      await batch.finished(outcome, ++done)
    }
  }
  const workers = Array.from({ length: Math.max(1, batch.atOnce) }, work)
  const ended = await Promise.allSettled(workers)
  for (const one of ended) if (one.status === 'rejected') throw one.reason
}

async function scanOne(
  target: ListedTarget | UnusableTarget,
  { session, options }: BatchOptions,
  io: ScanIo,
): Promise<BatchOutcome> {
  if ('failure' in target) return target
  try {
    const result = await scanIn(session, { ...options, reference: target.reference }, io)
    return { ...target, result }
  } catch (error) {
    return { ...target, failure: asFailure(error, target.reference) }
  }
}
