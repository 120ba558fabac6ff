import { hash } from 'node:crypto'
import type { RemoteBytes, TarEntry, TarHandler } from '../../src/image/index.ts'
import { Failure } from '../../src/lib/failure.ts'

/** Bytes of a blob in memory, as a registry gives them: in small pieces, by range. */
export interface CountedBytes extends RemoteBytes {
  readonly seen: {
    readonly ranges: { offset: number; length?: number; because?: string }[]
    bytes: number
    /** Ranges that are open now, and the most that were. */
    open: number
    most: number
  }
}

/** `blob` by range, with a count of what was asked for. A range past its end is a failure, as it is to a registry. */
export function bytesOf(blob: Uint8Array, pieceBytes = 16 * 1024): CountedBytes {
  const seen: CountedBytes['seen'] = { ranges: [], bytes: 0, open: 0, most: 0 }
  return {
    seen,
    async *open(range, signal) {
      const { offset, length = blob.length - offset } = range
      if (offset > blob.length) throw new Failure('range-refused', 'no such range')
      seen.ranges.push(range)
      seen.open++
      seen.most = Math.max(seen.most, seen.open)
      try {
        const end = Math.min(blob.length, offset + length)
        for (let at = offset; at < end; at += pieceBytes) {
          signal.throwIfAborted()
          await new Promise((resolve) => setImmediate(resolve))
          const piece = new Uint8Array(blob.subarray(at, Math.min(end, at + pieceBytes)))
          seen.bytes += piece.length
          yield piece
        }
      } finally {
        seen.open--
      }
    },
  }
}

/** What a handler was given, as text: entries, bodies (long ones by length and digest). */
export class Recorder implements TarHandler {
  readonly seen: string[] = []
  #body: Buffer[] = []
  readonly #wants: (entry: TarEntry) => boolean
  readonly #enoughBytes: number

  constructor(wants = (entry: TarEntry) => entry.name.endsWith('wanted'), enoughBytes = Number.POSITIVE_INFINITY) {
    this.#wants = wants
    this.#enoughBytes = enoughBytes
  }

  entry(entry: TarEntry): boolean {
    const { uid, gid, mtime, ...rest } = entry
    this.seen.push(JSON.stringify(rest))
    this.#body = []
    return this.#wants(entry)
  }

  foresees(entry: TarEntry): 'all' | 'nothing' {
    return this.#wants(entry) ? 'all' : 'nothing'
  }

  body(chunk: Uint8Array): void {
    this.#body.push(Buffer.from(chunk))
  }

  more(): boolean {
    return this.#body.reduce((sum, { length }) => sum + length, 0) < this.#enoughBytes
  }

  end(): void {
    const body = Buffer.concat(this.#body)
    this.seen.push(body.length <= 1000 ? body.toString('latin1') : `${body.length} bytes, ${hash('sha256', body)}`)
  }

  problem({ message }: { readonly message: string }): void {
    this.seen.push(message)
  }
}
