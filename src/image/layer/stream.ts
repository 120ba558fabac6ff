import { createHash, type Hash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import { asFailure, Failure } from '../../lib/failure.ts'
import type { Limits } from '../../lib/limits.ts'
import type { Digest } from '../../model/digest.ts'
import { encodingOf } from '../open/sniff.ts'
import type { Encoding, FileLocator, RemoteBytes, RemoteLocator } from '../types.ts'
import { createDecompression } from './decompression.ts'

const INPUT_BYTES = 512 * 1024
/** What needs no unpacking is worked off so quickly that asking for the next counts. */
const PLAIN_INPUT_BYTES = 2 * 1024 * 1024
/** Two are read into while the pool works on one and has the next waiting. */
const INPUT_BUFFERS = 4
const READS_AHEAD = 2
/** The longest magic number of a compression. */
const MAGIC_BYTES = 4

export interface StreamOptions {
  /** How the layer is named in failures. */
  readonly name: string
  /** Digests that are verified at the end. */
  readonly expect: { readonly diffId?: Digest; readonly blob?: Digest }
  /** Hash the compressed bytes though no `expect.blob` is given. */
  readonly hashBlob?: boolean
  /** Where a layer that is not compressed can be hashed while it is worked on here; its bytes then lie in shared memory. */
  readonly hashElsewhere?: HashElsewhere
  /** The bytes of a remote layer. */
  readonly bytes?: RemoteBytes
  readonly limits: Limits
  readonly signal: AbortSignal
  /** Unpacked bytes in order, up to 2 MiB at once, valid during the call only. What it throws ends the stream. */
  onChunk(chunk: Uint8Array): void
  /** Bytes of the layer read so far, as stored. */
  progress?(doneBytes: number): void
}

/** A hash that another thread computes. */
export interface HashElsewhere {
  /** Called once, before all else. */
  begin(algorithm: 'sha256' | 'sha512'): void
  /** Takes the next bytes, which lie in shared memory and must not change until the promise is settled. */
  update(chunk: Uint8Array): Promise<void>
  /** The digest of all of them, in hexadecimal digits. */
  digest(): Promise<string>
}

/** Digests of a layer: of its unpacked bytes, and of the bytes as stored where they were hashed (always, when it is not compressed). */
export interface StreamedLayer {
  readonly diffId: Digest
  readonly blob?: Digest
}

/**
 * Reads a layer, unpacks it and verifies its digests while it streams; memory is a few buffers, whatever the layer's size.
 * Gzip may have several members; padding and garbage after them are ignored, as `gzip -d` does.
 *
 * @throws Failure naming the layer: `digest-mismatch`, `gzip-corrupt`, `gzip-truncated`, `zstd-corrupt`, `zstd-truncated`,
 * `layer-truncated` (the file is shorter than the locator says), `decompression-bomb`, `layer-unreadable`, `interrupted`.
 */
export async function streamLayer(
  locator: FileLocator | RemoteLocator,
  options: StreamOptions,
): Promise<StreamedLayer> {
  if (locator.at === 'remote') return streamRemote(locator, options)
  const { encoding } = locator
  const file = await openForReading(locator.path, options.name)
  const elsewhere = encoding === 'plain' ? options.hashElsewhere : undefined
  try {
    return await streamFrom({ ...options, hashElsewhere: elsewhere }, encoding, (take) =>
      pump(file, locator, { ...options, shared: elsewhere !== undefined }, take),
    )
  } finally {
    await file.close()
  }
}

/** Reads a layer as it comes over the network. @throws Failure `layer-too-long`, `layer-truncated` when its length is not what was said. */
async function streamRemote(locator: RemoteLocator, options: StreamOptions): Promise<StreamedLayer> {
  const { bytes, name, signal } = options
  if (bytes === undefined) throw new Failure('layer-unreadable', 'its bytes are not here', { input: name })
  const most = locator.length ?? Number.POSITIVE_INFINITY
  const pieces = bytes.open({ offset: 0, ...lengthOf(locator) }, signal)[Symbol.asyncIterator]()
  try {
    const first = await firstPiece(pieces)
    const encoding = first.done === true ? 'plain' : encodingOf(first.value)
    return await streamFrom({ ...options, hashElsewhere: undefined }, encoding, async (take) => {
      let done = 0
      const under: Promise<void>[] = []
      for (let piece = first; piece.done !== true; piece = await pieces.next()) {
        signal.throwIfAborted()
        done += piece.value.length
        if (done > most)
          throw new Failure('layer-too-long', `it has more than the ${most} bytes stated`, { input: name })
        const taken = take(piece.value)
        taken.catch(() => {})
        under.push(taken)
        options.progress?.(done)
        if (under.length >= READS_AHEAD) await under.shift()
      }
      await Promise.all(under)
      if (locator.length !== undefined && done < locator.length)
        throw new Failure('layer-truncated', `it ends after ${done} of its ${locator.length} bytes`, { input: name })
    })
  } catch (error) {
    throw signal.aborted ? asFailure(signal.reason, name) : asFailure(error, name)
  } finally {
    await pieces.return?.()
  }
}

/** The first bytes, enough of them to tell how they are compressed. */
async function firstPiece(pieces: AsyncIterator<Uint8Array<ArrayBuffer>>): Promise<IteratorResult<Uint8Array>> {
  let start = new Uint8Array(0)
  for (;;) {
    const next = await pieces.next()
    if (next.done === true) return start.length === 0 ? next : { done: false, value: start }
    start = start.length === 0 ? next.value : Buffer.concat([start, next.value])
    if (start.length >= MAGIC_BYTES) return { done: false, value: start }
  }
}

function lengthOf({ length }: RemoteLocator): { readonly length?: number } {
  return length === undefined ? {} : { length }
}

/** @throws Failure `layer-unreadable`. */
export async function openForReading(path: string, name: string): Promise<FileHandle> {
  try {
    // Loaded here, not imported: where every layer is known it is not needed, and it brings readline with it.
    return await process.getBuiltinModule('node:fs/promises').open(path, 'r')
  } catch (error) {
    throw new Failure('layer-unreadable', `cannot open it: ${(error as Error).message}`, { input: name, cause: error })
  }
}

/** Unpacks and hashes what `feed` brings. */
async function streamFrom(
  options: StreamOptions,
  encoding: Encoding,
  feed: (take: (chunk: Uint8Array) => Promise<void>) => Promise<void>,
): Promise<StreamedLayer> {
  const { name, expect, limits, signal, hashElsewhere: elsewhere } = options
  const plain = encoding === 'plain'
  const diffAlgorithm = algorithmOf(expect.diffId ?? (plain ? expect.blob : undefined))
  elsewhere?.begin(diffAlgorithm)
  const diffHash = elsewhere === undefined ? createHash(diffAlgorithm) : undefined
  const blobHash = blobHasher(plain, options)
  const decompression = createDecompression(encoding, {
    name,
    limits,
    output: (chunk) => {
      diffHash?.update(chunk)
      options.onChunk(chunk)
      return undefined
    },
  })
  try {
    await feed(async (chunk) => {
      const hashed = elsewhere?.update(chunk)
      const written = decompression.write(chunk)
      blobHash?.update(chunk)
      await written
      await hashed
    })
    await decompression.end()
  } catch (error) {
    decompression.destroy()
    throw signal.aborted ? asFailure(signal.reason, name) : asFailure(error, name)
  }
  const diffId: Digest = `${diffAlgorithm}:${diffHash?.digest('hex') ?? (await elsewhere?.digest())}`
  const blob = blobHash === undefined ? (plain ? diffId : undefined) : digestOf(blobHash, expect.blob)
  if (blob !== undefined) verifyDigest(name, 'blob', expect.blob, blob)
  verifyDigest(name, 'diff ID', expect.diffId, diffId)
  return blob === undefined ? { diffId } : { diffId, blob }
}

/** The digest of a plain layer's bytes is its diff ID: it is hashed once, unless two algorithms are asked for. */
function blobHasher(plain: boolean, options: StreamOptions): Hash | undefined {
  const { blob, diffId } = options.expect
  if (plain) {
    const same = blob === undefined || diffId === undefined || algorithmOf(blob) === algorithmOf(diffId)
    return same ? undefined : createHash(algorithmOf(blob))
  }
  return blob !== undefined || options.hashBlob === true ? createHash(algorithmOf(blob)) : undefined
}

/** Reads the layer's bytes into a few buffers in turn: the next are read while `take` works on the last ones. */
export async function pump(
  file: FileHandle,
  locator: FileLocator,
  options: Pick<StreamOptions, 'name' | 'signal' | 'progress'> & { readonly shared?: boolean },
  take: (chunk: Uint8Array) => Promise<void>,
): Promise<void> {
  const most = locator.encoding === 'plain' ? PLAIN_INPUT_BYTES : INPUT_BYTES
  const size = Math.max(1, Math.min(most, locator.length))
  const buffers = Array.from({ length: INPUT_BUFFERS }, () => bufferOf(size, options.shared === true))
  const free: Promise<void>[] = buffers.map(() => Promise.resolve())
  const read = async (position: number): Promise<Uint8Array> => {
    const slot = (position / size) % INPUT_BUFFERS
    await free[slot]
    return await readFully(file, buffers[slot].subarray(0, locator.length - position), locator.offset + position)
  }
  const ahead: Promise<Uint8Array>[] = []
  let asked = 0
  const readAhead = (): void => {
    for (; ahead.length < READS_AHEAD && asked < locator.length; asked += size) {
      const reading = read(asked)
      reading.catch(() => {})
      ahead.push(reading)
    }
  }
  for (let done = 0; done < locator.length; ) {
    readAhead()
    const chunk = (await ahead.shift()) ?? new Uint8Array(0)
    options.signal.throwIfAborted()
    if (chunk.length < Math.min(size, locator.length - done))
      throw truncatedFile(locator, options.name, done + chunk.length)
    const slot = (done / size) % INPUT_BUFFERS
    done += chunk.length
    // The next are asked for before this one is worked on.
    readAhead()
    free[slot] = take(chunk)
    free[slot].catch(() => {})
    options.progress?.(done)
  }
  await Promise.all(free)
}

function bufferOf(size: number, shared: boolean): Uint8Array {
  return new Uint8Array(shared ? new SharedArrayBuffer(size) : new ArrayBuffer(size))
}

/** Fills the buffer, unless the file ends before that. */
async function readFully(file: FileHandle, buffer: Uint8Array, position: number): Promise<Uint8Array> {
  let filled = 0
  while (filled < buffer.length) {
    const { bytesRead } = await file.read(buffer, filled, buffer.length - filled, position + filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return buffer.subarray(0, filled)
}

function truncatedFile(locator: FileLocator, name: string, done: number): Failure {
  return new Failure('layer-truncated', `the file ends after ${done} of the layer's ${locator.length} bytes`, {
    input: name,
    hints: [`copy or export ${locator.path} again: it is not complete`],
  })
}

/** The hash that a digest asks for; SHA-256 where none is given. */
export function algorithmOf(digest: Digest | undefined): 'sha256' | 'sha512' {
  return digest?.startsWith('sha512:') ? 'sha512' : 'sha256'
}

function digestOf(hash: Hash, like: Digest | undefined): Digest {
  return `${algorithmOf(like)}:${hash.digest('hex')}`
}

/** @throws Failure `digest-mismatch` that names the input, which digest it is, and both values. */
export function verifyDigest(name: string, which: string, expected: Digest | undefined, actual: Digest): void {
  if (expected === undefined || expected === actual) return
  throw new Failure('digest-mismatch', `its ${which} is ${actual}, but ${expected} is stated`, {
    input: name,
    hints: ['the image was changed or damaged after it was built: export or pull it again'],
  })
}
