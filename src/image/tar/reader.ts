import { Failure } from '../../lib/failure.ts'
import type { Limits } from '../../lib/limits.ts'
import type { DiagnosticEffect } from '../../model/diagnostic.ts'
import type { TarHandler } from '../types.ts'
import { EntryBody } from './body.ts'
import { ExtensionBody } from './extension-body.ts'
import { type Draft, Extensions, isExtension } from './extensions.ts'
import { BLOCK, blockKind, headerFormat, isZero, readNumber } from './header.ts'
import type { PaxRecords } from './pax.ts'
import { paxSparseParts } from './pax-sparse.ts'
import { mapIsSound, type SparsePart } from './sparse.ts'
import { SparseMap, type SparseMapState } from './sparse-map.ts'

type State =
  /** A header block is next. */
  | 'header'
  /** The body of an extension header (PAX, long name) is collected. */
  | 'extension'
  /** Blocks of a sparse map are collected, old GNU ones before the body, PAX 1.0 ones at its start. */
  | 'old-sparse-map'
  | 'sparse-map'
  | 'body'
  | 'skip'
  /** After the two zero blocks. */
  | 'ended'

/**
 * A push parser of tar archives: v7, ustar, PAX, GNU and star headers, sparse files of all four forms (POSIX.1-2017, pax;
 * GNU tar manual, "Basic Tar Format", "Storing Sparse Files"). Bytes go in with {@link push}, entries come out synchronously.
 * A missing trailer is accepted, and so is a missing padding of the last body.
 *
 * Both methods throw a `Failure` that names the archive and the byte: `tar-header-invalid` (neither a header nor zeros where a
 * header belongs), `tar-header-too-large`, `tar-too-many-entries`, `tar-truncated`, `decompression-bomb` (holes of sparse files).
 */
export class TarReader {
  readonly #handler: TarHandler
  readonly #name: string
  readonly #limits: Limits
  readonly #body: EntryBody
  #state: State = 'header'
  /** Bytes pushed before the current chunk. */
  #before = 0
  /** Bytes of `body` or `skip` still to come; those of a padding come after it. */
  #remaining = 0
  #padding = 0
  /** A block that is not complete yet. */
  readonly #partial: Uint8Array = new Uint8Array(BLOCK)
  #filled = 0
  #entries = 0
  #bodyOffset = 0
  #zeroBlocks = 0
  #dataAfterEnd = false
  readonly #extension: ExtensionBody
  readonly #extensions: Extensions
  readonly #map: SparseMap
  #draft: Draft | undefined

  constructor(handler: TarHandler, name: string, limits: Limits) {
    this.#handler = handler
    this.#name = name
    this.#limits = limits
    this.#body = new EntryBody(handler, limits, name)
    this.#extension = new ExtensionBody(limits, name)
    this.#extensions = new Extensions((message) => this.#problem('tar-pax-invalid', message, 'partial'))
    this.#map = new SparseMap(limits, name)
  }

  /** Takes the next bytes of the archive; they are not kept after the call. */
  push(chunk: Uint8Array): void {
    let at = 0
    while (at < chunk.length) at = this.#step(chunk, at)
    this.#before += chunk.length
  }

  /** Where the body of the entry that is being handed over begins in the archive; meant for use inside `TarHandler.entry`. */
  get bodyOffset(): number {
    return this.#bodyOffset
  }

  /** How many of the next bytes would be passed over unseen: a caller that can seek calls {@link seekOver} instead of reading them. */
  get skippable(): number {
    return this.#state === 'skip' ? this.#remaining : 0
  }

