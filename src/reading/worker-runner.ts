import { dirname } from 'node:path'
import type { MessagePort, Worker } from 'node:worker_threads'
import type { RemoteBytes } from '../image/index.ts'
import { asFailure, Failure } from '../lib/failure.ts'
import { revive, serveBytes } from './thread-bytes.ts'
import { serveHash } from './thread-hash.ts'
import type { LayerFacts, LayerJob, LayerRunner } from './types.ts'
import type { FromWorker, ToWorker } from './worker-protocol.ts'

/** Memory of JavaScript objects in one worker; bodies and buffers lie outside it and have bounds of their own. */
const WORKER_HEAP_MB = 2048

/** A message that begins a job. */
type Start = Exclude<ToWorker, { kind: 'cancel' }>

interface Waiting {
  readonly start: (seat: Seat) => void
  readonly fail: (error: unknown) => void
}

/**
 * Runs layer jobs in up to `count` worker threads, started when first needed. `workerUrl` is a module that calls
 * `serveLayerJobs`. A job rejects with a Failure that names its layer, also when its worker dies; the next job then gets a new one.
 * Temporary space is shared out evenly.
 */
export function workerRunner(workerUrl: URL, count: number): LayerRunner {
  const seats = Array.from({ length: Math.max(1, count) }, () => new Seat(workerUrl))
  const free = [...seats]
  const queue: Waiting[] = []
  let hashing = false
  let closed = false
  const seat = (signal: AbortSignal, name: string): Promise<Seat> =>
    new Promise((resolve, reject) => {
      const taken = free.pop()
      if (taken !== undefined) return resolve(taken)
      const leave = (): void => {
        const at = queue.indexOf(waiting)
        if (at >= 0) queue.splice(at, 1)
        reject(asFailure(signal.reason, name))
      }
      const served = (settle: () => void): void => {
        signal.removeEventListener('abort', leave)
        settle()
      }
      const waiting: Waiting = {
        start: (seat) => served(() => resolve(seat)),
        fail: (failure) => served(() => reject(failure)),
      }
      queue.push(waiting)
      signal.addEventListener('abort', leave, { once: true })
    })
  const run = async (
    message: Start,
    signal: AbortSignal,
    progress: (doneBytes: number) => void,
    bytes?: RemoteBytes,
  ): Promise<LayerFacts> => {
    const { name } = message.job
    if (signal.aborted) throw asFailure(signal.reason, name)
    if (closed) throw new Failure('runner-closed', 'no more layers are read', { kind: 'internal', input: name })
    const taken = await seat(signal, name)
    // A place that stays empty is a processor without work: this thread then hashes, beside the worker.
    const hashHere = !hashing && free.length > 0 && message.kind === 'run' && isPlainFile(message.job)
    if (hashHere) hashing = true
    try {
      return await taken.run(message, signal, progress, { hashHere, bytes })
    } finally {
      if (hashHere) hashing = false
      const next = queue.shift()
      if (next === undefined) free.push(taken)
      else next.start(taken)
    }
  }
  return {
    run: (job, signal, progress, bytes) =>
      run({ kind: 'run', job: withShare(job, seats.length) }, signal, progress, bytes),
    runTree: (job, signal, progress) => run({ kind: 'run-tree', job }, signal, progress),
    async close() {
      closed = true
      const failure = new Failure('interrupted', 'the scan was ended', { kind: 'interrupted' })
      for (const waiting of queue.splice(0)) waiting.fail(failure)
      await Promise.all(seats.map((one) => one.close()))
    },
  }
}

function isPlainFile({ locator }: LayerJob): boolean {
  return locator.at === 'file' && locator.encoding === 'plain'
}

function withShare(job: LayerJob, count: number): LayerJob {
  return { ...job, limits: { ...job.limits, temporaryBytes: Math.floor(job.limits.temporaryBytes / count) } }
}

/** A place for one worker, which is started when the first job comes and again when it has died. */
class Seat {
  readonly #url: URL
  #worker: Worker | undefined

  constructor(url: URL) {
    this.#url = url
  }

