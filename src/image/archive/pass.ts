import { asFailure, Failure } from '../../lib/failure.ts'
import type { Limits } from '../../lib/limits.ts'
import type { Diagnostic } from '../../model/diagnostic.ts'
import type { Digest } from '../../model/digest.ts'
import { createDecompression } from '../layer/decompression.ts'
import { openForReading, pump } from '../layer/stream.ts'
import { linkTarget } from '../open/content-store.ts'
import { targetFailure } from '../open/sniff.ts'
import { normaliseEntryName } from '../tar/names.ts'
import { TarReader } from '../tar/reader.ts'
import type { PassedEntries, RemoteBytes, SequentialArchive, TarEntry } from '../types.ts'
import { HEAD_BYTES, recogniseEntry } from './entry-kind.ts'
import type { LayerSink } from './layer-sink.ts'
import { PassingLayer } from './passing-layer.ts'

export interface PassOptions {
  readonly signal: AbortSignal
  readonly limits: Limits
  /** Bytes of the archive read so far, as it lies there. */
  progress?(doneBytes: number): void
  /** Called for each layer as it begins; the name is normalised. */
  layer(entryName: string): LayerSink
}

export type PassedArchive = PassedEntries & { readonly diagnostics: readonly Diagnostic[] }

/** All documents of one archive together may have this many times the bytes that one may have. */
const DOCUMENTS_TOTAL = 8
const MAX_LINKS = 200_000

/**
 * Reads an archive once, in the order it comes. JSON documents are kept; every entry that is a tar (plain,
 * gzip or zstd, by its first bytes, whatever its name) goes to a sink, unpacked, and is hashed both ways; links are recorded. Nothing
 * else is kept: a nested layer holds the outer stream back, so memory is a few buffers. A layer that is corrupt fails alone.
 *
 * @throws Failure naming the archive when it is corrupt or truncated itself, is no tar, or goes over a limit.
 */
export async function passArchive(archive: SequentialArchive, options: PassOptions): Promise<PassedArchive> {
  const { reference, source, encoding } = archive
  const passage = new Passage(reference, options)
  const decompression = createDecompression(encoding, {
    name: reference,
    limits: options.limits,
    output: (chunk) => passage.push(chunk),
  })
  const take = (chunk: Uint8Array): Promise<void> => {
    passage.read(chunk.length)
    return decompression.write(chunk)
  }
  try {
    if (source.at === 'file') await feedFile(source.path, archive, options, take)
    else await feedStream(source.bytes, options, take)
    await decompression.end()
    return passage.finish()
  } catch (error) {
    decompression.destroy()
    const failure = asFailure(options.signal.aborted ? options.signal.reason : error, reference)
    passage.abandon(failure)
    throw failure
  }
}

async function feedFile(
  path: string,
  { reference, encoding }: SequentialArchive,
  options: PassOptions,
  take: (chunk: Uint8Array) => Promise<void>,
): Promise<void> {
  const length = await sizeOf(path)
  const file = await openForReading(path, reference)
  try {
    await pump(file, { at: 'file', path, offset: 0, length, encoding }, { ...options, name: reference }, take)
  } finally {
    await file.close()
  }
}

/** One piece after the other: what is slow here holds the sender back. */
async function feedStream(
  bytes: RemoteBytes,
  { signal, progress }: PassOptions,
  take: (chunk: Uint8Array) => Promise<void>,
): Promise<void> {
  let done = 0
  for await (const chunk of bytes.open({ offset: 0 }, signal)) {
    signal.throwIfAborted()
    done += chunk.length
    await take(chunk)
    progress?.(done)
  }
}

async function sizeOf(path: string): Promise<number> {
  try {
    // Loaded here, not imported: where every layer is known it is not needed, and it brings readline with it.
    return (await process.getBuiltinModule('node:fs/promises').stat(path)).size
  } catch (error) {
    throw targetFailure(path, error)
  }
}

/** What is done with the entry that passes now. */
type Current =
  | { readonly kind: 'unknown'; readonly head: Uint8Array; filled: number }
  | { readonly kind: 'document'; readonly bytes: Uint8Array; filled: number }
  | { readonly kind: 'layer'; readonly layer: PassingLayer }
  | { readonly kind: 'ignored' }

class Passage {
  readonly #options: PassOptions
  readonly #reference: string
  readonly #reader: TarReader
  readonly #documents = new Map<string, Uint8Array>()
  readonly #layers = new Map<string, { blob: Digest; diffId: Digest }>()
  readonly #failed = new Map<string, string>()
  readonly #links = new Map<string, string>()
  readonly #diagnostics: Diagnostic[] = []
  #documentBytes = 0
  /** Bytes of the archive as it lies, and what its compressed layers have unpacked to. */
  #readBytes = 0
  #unpackedBytes = 0
  #name = ''
  #size = 0
  #current: Current = { kind: 'ignored' }
  /** What a compressed layer still has to do before the archive may go on. */
  readonly #work: (() => Promise<void>)[] = []

