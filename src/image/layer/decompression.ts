import zlib from 'node:zlib'
import { Failure } from '../../lib/failure.ts'
import type { Limits } from '../../lib/limits.ts'
import type { Encoding } from '../types.ts'
import { GzipHeader } from './gzip-header.ts'
import { InflateStage, type Output } from './inflate-stage.ts'

/** Bytes in, unpacked bytes out, in order. `write` and `end` reject with a Failure that names the input. */
export interface Decompression {
  /** Takes a piece, which must not change until the promise is settled; two may be under way, so that the thread pool never waits. */
  write(chunk: Uint8Array): Promise<void>
  /** No more comes: resolves when all output has been handed over. */
  end(): Promise<void>
  destroy(): void
}

export interface DecompressionOptions {
  /** How the input is named in failures. */
  readonly name: string
  readonly limits: Limits
  /** A promise holds back what follows until it is settled. */
  readonly output: Output
}

/**
 * A decompressor for `encoding`. Failures: `gzip-corrupt`, `gzip-truncated`, `zstd-corrupt`, `zstd-truncated`, `decompression-bomb`
 * (more than `limits.unpackedBytes`, or than `limits.ratio` bytes for each byte read), and what `output` throws.
 */
export function createDecompression(encoding: Encoding, options: DecompressionOptions): Decompression {
  const guard = new BombGuard(options)
  switch (encoding) {
    case 'plain':
      return new PlainPassage(guard)
    case 'gzip':
      return new GzipDecompression(options, guard)
    case 'zstd':
      return new ZstdDecompression(options.name, guard)
  }
}

/** Counts what goes in and comes out, and stops what unpacks to too much. */
class BombGuard {
  readonly #options: DecompressionOptions
  #inputBytes = 0
  #outputBytes = 0

  constructor(options: DecompressionOptions) {
    this.#options = options
  }

  input(bytes: number): void {
    this.#inputBytes += bytes
  }

  output(chunk: Uint8Array): undefined | Promise<void> {
    const { limits, name } = this.#options
    this.#outputBytes += chunk.length
    if (this.#outputBytes > limits.unpackedBytes) {
      throw new Failure('decompression-bomb', `it unpacks to more than the ${limits.unpackedBytes} bytes allowed`, {
        input: name,
      })
    }
    if (this.#outputBytes > limits.ratioFromBytes && this.#outputBytes > limits.ratio * this.#inputBytes) {
      throw new Failure(
        'decompression-bomb',
        `${this.#inputBytes} bytes unpack to ${this.#outputBytes} and more, over the ratio of ${limits.ratio} allowed`,
        { input: name },
      )
    }
    return this.#options.output(chunk)
  }
}

class PlainPassage implements Decompression {
  readonly #guard: BombGuard

  constructor(guard: BombGuard) {
    this.#guard = guard
  }

  async write(chunk: Uint8Array): Promise<void> {
    this.#guard.input(chunk.length)
    await this.#guard.output(chunk)
  }

  async end(): Promise<void> {}

  destroy(): void {}
}

class ZstdDecompression implements Decompression {
  readonly #stage: InflateStage
  readonly #guard: BombGuard
  readonly #name: string

  constructor(name: string, guard: BombGuard) {
    this.#name = name
    this.#guard = guard
    this.#stage = new InflateStage('zstd', (chunk) => guard.output(chunk))
  }

  async write(chunk: Uint8Array): Promise<void> {
    this.#guard.input(chunk.length)
    try {
      await this.#stage.write(chunk)
    } catch (error) {
      throw decompressionFailure('zstd', this.#name, error)
    }
  }

  async end(): Promise<void> {
    try {
      await this.#stage.end()
    } catch (error) {
      throw decompressionFailure('zstd', this.#name, error)
    }
  }

  destroy(): void {
    this.#stage.destroy()
  }
}

/** A piece of input on its way. */
interface Piece {
  readonly chunk: Uint8Array
  /** The state in which it came. */
  readonly from: GzipState
  /** The stage that it was given to at once, as long as all of it is for that one. */
  stage?: InflateStage | undefined
  early?: Promise<number>
}

type GzipState = 'header' | 'first' | 'trailer' | 'between' | 'rest' | 'ignored'

/**
 * Gzip, member by member. The first member is inflated raw, with its header and trailer read here: only so is it known where it ends,
 * and garbage behind it can be ignored as `gzip -d` does. Most layers have just that one. Further members go to zlib's own reading of
 * them, which is fast where there are tens of thousands (eStargz, bgzip).
 */
class GzipDecompression implements Decompression {
  readonly #name: string
  readonly #guard: BombGuard
  readonly #header = new GzipHeader()
  readonly #trailer = new Uint8Array(8)
  #trailerBytes = 0
  #state: GzipState = 'header'
  #crc = 0
  #bytes = 0
  #stage: InflateStage
  /** Pieces not dealt with yet, in order; at most as many as the caller keeps under way. */
  readonly #outstanding: Piece[] = []
  #restBegun = false
  /** A first byte of another member was the last of its piece. */
  #halfMagic = false
  /** All pieces so far, dealt with one after the other. */
  #tail: Promise<void> = Promise.resolve()

  constructor({ name }: DecompressionOptions, guard: BombGuard) {
    this.#name = name
    this.#guard = guard
    this.#stage = new InflateStage('raw', (chunk) => {
      this.#crc = zlib.crc32(chunk, this.#crc)
      this.#bytes += chunk.length
      return guard.output(chunk)
    })
  }

