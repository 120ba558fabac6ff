import type { KeptTable } from '../lazy/contents.ts'
import type { StreamedLayer, StreamOptions } from './stream.ts'

/** What is read of a layer, whatever it lies in. */
export interface PassLayerOptions extends Omit<StreamOptions, 'onChunk'> {
  /** Asked between entries: whether all that was wanted has passed and the rest need not. */
  enough?(): boolean
  /** What one pass over a layer leaves for the next one over it. */
  readonly kept?: KeptTable
}

/** Digests that were computed on the way; none where the layer is not read as a whole, and something else proves what is read. */
export type PassedLayer = Partial<StreamedLayer> & {
  /** Not all of it could be seen, for a reason that lies in this machine: what was found is not kept for later. */
  readonly incomplete?: true
}