  /** Takes up to {@link skippable} bytes as passed over. */
  seekOver(bytes: number): void {
    this.#remaining -= bytes
    this.#before += bytes
    if (this.#remaining === 0) this.#state = 'header'
  }

  /**
   * Says that the body of the entry that was handed over last, and was not wanted, is not among the bytes: its padding comes next.
   * @returns how many bytes that saves, 0 when no body is due.
   */
  passBody(): number {
    // The map at the start of a sparse body is not there either.
    if (this.#state === 'sparse-map' && this.#filled === 0)
      this.#deliver(this.#draft!.entry.sizeBytes < 0 ? 'malformed' : undefined)
    const bytes = this.#state === 'skip' ? this.#remaining - this.#padding : 0
    if (bytes > 0) this.seekOver(bytes)
    return bytes
  }

  /** Says that the archive is over. */
  finish(): void {
    if (this.#state === 'ended' || (this.#state === 'header' && this.#filled === 0 && !this.#extensions.waiting)) return
    // Only padding is missing: the bodies are whole (Go's archive/tar accepts it too).
    if (this.#state === 'skip' && this.#remaining < BLOCK && this.#remaining <= this.#padding) return
    throw new Failure('tar-truncated', `the archive ends in the middle of ${this.#where()}, at byte ${this.#before}`, {
      input: this.#name,
    })
  }

  /** One step of the state machine. @returns the position after the bytes it took. */
  #step(chunk: Uint8Array, at: number): number {
    switch (this.#state) {
      case 'header':
        return this.#takeBlock(chunk, at, this.#header)
      case 'extension':
        return this.#takeExtension(chunk, at)
      case 'old-sparse-map':
        return this.#takeBlock(chunk, at, this.#oldSparseBlock)
      case 'sparse-map':
        return this.#takeBlock(chunk, at, this.#paxSparseBlock)
      case 'body':
        return this.#takeBody(chunk, at)
      case 'skip':
        return this.#takeSkip(chunk, at)
      case 'ended':
        return this.#takeAfterEnd(chunk, at)
    }
  }

  /** Hands one whole block to `take`, in place when the chunk holds it. */
  #takeBlock(chunk: Uint8Array, at: number, take: (block: Uint8Array, at: number, position: number) => void): number {
    const available = chunk.length - at
    if (this.#filled === 0 && available >= BLOCK) {
      take.call(this, chunk, at, this.#before + at)
      return at + BLOCK
    }
    const count = Math.min(BLOCK - this.#filled, available)
    this.#partial.set(chunk.subarray(at, at + count), this.#filled)
    this.#filled += count
    if (this.#filled === BLOCK) {
      this.#filled = 0
      take.call(this, this.#partial, 0, this.#before + at + count - BLOCK)
    }
    return at + count
  }

  #takeSkip(chunk: Uint8Array, at: number): number {
    const count = Math.min(this.#remaining, chunk.length - at)
    this.#remaining -= count
    if (this.#remaining === 0) this.#state = 'header'
    return at + count
  }

  #takeBody(chunk: Uint8Array, at: number): number {
    const count = Math.min(this.#remaining, chunk.length - at)
    this.#body.push(chunk, at, count)
    this.#remaining -= count
    if (this.#remaining === 0) {
      this.#body.finish()
      this.#skip(this.#padding)
    }
    return at + count
  }

  #skip(bytes: number): void {
    this.#remaining = bytes
    this.#state = bytes === 0 ? 'header' : 'skip'
  }

  #takeAfterEnd(chunk: Uint8Array, at: number): number {
    if (!this.#dataAfterEnd && !isZero(chunk, at)) {
      this.#dataAfterEnd = true
      const message = 'bytes after the end of the archive were ignored, as all extractors do'
      this.#problem('tar-data-after-end', message, 'notice')
    }
    return chunk.length
  }

  // ------------------------------------------------------------ headers

  #header(block: Uint8Array, at: number, position: number): void {
    const kind = blockKind(block, at)
    if (kind === 'zero') {
      this.#zeroBlocks++
      if (this.#zeroBlocks === 2) this.#state = 'ended'
      return
    }
    if (kind === 'junk') {
      throw new Failure('tar-header-invalid', `no tar header where one belongs, at byte ${position}`, {
        input: this.#name,
      })
    }
    if (this.#zeroBlocks === 1) {
      this.#zeroBlocks = 0
      this.#problem(
        'tar-lone-zero-block',
        `a lone zero block at byte ${position - BLOCK}; what follows was read`,
        'notice',
      )
    }
    const size = readNumber(block, at + 124, 12)
    const flag = block[at + 156]
    if (size === undefined || size < 0) {
      throw new Failure('tar-header-invalid', `the header at byte ${position} states no valid size`, {
        input: this.#name,
      })
    }
    if (isExtension(flag)) {
      this.#beginExtension(flag, size, position)
    } else {
      this.#bodyOffset = position + BLOCK
      this.#beginEntry(block, at, flag, size)
    }
  }

  #beginExtension(flag: number, size: number, position: number): void {
    this.#extension.begin(flag, size, position)
    this.#padding = (BLOCK - (size % BLOCK)) % BLOCK
    if (size > 0) this.#state = 'extension'
  }

  #takeExtension(chunk: Uint8Array, at: number): number {
    const after = this.#extension.take(chunk, at)
    const body = this.#extension.whole
    if (body !== undefined) {
      this.#extensions.take(this.#extension.flag, body)
      this.#skip(this.#padding)
    }
    return after
  }

  #beginEntry(block: Uint8Array, at: number, flag: number, headerSize: number): void {
    this.#entries++
    if (this.#entries > this.#limits.entries) {
      throw new Failure('tar-too-many-entries', `more than the ${this.#limits.entries} entries allowed`, {
        input: this.#name,
      })
    }
    const draft = this.#extensions.entryOf(block, at, flag, headerSize)
    this.#draft = draft
    if (flag === 0x53 && headerFormat(block, at) === 'gnu') {
      draft.entry.sizeBytes = readNumber(block, at + 483, 12) ?? -1
      this.#continueMap(this.#map.beginOldGnu(block, at), 'old-sparse-map')
    } else if (draft.pax !== undefined && draft.entry.type === 'file') this.#paxSparse(draft, draft.pax)
    else this.#deliver(undefined)
  }

