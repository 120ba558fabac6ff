import { hash } from 'node:crypto'
import { Failure } from '../../lib/failure.ts'
import type { Limits } from '../../lib/limits.ts'
import { createDecompression } from '../layer/decompression.ts'
import type { RemoteBytes, TarEntry, TarHandler } from '../types.ts'
import type { Block, Contents, Piece } from './contents.ts'
import { gather, RangeStream } from './range-stream.ts'
import { unpackAll } from './unpack.ts'

/** Unwanted bytes between two wanted ones that are fetched with them: cheaper than a request. */
const GAP_BYTES = 64 * 1024
/** Ranges that are on their way at once. */
const RANGES_AHEAD = 6
/** Up to these a block is unpacked at once and kept while files in it follow one another. */
const SMALL_PACKED_BYTES = 8 * 1024 ** 2
const SMALL_BYTES = 16 * 1024 ** 2

const ZEROS = new Uint8Array(64 * 1024)
/** Thrown out of a decompressor that has given all that was wanted. */
const ENOUGH = new Failure('piece-complete', 'nothing more is wanted of this block')

interface SourceOptions {
  readonly name: string
  readonly bytes: RemoteBytes
  readonly limits: Limits
  readonly signal: AbortSignal
  progress?(doneBytes: number): void
}

/** Wanted blocks that lie beside one another. */
interface Run {
  readonly offset: number
  end: number
}

/**
 * The bytes of wanted files. What will probably be wanted is planned ahead, neighbours in one range and a few ranges at once; what was
 * not planned is fetched when it is asked for.
 */
export class BlockSource {
  readonly #blocks: readonly Block[]
  readonly #options: SourceOptions
  readonly #runs: readonly Run[]
  /** For each planned block, in which run it lies first. */
  readonly #runOf: ReadonlyMap<number, number>
  readonly #streams = new Map<number, RangeStream>()
  #run = -1
  /** Where the current run's stream is. */
  #position = 0
  #last: { readonly block: number; readonly bytes: Uint8Array } | undefined
  #doneBytes = 0

  constructor(contents: Contents, handler: TarHandler, options: SourceOptions) {
    this.#blocks = contents.blocks
    this.#options = options
    const { runs, runOf } = plan(contents, handler)
    this.#runs = runs
    this.#runOf = runOf
  }

