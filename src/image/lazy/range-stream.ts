import { Failure } from '../../lib/failure.ts'
import type { RemoteBytes } from '../types.ts'

/** Bytes that are rather read and dropped than asked for anew. */
const DROP_BYTES = 1024 ** 2

/** One range of a blob that is read from its beginning to its end, parts of it dropped. */
export class RangeStream {
  readonly #bytes: RemoteBytes
  readonly #end: number
  readonly #signal: AbortSignal
  readonly #strict: boolean
  #position: number
  #pieces: AsyncIterator<Uint8Array> | undefined
  #next: Promise<IteratorResult<Uint8Array>> | undefined
  #left: Uint8Array = new Uint8Array(0)
  #fetched = 0

  constructor(bytes: RemoteBytes, offset: number, end: number, signal: AbortSignal, strict = false) {
    this.#strict = strict
    this.#bytes = bytes
    this.#position = offset
    this.#end = end
    this.#signal = signal
  }

  /** Bytes that have come. */
  get fetched(): number {
    return this.#fetched
  }

  /** Asks for the first bytes without waiting for them. */
  begin(): void {
    if (this.#pieces === undefined) {
      const strict = this.#strict ? { strict: true } : {}
      const range = { offset: this.#position, length: this.#end - this.#position, ...strict }
      this.#pieces = this.#bytes.open(range, this.#signal)[Symbol.asyncIterator]()
    }
    if (this.#next !== undefined || this.#left.length > 0) return
    this.#next = this.#pieces.next()
    this.#next.catch(() => {})
  }

  /** Moves on to `offset`, which lies at or behind where it is. */
  async skipTo(offset: number): Promise<void> {
    if (offset - this.#position - this.#left.length > DROP_BYTES) {
      this.close()
      this.#position = offset
    } else await this.take(offset - this.#position, () => {})
  }

  /**
   * Gives the next `length` bytes in pieces, valid during the call only.
   * @throws Failure `layer-truncated` when they end before; what the source and `take` throw.
   */
  async take(length: number, take: (piece: Uint8Array) => void | Promise<void>): Promise<void> {
    for (let wanted = length; wanted > 0; ) {
      if (this.#left.length === 0) await this.#fill(wanted)
      const piece = this.#left.subarray(0, wanted)
      this.#left = this.#left.subarray(piece.length)
      this.#position += piece.length
      wanted -= piece.length
      await take(piece)
    }
  }

  /** Lets go of the source. */
  close(): void {
    const ending = this.#pieces?.return?.()
    ending?.catch(() => {})
    this.#pieces = undefined
    this.#next = undefined
    this.#left = new Uint8Array(0)
  }

  async #fill(wanted: number): Promise<void> {
    this.begin()
    const next = await this.#next
    this.#next = undefined
    if (next === undefined || next.done === true) {
      throw new Failure('layer-truncated', `${wanted} bytes from byte ${this.#position} on are not there`)
    }
    this.#fetched += next.value.length
    this.#left = next.value
  }
}

/** The bytes of a range, all of them and only they. @throws Failure `layer-truncated`, and what the source throws. */
export async function readRange(
  bytes: RemoteBytes,
  offset: number,
  length: number,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const stream = new RangeStream(bytes, offset, offset + length, signal, true)
  try {
    return await gather(stream, length)
  } finally {
    stream.close()
  }
}

/** The next bytes of a stream in one array. It grows with what comes, not with what was promised. */
export async function gather(stream: RangeStream, length: number): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  await stream.take(length, (piece) => {
    pieces.push(piece)
  })
  return pieces.length === 1 ? pieces[0] : Buffer.concat(pieces)
}
