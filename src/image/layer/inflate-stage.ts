import zlib from 'node:zlib'

/** Bytes that come out at once: with these, inflate is twice as fast as with Node's default of 16 KiB. */
const OUTPUT_BYTES = 1024 * 1024

/** Handed over at once: between two pieces the stream can give the thread pool its next work, which is seldom ready just in time. */
const PIECE_BYTES = 256 * 1024

/** How far inflating may run ahead of what is done with its output. */
const MOST_PENDING_BYTES = 4 * OUTPUT_BYTES

/** A window of 2^27 bytes is what `zstd -d` accepts too: it bounds what a hostile frame can make us allocate. */
const ZSTD_WINDOW_LOG = 27

/** Gets unpacked bytes, valid until it returns; a promise holds back what follows, and keeps them valid, until it is settled. */
export type Output = (chunk: Uint8Array) => undefined | Promise<void>

export type StageFormat = 'raw' | 'gzip' | 'zstd'

/**
 * One of Node's decompressors with three things that its stream does not give: how much of each input it used, output that is
 * looked at while the thread pool already works on the next piece, and errors as values of the promise that they belong to.
 */
export class InflateStage {
  readonly #stream: zlib.InflateRaw | zlib.Gunzip | zlib.ZstdDecompress
  readonly #output: Output
  /** What a consumer that needs time has asked to wait for. */
  #waiting: Promise<void> | undefined
  /** Output not handed over yet, in order; of the first one `#headDone` bytes have been. */
  readonly #pending: Uint8Array[] = []
  #pendingBytes = 0
  #headDone = 0
  #drainScheduled = false
  #fed = 0
  #error: unknown
  /** A stream that fails, ends early or is destroyed forgets the callbacks of the writes it has: their promises are settled here. */
  readonly #underWay = new Set<() => void>()

  constructor(format: StageFormat, output: Output) {
    this.#output = output
    this.#stream = createStream(format)
    this.#stream.on('data', (chunk: Uint8Array) => this.#schedule(chunk))
    this.#stream.on('error', (error) => {
      this.#error ??= error
    })
    this.#stream.on('close', () => {
      for (const settle of this.#underWay) settle()
      this.#underWay.clear()
    })
  }

  /**
   * Feeds a piece, which must not change until the promise is settled. Several may be under way.
   * @returns how many bytes of it were used: fewer than there are when the compressed data ended.
   */
  write(chunk: Uint8Array): Promise<number> {
    const base = this.#fed
    this.#fed += chunk.length
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        this.#underWay.delete(settle)
        if (this.#error !== undefined) reject(this.#error)
        else resolve(Math.max(0, Math.min(chunk.length, this.#stream.bytesWritten - base)))
      }
      if (this.#error !== undefined || this.#stream.destroyed) return settle()
      this.#underWay.add(settle)
      this.#stream.write(chunk, (error) => {
        this.#error ??= error ?? undefined
        settle()
      })
    })
  }

  /** Says that no more comes; rejects with zlib's "unexpected end of file" when the compressed data is not complete. */
  end(): Promise<void> {
    return new Promise((resolve, reject) => {
      // Without an error the stream closes only behind its end.
      const settle = (): void => {
        this.#underWay.delete(settle)
        if (this.#error !== undefined) reject(this.#error)
        else this.flushed().then(resolve, reject)
      }
      if (this.#error !== undefined || this.#stream.destroyed) return settle()
      this.#underWay.add(settle)
      this.#stream.once('end', settle)
      this.#stream.end()
    })
  }

  /** Resolves when all output so far has been handed over. */
  async flushed(): Promise<void> {
    while (this.#error === undefined && (this.#pending.length > 0 || this.#stream.readableLength > 0)) {
      await (this.#waiting ?? new Promise((resolve) => setImmediate(resolve)))
    }
    if (this.#error !== undefined) throw this.#error
  }

  /** Hands over one piece. */
  #drain(): void {
    this.#drainScheduled = false
    const chunk = this.#pending[0]
    if (chunk === undefined || this.#error !== undefined || this.#waiting !== undefined) return
    const piece = chunk.subarray(this.#headDone, this.#headDone + PIECE_BYTES)
    try {
      const wait = this.#output(piece)
      if (wait === undefined) this.#handedOver(chunk, piece.length)
      else this.#hold(wait, chunk, piece.length)
    } catch (error) {
      this.#fail(error)
    }
  }

  #handedOver(chunk: Uint8Array, bytes: number): void {
    if (this.#error !== undefined) return
    this.#pendingBytes -= bytes
    this.#headDone += bytes
    if (this.#headDone === chunk.length) {
      this.#pending.shift()
      this.#headDone = 0
      release(chunk)
    }
    if (this.#pendingBytes < MOST_PENDING_BYTES && this.#stream.isPaused()) this.#stream.resume()
    if (this.#pending.length > 0) this.#scheduleDrain()
  }

  #hold(wait: Promise<void>, chunk: Uint8Array, bytes: number): void {
    this.#waiting = wait.then(
      () => {
        this.#waiting = undefined
        this.#handedOver(chunk, bytes)
      },
      (error) => {
        this.#waiting = undefined
        this.#fail(error)
      },
    )
  }

  #fail(error: unknown): void {
    this.#error ??= error
    this.destroy()
  }

  destroy(): void {
    this.#pending.length = 0
    this.#stream.destroy()
  }

  #schedule(chunk: Uint8Array): void {
    this.#pending.push(chunk)
    this.#pendingBytes += chunk.length
    if (this.#pendingBytes >= MOST_PENDING_BYTES) this.#stream.pause()
    this.#scheduleDrain()
  }

  #scheduleDrain(): void {
    if (this.#drainScheduled) return
    this.#drainScheduled = true
    setImmediate(() => this.#drain())
  }
}

/**
 * Frees the memory of a used output buffer at once. Left to the garbage collector, a gigabyte of them a second makes it run, over
 * and over, for a tenth of the time. A piece that ends where its buffer does is the last one of it: the stream has taken another.
 */
function release(chunk: Uint8Array): void {
  const { buffer } = chunk
  const isLast = buffer.byteLength === OUTPUT_BYTES && chunk.byteOffset + chunk.length === OUTPUT_BYTES
  if (isLast && buffer instanceof ArrayBuffer) buffer.transfer(0)
}

function createStream(format: StageFormat): zlib.InflateRaw | zlib.Gunzip | zlib.ZstdDecompress {
  switch (format) {
    case 'raw':
      return zlib.createInflateRaw({ chunkSize: OUTPUT_BYTES })
    case 'gzip':
      return zlib.createGunzip({ chunkSize: OUTPUT_BYTES })
    case 'zstd':
      return zlib.createZstdDecompress({
        chunkSize: OUTPUT_BYTES,
        params: { [zlib.constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG },
      })
  }
}