  write(chunk: Uint8Array): Promise<void> {
    this.#guard.input(chunk.length)
    // Inside a member the piece goes to the pool at once, behind the one that it still works on; but not past an earlier piece
    // of which something is left for another stage.
    const inside = this.#state === 'first' || this.#state === 'rest'
    const piece: Piece = { chunk, from: this.#state }
    if (inside && this.#outstanding.every((earlier) => earlier.stage === this.#stage)) {
      piece.stage = this.#stage
      piece.early = this.#stage.write(chunk)
      piece.early.catch(() => {})
    }
    this.#outstanding.push(piece)
    const previous = this.#tail
    this.#tail = (async () => {
      await previous
      await this.#take(piece)
      this.#outstanding.shift()
    })()
    this.#tail.catch(() => {})
    return this.#tail
  }

  async end(): Promise<void> {
    await this.#tail
    try {
      if (this.#state === 'first' || this.#state === 'rest') await this.#stage.end()
      // Further members ended before the input did: what they gave may still be waiting.
      else if (this.#state === 'ignored' && this.#restBegun) await this.#stage.flushed()
    } catch (error) {
      throw decompressionFailure('gzip', this.#name, error)
    }
    if (this.#state === 'header' || this.#state === 'first' || this.#state === 'trailer')
      throw truncated('gzip', this.#name)
  }

  destroy(): void {
    this.#stage.destroy()
  }

  async #take(piece: Piece): Promise<void> {
    const { chunk, early, from } = piece
    let at = 0
    try {
      if (early !== undefined) {
        at = this.#used(await early, chunk.length, from)
        if (at < chunk.length) piece.stage = undefined
      }
      while (at < chunk.length) at = await this.#step(chunk, at)
    } catch (error) {
      throw decompressionFailure('gzip', this.#name, error)
    }
  }

  async #step(chunk: Uint8Array, at: number): Promise<number> {
    switch (this.#state) {
      case 'header':
        return this.#takeHeader(chunk, at)
      case 'first':
      case 'rest': {
        const piece = chunk.subarray(at)
        return at + this.#used(await this.#stage.write(piece), piece.length, this.#state)
      }
      case 'trailer':
        return await this.#takeTrailer(chunk, at)
      case 'between':
        return await this.#takeBetween(chunk, at)
      case 'ignored':
        return chunk.length
    }
  }

  /** What the stage used of a piece: when it left some, its data ended, unless an earlier piece has shown that already. */
  #used(used: number, length: number, from: GzipState): number {
    if (used < length && this.#state === from) this.#state = from === 'first' ? 'trailer' : 'ignored'
    return used
  }

  #takeHeader(chunk: Uint8Array, at: number): number {
    const after = this.#header.take(chunk, at)
    if (after === undefined) throw corrupt('gzip', this.#name, 'no gzip header')
    if (this.#header.complete) this.#state = 'first'
    return after
  }

  async #takeTrailer(chunk: Uint8Array, at: number): Promise<number> {
    const count = Math.min(8 - this.#trailerBytes, chunk.length - at)
    this.#trailer.set(chunk.subarray(at, at + count), this.#trailerBytes)
    this.#trailerBytes += count
    if (this.#trailerBytes === 8) {
      await this.#stage.flushed()
      const view = new DataView(this.#trailer.buffer)
      if (view.getUint32(0, true) !== this.#crc) throw corrupt('gzip', this.#name, 'its checksum is wrong')
      if (view.getUint32(4, true) !== this.#bytes % 2 ** 32) throw corrupt('gzip', this.#name, 'its length is wrong')
      this.#stage.destroy()
      this.#state = 'between'
      this.#trailerBytes = 0
    }
    return at + count
  }

  /** After the first member: another one, or padding and garbage, which are ignored. */
  async #takeBetween(chunk: Uint8Array, at: number): Promise<number> {
    const magic = this.#halfMagic ? at : at + 1
    if (!this.#halfMagic && chunk[at] === 0x1f && magic === chunk.length) {
      this.#halfMagic = true
      return chunk.length
    }
    if ((!this.#halfMagic && chunk[at] !== 0x1f) || chunk[magic] !== 0x8b) {
      this.#state = 'ignored'
      return chunk.length
    }
    this.#stage = new InflateStage('gzip', (output) => this.#guard.output(output))
    this.#state = 'rest'
    this.#restBegun = true
    if (this.#halfMagic) await this.#stage.write(Uint8Array.of(0x1f))
    return at
  }
}

function truncated(format: 'gzip' | 'zstd', name: string): Failure {
  return new Failure(`${format}-truncated`, `the ${format} data ends before it is complete`, { input: name })
}

function corrupt(format: 'gzip' | 'zstd', name: string, why: string): Failure {
  return new Failure(`${format}-corrupt`, `the ${format} data is corrupt: ${why}`, { input: name })
}

/** What zlib threw, as a Failure; what a consumer of the output threw, as it is. */
function decompressionFailure(format: 'gzip' | 'zstd', name: string, error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof Failure) return error
  const code = (error as NodeJS.ErrnoException).code ?? ''
  if (code === 'Z_BUF_ERROR') return truncated(format, name)
  if (!code.startsWith('Z_') && !code.startsWith('ZSTD_') && !code.startsWith('ERR_ZSTD')) return error
  return corrupt(format, name, error.message)
}
