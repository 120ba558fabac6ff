import { readLayerJob } from './layer-job.ts'
import type { AnyReader, LayerRunner } from './types.ts'

/** Runs layer jobs in this thread, with these readers: for tests, and for work too small to start a thread for. */
export function inlineRunner(readers: readonly AnyReader[]): LayerRunner {
  return {
    run: (job, signal, progress, bytes) =>
      readLayerJob(job, readers, signal, progress, bytes === undefined ? {} : { bytes }),
    close: async () => {},
  }
}
