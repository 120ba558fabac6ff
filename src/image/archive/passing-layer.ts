import { createHash } from 'node:crypto'
import { asFailure, type Failure } from '../../lib/failure.ts'
import type { Limits } from '../../lib/limits.ts'
import type { Digest } from '../../model/digest.ts'
import { createDecompression, type Decompression } from '../layer/decompression.ts'
import type { Encoding } from '../types.ts'
import type { LayerSink } from './layer-sink.ts'

interface PassingLayerOptions {
  readonly name: string
  readonly encoding: Encoding
  readonly limits: Limits
  readonly sink: LayerSink
  /** Told of bytes that come out of a compressed layer; what it throws fails the layer. */
  unpacked(bytes: number): void
  done(digests: { readonly blob: Digest; readonly diffId: Digest }): void
  failed(failure: Failure): void
}

/** One layer inside an archive that passes: hashed as it lies, unpacked, hashed again, handed to its sink. It fails alone. */
export class PassingLayer {
  readonly #options: PassingLayerOptions
  readonly #blobHash = createHash('sha256')
  readonly #diffHash = createHash('sha256')
  readonly #decompression: Decompression | undefined
  #over = false

  constructor(options: PassingLayerOptions) {
    this.#options = options
    if (options.encoding === 'plain') return
    this.#decompression = createDecompression(options.encoding, {
      name: options.name,
      limits: options.limits,
      output: (chunk) => {
        options.unpacked(chunk.length)
        this.#diffHash.update(chunk)
        options.sink.chunk(chunk)
        return undefined
      },
    })
  }

  /** Takes bytes as they lie in the archive. @returns for a compressed layer the work that must be done before more may come. */
  push(chunk: Uint8Array): (() => Promise<void>) | undefined {
    if (this.#over) return undefined
    this.#blobHash.update(chunk)
    const decompression = this.#decompression
    if (decompression !== undefined) {
      return () => this.#guarded(() => decompression.write(chunk))
    }
    try {
      this.#options.sink.chunk(chunk)
    } catch (error) {
      this.fail(asFailure(error, this.#options.name))
    }
    return undefined
  }

  finish(): (() => Promise<void>) | undefined {
    const decompression = this.#decompression
    if (decompression !== undefined) {
      return async () => {
        await this.#guarded(() => decompression.end())
        this.#complete()
      }
    }
    this.#complete()
    return undefined
  }

  fail(failure: Failure): void {
    if (this.#over) return
    this.#over = true
    this.#decompression?.destroy()
    this.#options.failed(failure)
    this.#options.sink.failed(failure)
  }

  async #guarded(work: () => Promise<void>): Promise<void> {
    if (this.#over) return
    try {
      await work()
    } catch (error) {
      this.fail(asFailure(error, this.#options.name))
    }
  }

  #complete(): void {
    if (this.#over) return
    try {
      this.#options.sink.done()
    } catch (error) {
      this.fail(asFailure(error, this.#options.name))
      return
    }
    this.#over = true
    const blob: Digest = `sha256:${this.#blobHash.digest('hex')}`
    const diffId: Digest = this.#decompression === undefined ? blob : `sha256:${this.#diffHash.digest('hex')}`
    this.#options.done({ blob, diffId })
  }
}