  constructor(reference: string, options: PassOptions) {
    this.#reference = reference
    this.#options = options
    this.#reader = new TarReader(
      {
        entry: (entry) => this.#entry(entry),
        body: (chunk) => this.#body(chunk),
        end: () => this.#end(),
        problem: (diagnostic) => this.#diagnostics.push(diagnostic),
      },
      reference,
      options.limits,
    )
  }

  push(chunk: Uint8Array): undefined | Promise<void> {
    this.#reader.push(chunk)
    return this.#work.length === 0 ? undefined : this.#doWork()
  }

  /** Notes bytes of the archive as it lies, before they are unpacked. */
  read(bytes: number): void {
    this.#readBytes += bytes
  }

  /** Packed twice, an archive can unpack to the square of the ratio that either packing stays under: both together are judged too. */
  #unpacked(bytes: number): void {
    const { ratio, ratioFromBytes } = this.#options.limits
    this.#unpackedBytes += bytes
    if (this.#unpackedBytes <= ratioFromBytes || this.#unpackedBytes <= ratio * this.#readBytes) return
    const message = `${this.#readBytes} bytes of the archive unpack to ${this.#unpackedBytes} and more, over the ratio of ${ratio} allowed`
    throw new Failure('decompression-bomb', message, { input: this.#reference })
  }

  finish(): PassedArchive {
    this.#reader.finish()
    return {
      documents: this.#documents,
      layers: this.#layers,
      failed: this.#failed,
      links: this.#links,
      diagnostics: this.#diagnostics,
    }
  }

  /** The archive ends early: the layer that was passing fails with it. */
  abandon(failure: Failure): void {
    if (this.#current.kind === 'layer') this.#current.layer.fail(failure)
  }

  async #doWork(): Promise<void> {
    for (const task of this.#work) await task()
    this.#work.length = 0
  }

  #entry(entry: TarEntry): boolean {
    const name = normaliseEntryName(entry.name)
    if (name === undefined) return false
    if (entry.type === 'hardlink' || entry.type === 'symlink') {
      this.#link(name, normaliseEntryName(linkTarget(name, entry.type, entry.linkName)))
      return false
    }
    if (entry.type !== 'file' || entry.sparse !== undefined) return false
    this.#name = name
    this.#size = entry.sizeBytes
    this.#current = { kind: 'unknown', head: new Uint8Array(Math.min(HEAD_BYTES, entry.sizeBytes)), filled: 0 }
    return true
  }

  #link(name: string, target: string | undefined): void {
    if (target === undefined || target === name) return
    if (this.#links.size >= MAX_LINKS) {
      throw new Failure('archive-too-many-entries', `more than ${MAX_LINKS} links: this is no image archive`, {
        input: this.#reference,
      })
    }
    this.#links.set(name, target)
  }

  #body(chunk: Uint8Array): void {
    const current = this.#current
    switch (current.kind) {
      case 'unknown': {
        const count = Math.min(current.head.length - current.filled, chunk.length)
        current.head.set(chunk.subarray(0, count), current.filled)
        current.filled += count
        if (current.filled < current.head.length) return
        this.#recognise(current.head)
        if (count < chunk.length) this.#body(chunk.subarray(count))
        return
      }
      case 'document':
        current.bytes.set(chunk, current.filled)
        current.filled += chunk.length
        return
      case 'layer':
        this.#queue(current.layer.push(chunk))
        return
      case 'ignored':
        return
    }
  }

  #queue(task: (() => Promise<void>) | undefined): void {
    if (task !== undefined) this.#work.push(task)
  }

  /** Decides by the first bytes what the entry is, and gives them to it. */
  #recognise(head: Uint8Array): void {
    const kind = recogniseEntry(head)
    if (kind === 'document') this.#current = this.#beginDocument()
    else if (kind === 'other') this.#current = { kind: 'ignored' }
    else this.#current = { kind: 'layer', layer: this.#beginLayer(kind) }
    if (this.#current.kind !== 'ignored') this.#body(head)
  }

  #beginDocument(): Current {
    const { documentBytes } = this.#options.limits
    if (this.#size > documentBytes || this.#documentBytes + this.#size > DOCUMENTS_TOTAL * documentBytes) {
      const message = `a document of ${this.#size} bytes was not kept: one may have ${documentBytes}, all together ${DOCUMENTS_TOTAL} times that`
      this.#diagnostics.push({ code: 'document-too-large', message, path: this.#name, effect: 'notice' })
      return { kind: 'ignored' }
    }
    this.#documentBytes += this.#size
    return { kind: 'document', bytes: new Uint8Array(this.#size), filled: 0 }
  }

  #beginLayer(encoding: 'plain' | 'gzip' | 'zstd'): PassingLayer {
    const name = this.#name
    return new PassingLayer({
      name: `${this.#reference}: ${name}`,
      encoding,
      limits: this.#options.limits,
      sink: this.#options.layer(name),
      unpacked: (bytes) => this.#unpacked(bytes),
      done: (digests) => {
        this.#layers.set(name, digests)
        this.#failed.delete(name)
      },
      failed: (failure) => {
        this.#layers.delete(name)
        this.#failed.set(name, failure.message)
        this.#diagnostics.push({ code: failure.code, message: failure.message, path: name, effect: 'blind' })
      },
    })
  }

  #end(): void {
    const current = this.#current
    // A name that occurs again replaces what stood there, also a link.
    this.#links.delete(this.#name)
    if (current.kind === 'document') this.#documents.set(this.#name, current.bytes)
    else if (current.kind === 'layer') this.#queue(current.layer.finish())
    this.#current = { kind: 'ignored' }
  }
}
