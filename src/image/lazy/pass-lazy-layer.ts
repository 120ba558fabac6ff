import { createHash } from 'node:crypto'
import { setImmediate as turn } from 'node:timers/promises'
import { asFailure, Failure } from '../../lib/failure.ts'
import type { Limits } from '../../lib/limits.ts'
import type { LazyLocator, RemoteBytes, TarHandler } from '../types.ts'
import { BlockSource, mismatch } from './block-source.ts'
import { type ContentEntry, type Contents, type KeptTable, Unfit } from './contents.ts'
import { readTable } from './read-table.ts'

/** Entries after which messages (a cancellation) are looked at. */
const ENTRIES_AT_ONCE = 10_000

interface LazyOptions {
  readonly name: string
  readonly bytes?: RemoteBytes
  readonly limits: Limits
  readonly signal: AbortSignal
  readonly kept?: KeptTable
  enough?(): boolean
  progress?(doneBytes: number): void
}

/**
 * Hands the entries of a layer to `handler` as its table of contents lists them, fetching wanted bodies only. Undefined when it did; why
 * not, when the table does not fit: then nothing was handed over.
 * @throws Failure naming the layer: `digest-mismatch` when a file's bytes are not those that the table proves, `gzip-corrupt`,
 * `zstd-corrupt`, `layer-truncated`, `decompression-bomb`, `interrupted`, and what the source of the bytes throws.
 */
export async function passLazyLayer(
  locator: LazyLocator,
  handler: TarHandler,
  options: LazyOptions,
): Promise<string | undefined> {
  const { bytes, name, signal } = options
  if (bytes === undefined) throw new Failure('layer-unreadable', 'its bytes are not here', { input: name })
  const table = await tableOf(locator, bytes, options)
  if (table instanceof Unfit) return table.message
  const source = new BlockSource(table, handler, { ...options, bytes })
  const passage = new Passage(handler, source, options)
  try {
    for (const [number, content] of table.entries.entries()) {
      if (number % ENTRIES_AT_ONCE === 0) await turn()
      signal.throwIfAborted()
      await passage.pass(content)
      if (options.enough?.() === true) break
    }
  } catch (error) {
    throw signal.aborted ? asFailure(signal.reason, name) : asFailure(error, name)
  } finally {
    source.close()
  }
  return undefined
}

async function tableOf(locator: LazyLocator, bytes: RemoteBytes, options: LazyOptions): Promise<Contents | Unfit> {
  if (options.kept?.table !== undefined) return options.kept.table
  let table: Contents | Unfit
  try {
    table = await readTable(locator, { ...options, bytes })
  } catch (error) {
    if (!(error instanceof Unfit)) throw asFailure(error, options.name)
    table = error
  }
  if (options.kept !== undefined) options.kept.table = table
  return table
}

/** Hands over one entry after the other. */
class Passage {
  readonly #handler: TarHandler
  readonly #source: BlockSource
  readonly #name: string
  readonly #limits: Limits
  #givenBytes = 0

  constructor(handler: TarHandler, source: BlockSource, { name, limits }: LazyOptions) {
    this.#handler = handler
    this.#source = source
    this.#name = name
    this.#limits = limits
  }

  async pass(content: ContentEntry): Promise<void> {
    const { entry, bytes, digest } = content
    if (!this.#handler.entry(entry) || entry.type !== 'file') return
    if (bytes !== undefined) this.#give(bytes)
    else if (digest !== undefined) await this.#wholly(content, digest)
    else await this.#piecewise(content)
    this.#handler.end()
  }

  /** Pieces that are proven one by one: after each it may be enough. */
  async #piecewise({ entry, pieces }: ContentEntry): Promise<void> {
    for (const [index, piece] of pieces.entries()) {
      if (index > 0 && this.#handler.more?.() === false) return
      const { digest } = piece
      const proof = digest === undefined ? undefined : createHash('sha256')
      await this.#source.read(piece, entry, (chunk) => {
        proof?.update(chunk)
        this.#give(chunk)
      })
      if (digest !== undefined && proof !== undefined) this.#verify(entry.name, digest, proof.digest('hex'))
    }
  }

  /** All of it, since only all of it can be proven. */
  async #wholly({ entry, pieces }: ContentEntry, digest: string): Promise<void> {
    const proof = createHash('sha256')
    for (const piece of pieces) {
      await this.#source.read(piece, entry, (chunk) => {
        proof.update(chunk)
        if (this.#handler.more?.() !== false) this.#give(chunk)
      })
    }
    this.#verify(entry.name, digest, proof.digest('hex'))
  }

  #give(chunk: Uint8Array): void {
    this.#givenBytes += chunk.length
    if (this.#givenBytes > this.#limits.unpackedBytes) {
      const bound = this.#limits.unpackedBytes
      throw new Failure('decompression-bomb', `it unpacks to more than the ${bound} bytes allowed`, {
        input: this.#name,
      })
    }
    this.#handler.body(chunk)
  }

  #verify(file: string, stated: string, hex: string): void {
    if (stated === `sha256:${hex}`) return
    throw mismatch(this.#name, file, `sha256:${hex}`, stated)
  }
}