  // ------------------------------------------------------------ sparse files

  #oldSparseBlock(block: Uint8Array, at: number): void {
    this.#continueMap(this.#map.addOldGnu(block, at), 'old-sparse-map')
  }

  #paxSparse(draft: Draft, pax: PaxRecords): void {
    const parts = paxSparseParts(draft, pax, this.#extensions)
    if (parts !== 'in-body') {
      this.#deliver(parts)
      return
    }
    this.#map.beginPax()
    this.#state = 'sparse-map'
  }

  #paxSparseBlock(block: Uint8Array, at: number): void {
    const draft = this.#draft!
    draft.storedBytes -= BLOCK
    this.#continueMap(this.#map.addPax(block, at, draft.storedBytes), 'sparse-map')
  }

  #continueMap(map: SparseMapState, state: State): void {
    if (map === 'more') this.#state = state
    else this.#deliver(map)
  }

  // ------------------------------------------------------------ delivery

  #deliver(parts: readonly SparsePart[] | 'malformed' | undefined): void {
    const { entry, storedBytes } = this.#draft!
    this.#draft = undefined
    this.#padding = (BLOCK - (storedBytes % BLOCK)) % BLOCK
    if (parts !== undefined) {
      if (parts === 'malformed' || entry.sizeBytes < 0 || !mapIsSound(parts, entry.sizeBytes, storedBytes)) {
        this.#problem(
          'tar-sparse-invalid',
          'the map of a sparse file is malformed: its content was not read',
          'partial',
          entry.name,
        )
        this.#skip(storedBytes + this.#padding)
        return
      }
      entry.sparse = parts
    }
    if (entry.name === '') {
      const effect = entry.type === 'directory' ? 'notice' : 'partial'
      this.#problem('tar-empty-name', 'an entry without a name was left out', effect)
      this.#skip(storedBytes + this.#padding)
      return
    }
    if (entry.type === 'other') {
      this.#problem('tar-unknown-type', 'an entry of no known type was not read', 'partial', entry.name)
    }
    const wanted = this.#handler.entry(entry) && entry.type === 'file'
    if (!wanted) {
      this.#skip(storedBytes + this.#padding)
      return
    }
    this.#body.begin(entry)
    if (storedBytes > 0) {
      this.#remaining = storedBytes
      this.#state = 'body'
      return
    }
    this.#body.finish()
    this.#state = 'header'
  }

  #problem(code: string, message: string, effect: DiagnosticEffect, path?: string): void {
    this.#handler.problem(path === undefined ? { code, message, effect } : { code, message, effect, path })
  }

  #where(): string {
    switch (this.#state) {
      case 'body':
      case 'skip':
        return 'an entry'
      default:
        return 'a header'
    }
  }
}
