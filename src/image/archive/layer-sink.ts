import type { Failure } from '../../lib/failure.ts'

/** Gets one layer, unpacked, as it passes. */
export interface LayerSink {
  /** Valid during the call only. What it throws fails the layer. */
  chunk(bytes: Uint8Array): void
  done(): void
  failed(failure: Failure): void
}
