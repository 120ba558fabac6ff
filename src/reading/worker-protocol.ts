import type { MessagePort } from 'node:worker_threads'
import type { Failure } from '../lib/failure.ts'
import type { LayerFacts, LayerJob, TreeJob } from './types.ts'

/** What the main thread sends to a worker. A worker has one job at a time. */
export type ToWorker =
  | {
      readonly kind: 'run'
      readonly job: LayerJob
      /** Where the layer can be hashed by the main thread (see `serveHash`). */
      readonly hashPort?: MessagePort
      /** Where the bytes of a layer that is not on this machine are asked for (see `serveBytes`). */
      readonly bytesPort?: MessagePort
    }
  | { readonly kind: 'run-tree'; readonly job: TreeJob }
  | { readonly kind: 'cancel' }

/** What a worker sends back: progress, then one of the other two. */
export type FromWorker =
  | { readonly kind: 'progress'; readonly doneBytes: number }
  | { readonly kind: 'done'; readonly facts: LayerFacts }
  | { readonly kind: 'failed'; readonly failure: PlainFailure }

/** A `Failure` as plain data: classes do not cross threads. */
export type PlainFailure = Pick<Failure, 'code' | 'message' | 'kind' | 'input' | 'hints'>