  /** Gives the bytes of a piece of a file, valid during the call only. @throws as `passLazyLayer`. */
  async read(piece: Piece, entry: TarEntry, give: (chunk: Uint8Array) => void): Promise<void> {
    if (piece.block === undefined) {
      for (let left = piece.length; left > 0; left -= ZEROS.length) give(ZEROS.subarray(0, left))
      return
    }
    const block = this.#blocks[piece.block]
    if (block.length <= SMALL_PACKED_BYTES && block.unpackedBytes <= SMALL_BYTES) {
      const bytes = await this.#unpacked(piece.block, block, entry)
      give(this.#part(bytes, piece, entry))
    } else await this.#streamed(piece.block, block, piece, entry, give)
  }

  close(): void {
    for (const stream of this.#streams.values()) stream.close()
    this.#streams.clear()
  }

  async #unpacked(index: number, block: Block, entry: TarEntry): Promise<Uint8Array> {
    if (this.#last?.block === index) return this.#last.bytes
    this.#last = undefined
    const packed = await this.#fetch(index, block, (stream) => gather(stream, block.length))
    if (block.digest !== undefined) {
      const actual = `sha256:${hash('sha256', packed)}`
      if (actual !== block.digest) throw mismatch(this.#options.name, entry.name, actual, block.digest)
    }
    const bytes = await unpackAll(packed, block, this.#options)
    this.#last = { block: index, bytes }
    return bytes
  }

  #part(bytes: Uint8Array, { inner, length }: Piece, entry: TarEntry): Uint8Array {
    if (inner + length <= bytes.length) return bytes.subarray(inner, inner + length)
    throw tooShort(this.#options.name, entry)
  }

  /** A large block, unpacked as it comes. */
  async #streamed(
    index: number,
    block: Block,
    { inner, length }: Piece,
    entry: TarEntry,
    give: (chunk: Uint8Array) => void,
  ): Promise<void> {
    const { packed } = block
    if (typeof packed === 'object') throw tooShort(this.#options.name, entry)
    let skip = inner
    let wanted = length
    const decompression = createDecompression(packed, {
      ...this.#options,
      output: (chunk) => {
        const from = Math.min(skip, chunk.length)
        skip -= from
        const piece = chunk.subarray(from, from + wanted)
        wanted -= piece.length
        if (piece.length > 0) give(piece)
        if (wanted === 0) throw ENOUGH
        return undefined
      },
    })
    try {
      await this.#fetch(index, block, async (stream) => {
        await stream.take(block.length, (piece) => decompression.write(piece))
        await decompression.end()
      })
    } catch (error) {
      if (error !== ENOUGH) throw error
    } finally {
      decompression.destroy()
    }
    if (wanted > 0) throw tooShort(this.#options.name, entry)
  }

  /** Has `use` read a block: out of the run that it was planned in, or by itself. */
  async #fetch<Result>(index: number, block: Block, use: (stream: RangeStream) => Promise<Result>): Promise<Result> {
    const run = this.#runOf.get(index)
    const planned = run !== undefined && (run > this.#run || (run === this.#run && block.offset >= this.#position))
    if (planned) this.#moveTo(run)
    const { bytes, signal, progress } = this.#options
    const end = block.offset + block.length
    const stream = planned ? this.#stream(run) : new RangeStream(bytes, block.offset, end, signal)
    const before = stream.fetched
    try {
      if (planned) {
        // Whatever becomes of this block, the stream is behind its beginning.
        this.#position = end
        await stream.skipTo(block.offset)
      }
      return await use(stream)
    } finally {
      this.#doneBytes += stream.fetched - before
      progress?.(this.#doneBytes)
      if (!planned) stream.close()
    }
  }

  #moveTo(run: number): void {
    if (run === this.#run) return
    for (const [number, stream] of this.#streams) {
      if (number >= run) continue
      stream.close()
      this.#streams.delete(number)
    }
    this.#run = run
    this.#position = this.#runs[run].offset
    for (let ahead = run; ahead < Math.min(run + RANGES_AHEAD, this.#runs.length); ahead++) this.#stream(ahead).begin()
  }

  #stream(run: number): RangeStream {
    const there = this.#streams.get(run)
    if (there !== undefined) return there
    const { offset, end } = this.#runs[run]
    const stream = new RangeStream(this.#options.bytes, offset, end, this.#options.signal)
    this.#streams.set(run, stream)
    return stream
  }
}

/** What will probably be wanted, in the order of the archive. */
function plan(
  { entries, blocks }: Contents,
  handler: TarHandler,
): { readonly runs: readonly Run[]; readonly runOf: ReadonlyMap<number, number> } {
  const runs: Run[] = []
  const runOf = new Map<number, number>()
  for (const [number, { entry, pieces, digest }] of entries.entries()) {
    if (pieces.length === 0) continue
    const wanted = handler.foresees?.(entry, number) ?? 'nothing'
    if (wanted === 'nothing') continue
    for (const piece of wanted === 'beginning' && digest === undefined ? pieces.slice(0, 1) : pieces) {
      if (piece.block === undefined || runOf.has(piece.block)) continue
      const { offset, length } = blocks[piece.block]
      const run = runs.at(-1)
      if (run !== undefined && offset >= run.end && offset - run.end <= GAP_BYTES) run.end = offset + length
      else runs.push({ offset, end: offset + length })
      runOf.set(piece.block, runs.length - 1)
    }
  }
  return { runs, runOf }
}

/** @returns the failure that names layer and file. */
export function mismatch(layer: string, file: string, actual: string, stated: string): Failure {
  const message = `the bytes of ${file.slice(0, 500)} have the digest ${actual}, but its table of contents states ${stated}`
  return new Failure('digest-mismatch', message, { input: layer, hints: [HINT] })
}

function tooShort(layer: string, { name, sizeBytes }: TarEntry): Failure {
  const message = `${name.slice(0, 500)} is shorter than the ${sizeBytes} bytes that its table of contents states`
  return new Failure('digest-mismatch', message, { input: layer, hints: [HINT] })
}

const HINT = 'the layer and its table of contents do not belong together: build or push the image again'