  run(
    start: Start,
    signal: AbortSignal,
    progress: (doneBytes: number) => void,
    { hashHere, bytes }: { readonly hashHere: boolean; readonly bytes: RemoteBytes | undefined },
  ): Promise<LayerFacts> {
    const { name } = start.job
    const worker = this.#start()
    const hashPort = hashHere ? channel(serveHash) : undefined
    const bytesPort = bytes === undefined ? undefined : channel((port) => serveBytes(port, bytes, signal))
    const post = (message: ToWorker): void => worker.postMessage(message)
    return new Promise<LayerFacts>((resolve, reject) => {
      // A walk over a tree never looks up to see a message: only ending its thread ends it.
      const cancel = (): void => {
        if (start.kind === 'run') post({ kind: 'cancel' })
        else void worker.terminate()
      }
      const settle = (finish: () => void): void => {
        signal.removeEventListener('abort', cancel)
        worker.removeListener('message', message).removeListener('error', died).removeListener('exit', died)
        worker.unref()
        hashPort?.here.close()
        bytesPort?.here.close()
        finish()
      }
      const message = (received: FromWorker): void => {
        if (received.kind === 'progress') progress(received.doneBytes)
        else if (received.kind === 'done') settle(() => resolve(received.facts))
        else settle(() => reject(signal.aborted ? asFailure(signal.reason, name) : revive(received.failure)))
      }
      const died = (reason: unknown): void => {
        this.#worker = undefined
        settle(() => reject(signal.aborted ? asFailure(signal.reason, name) : deathOf(name, reason)))
      }
      worker.on('message', message).on('error', died).on('exit', died)
      worker.ref()
      signal.addEventListener('abort', cancel, { once: true })
      const ports = { hashPort: hashPort?.there, bytesPort: bytesPort?.there }
      worker.postMessage(
        { ...start, ...ports },
        Object.values(ports).filter((port) => port !== undefined),
      )
      if (signal.aborted) cancel()
    })
  }

  async close(): Promise<void> {
    const worker = this.#worker
    this.#worker = undefined
    await worker?.terminate()
  }

  #start(): Worker {
    if (this.#worker === undefined) {
      // Loaded here, not imported: it costs milliseconds, and where every layer is known nothing is run.
      const threads = process.getBuiltinModule('node:worker_threads')
      const worker = new threads.Worker(this.#url, {
        resourceLimits: { maxOldGenerationSizeMb: WORKER_HEAP_MB },
        workerData: { compiled: compiledFolder() },
      })
      // Between jobs nobody listens: a worker that dies then is replaced by the next job.
      worker.on('error', () => this.#forget(worker)).on('exit', () => this.#forget(worker))
      this.#worker = worker
    }
    return this.#worker
  }

  #forget(worker: Worker): void {
    if (this.#worker === worker) this.#worker = undefined
  }
}

/** Where this process keeps V8's compiled code, if it does; the folder that is named to Node, above the one of its version. */
function compiledFolder(): string | undefined {
  const folder = process.getBuiltinModule('node:module').getCompileCacheDir()
  return folder === undefined ? undefined : dirname(folder)
}

/** A channel whose one end is served in this thread. */
function channel(serve: (port: MessagePort) => void): { readonly here: MessagePort; readonly there: MessagePort } {
  const { port1, port2 } = new (process.getBuiltinModule('node:worker_threads').MessageChannel)()
  serve(port1)
  return { here: port1, there: port2 }
}

function deathOf(name: string, reason: unknown): Failure {
  const outOfMemory = reason instanceof Error && (reason as NodeJS.ErrnoException).code === 'ERR_WORKER_OUT_OF_MEMORY'
  const why = reason instanceof Error ? reason.message : `it exited with status ${String(reason)}`
  const message = outOfMemory
    ? `reading it took more than ${WORKER_HEAP_MB} MiB`
    : `the thread that read it died: ${why}`
  const code = outOfMemory ? 'layer-out-of-memory' : 'worker-died'
  return new Failure(code, message, { kind: outOfMemory ? 'unreadable' : 'internal', input: name, cause: reason })
}
