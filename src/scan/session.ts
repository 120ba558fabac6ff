import { sharedResources } from '../image/index.ts'
import { type LayerRunner, workerRunner } from '../reading/index.ts'
import { openStore } from './read-target.ts'
import type { ScanIo, ScanOptions, ScanSession } from './types.ts'

/** What all scans of one run share: worker threads, the layer cache, connections. Close it when done. */
export function openSession(
  options: Pick<ScanOptions, 'cacheDir' | 'cacheMaxBytes' | 'sharedCache' | 'workers'>,
  io: Pick<ScanIo, 'workerUrl'>,
): ScanSession & { close(): Promise<void> } {
  const shared = sharedResources()
  const runner = readingOnce(workerRunner(io.workerUrl, options.workers))
  const store = openStore(options)
  let last: Promise<unknown> = Promise.resolve()
  return {
    shared,
    runner,
    store,
    inTurn(step) {
      const result = last.then(step)
      last = result.catch(() => {})
      return result
    },
    async close() {
      await runner.close()
      await shared.close()
      store.close()
    },
  }
}

/** Images that are scanned side by side share layers: one that is being read for one of them is not begun again for another. */
function readingOnce(runner: LayerRunner): LayerRunner {
  const reading = new Map<string, ReturnType<LayerRunner['run']>>()
  return {
    ...runner,
    run(job, signal, progress, bytes) {
      const proof = job.factsKey ?? job.expect.diffId
      if (proof === undefined || job.also !== undefined) return runner.run(job, signal, progress, bytes)
      const key = `${proof} ${job.readers.join(' ')}`
      const same = reading.get(key)
      // Where the other reading fails, its reason may be the other image's: this one then reads for itself.
      if (same !== undefined) return same.catch(() => runner.run(job, signal, progress, bytes))
      const begun = runner.run(job, signal, progress, bytes)
      reading.set(key, begun)
      const forget = (): void => void (reading.get(key) === begun && reading.delete(key))
      begun.then(forget, forget)
      return begun
    },
  }
}
