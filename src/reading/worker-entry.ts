import { asFailure, Failure } from '../lib/failure.ts'
import { type JobMeans, readLayerJob } from './layer-job.ts'
import { bytesOver } from './thread-bytes.ts'
import { hashOver } from './thread-hash.ts'
import { readTreeJob } from './tree.ts'
import type { AnyReader, LayerFacts } from './types.ts'
import type { FromWorker, ToWorker } from './worker-protocol.ts'

/** Least time between two progress messages. */
const PROGRESS_MS = 50

/**
 * Serves layer jobs in a worker thread, with these readers. Ends when the main thread closes its side.
 * @throws Failure of kind `internal` outside a worker.
 */
export function serveLayerJobs(readers: readonly AnyReader[]): void {
  // Not imported: the main thread has this module in its bundle and no use for it.
  const port = process.getBuiltinModule('node:worker_threads').parentPort
  if (port === null) throw new Failure('not-a-worker', 'layer jobs are served in worker threads', { kind: 'internal' })
  let running: AbortController | undefined
  const send = (message: FromWorker, transfer: readonly ArrayBuffer[] = []): void =>
    port.postMessage(message, [...transfer])
  const progress = throttled((doneBytes) => send({ kind: 'progress', doneBytes }))
  const run = async (message: Exclude<ToWorker, { kind: 'cancel' }>): Promise<void> => {
    const cancel = new AbortController()
    running = cancel
    try {
      const facts =
        message.kind === 'run'
          ? await readLayerJob(message.job, readers, cancel.signal, progress, meansOf(message))
          : await readTreeJob(message.job, readers, cancel.signal, progress)
      send({ kind: 'done', facts }, buffersOf(facts))
    } catch (error) {
      const { code, message: text, kind, input, hints } = asFailure(error, message.job.name)
      send({ kind: 'failed', failure: { code, message: text, kind, input, hints } })
    }
  }
  port.on('message', (message: ToWorker) => {
    if (message.kind === 'cancel') running?.abort()
    else void run(message)
  })
}

function meansOf({ hashPort, bytesPort }: Extract<ToWorker, { kind: 'run' }>): JobMeans {
  return {
    ...(hashPort === undefined ? {} : { hashElsewhere: hashOver(hashPort) }),
    ...(bytesPort === undefined ? {} : { bytes: bytesOver(bytesPort) }),
  }
}

/** Buffers that can move to the other thread: those that the bytes fill alone. */
function buffersOf(facts: LayerFacts): readonly ArrayBuffer[] {
  const all = [facts.index, ...facts.rows.map(({ encoded }) => encoded)]
  const buffers = new Set<ArrayBuffer>()
  for (const { buffer, byteLength } of all) {
    if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffers.add(buffer)
  }
  return [...buffers]
}

function throttled(report: (doneBytes: number) => void): (doneBytes: number) => void {
  let next = 0
  return (doneBytes) => {
    const now = performance.now()
    if (now < next) return
    next = now + PROGRESS_MS
    report(doneBytes)
  }
}
