import { type BatchOutcome, scanBatch } from './batch.ts'
import { openContext } from './read-target.ts'
import { openSession } from './session.ts'
import { expandTargets, type TargetRequest } from './targets.ts'
import type { ScanIo, ScanOptions } from './types.ts'

/** A run over many targets; close it when done. */
export interface OpenBatch {
  /** Scans all that the request means. @throws Failure when nothing can be named, or when interrupted. */
  run(request: TargetRequest, finished: (outcome: BatchOutcome) => Promise<void>): Promise<void>
  close(): Promise<void>
}

/** What a run over many targets shares: threads, cache, connections; `atOnce` images are scanned side by side. */
export function openBatch(options: Omit<ScanOptions, 'reference'>, io: ScanIo, atOnce: number): OpenBatch {
  const session = openSession(options, io)
  return {
    run: (request, finished) =>
      scanBatch(expandTargets(request, openContext(options, io, session)), { session, atOnce, options, finished }, io),
    close: () => session.close(),
  }
}
