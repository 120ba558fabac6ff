import { Failure } from '../../lib/failure.ts'
import type { Digest } from '../../model/digest.ts'
import type { RemoteBytes } from '../types.ts'
import { type Asked, statusFailure, wishText } from './client.ts'
import { BrokenConnection } from './connections.ts'
import { fromEndpoints, type Repository, wishFor } from './manifests.ts'
import { backoff } from './patience.ts'
import { connectionFailure, shownUrl } from './transport.ts'
import type { Endpoint } from './types.ts'

/** After so many new bytes a connection that breaks costs no patience. */
const PROGRESS_BYTES = 64 * 1024

/** A blob as a manifest states it. */
export interface StatedBlob {
  readonly digest: Digest
  readonly sizeBytes: number
}

interface Reading {
  readonly repository: Repository
  readonly blob: StatedBlob
  /** Strong ETags by host: of what was read so far. */
  readonly etags: Map<string, string>
}

/**
 * The bytes of a blob (distribution-spec, "Pulling blobs"), never more than the manifest states: a connection that breaks is continued
 * by a range request (RFC 9110 section 14) as long as something comes.
 */
export function blobBytes(repository: Repository, blob: StatedBlob): RemoteBytes {
  return { open: (range, signal) => readBlob({ repository, blob, etags: new Map() }, range, signal) }
}

/**
 * @throws Failure naming the image: `registry-blob-missing`, `layer-too-long`, `size-mismatch`, `registry-blob-changed`,
 * `registry-connection`; those of `ask` and `statusFailure`.
 */
async function* readBlob(
  reading: Reading,
  { offset, length, strict }: Parameters<RemoteBytes['open']>[0],
  signal: AbortSignal,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const { repository, blob } = reading
  const { patience } = repository.client
  const end = Math.min(blob.sizeBytes, offset + (length ?? blob.sizeBytes))
  const toEnd = end === blob.sizeBytes
  let at = offset
  for (let fruitless = 0; at < end; ) {
    const before = at
    const { asked, endpoint } = await openAt(reading, at, end, signal)
    if (strict === true && asked.status === 200 && at > 0) {
      asked.discard()
      const why = `${endpoint.origin} gives blobs as a whole only`
      throw new Failure('ranges-unknown', why, { input: repository.reference })
    }
    try {
      for await (const piece of wanted(reading, asked, at, end, toEnd)) {
        at += piece.length
        yield piece
      }
      if (at >= end) return
      throw new BrokenConnection(`it ended after ${at} of ${end} bytes`, false)
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof BrokenConnection)) throw error
      if (at >= end) return
      fruitless = at - before >= PROGRESS_BYTES ? 0 : fruitless + 1
      const about = { input: repository.reference, url: asked.url }
      if (fruitless >= (error.silent ? 2 : patience.attempts)) throw connectionFailure(about, error)
      repository.context.explain(`blob ${blob.digest} from ${endpoint.origin}: ${error.message}; continued at ${at}`)
      if (fruitless > 0) await patience.pause(backoff(patience, fruitless), signal)
    }
  }
}

/** An answer whose body begins at `at`, or at 0 where the server knows no ranges. */
function openAt(
  { repository, blob, etags }: Reading,
  at: number,
  end: number,
  signal: AbortSignal,
): Promise<{ readonly asked: Asked; readonly endpoint: Endpoint }> {
  return fromEndpoints(repository, 'digests', async (endpoint) => {
    const wish = { ...wishFor(repository, endpoint, 'GET', `blobs/${blob.digest}`), signal }
    const ranged = at > 0 || end < blob.sizeBytes
    const headers: Record<string, string> = ranged ? { range: `bytes=${at}-${end - 1}` } : {}
    const asked = await repository.client.ask(endpoint, { ...wish, headers })
    const refuse = (code: string, why: string): Failure => {
      asked.discard()
      return new Failure(code, `blob ${blob.digest} at ${shownUrl(asked.url)}: ${why}`, { input: repository.reference })
    }
    if (asked.status === 404) throw refuse('registry-blob-missing', `${wishText(endpoint, wish)} is not there (404)`)
    if (asked.status === 416) throw refuse('size-mismatch', `is shorter than the ${blob.sizeBytes} bytes stated`)
    if (asked.status !== 200 && !(ranged && asked.status === 206))
      throw await statusFailure(asked, endpoint, wish, repository.client.patience)
    const lie = asked.status === 206 ? rangeLie(asked, at, blob.sizeBytes) : lengthLie(asked, blob.sizeBytes)
    if (lie !== undefined) throw refuse('size-mismatch', lie)
    const etag = asked.headers.get('etag') ?? ''
    if (/^"[^"]+"$/.test(etag)) {
      const before = etags.get(asked.url.host)
      if (before !== undefined && before !== etag)
        throw refuse('registry-blob-changed', 'became another while it was read')
      etags.set(asked.url.host, etag)
    }
    return { asked, endpoint }
  })
}

/** What a partial answer says of itself must be what was asked for, of a blob of the stated size (RFC 9110 section 14.4). */
function rangeLie(asked: Asked, at: number, size: number): string | undefined {
  const range = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15}|\*)$/.exec(asked.headers.get('content-range') ?? '')
  if (range === null) return 'a part of it came without saying which'
  if (Number(range[1]) !== at) return `a part from byte ${range[1]} came, not from ${at}`
  if (range[3] !== '*' && Number(range[3]) !== size) return `it has ${range[3]} bytes, but ${size} are stated`
  return undefined
}

function lengthLie(asked: Asked, size: number): string | undefined {
  const length = asked.headers.get('content-length')
  if (length === undefined || Number(length) === size) return undefined
  return `it has ${length.slice(0, 20)} bytes, but ${size} are stated`
}

/** The bytes from `at` up to `end`, those before it left out. @throws Failure `layer-too-long` when the whole blob has more than stated. */
async function* wanted(
  { repository, blob }: Reading,
  asked: Asked,
  at: number,
  end: number,
  toEnd: boolean,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  let position = asked.status === 206 ? at : 0
  for await (const piece of asked.body) {
    const from = Math.max(0, at - position)
    const upTo = Math.min(piece.length, end - position)
    position += piece.length
    if (upTo > from) yield piece.subarray(from, upTo)
    if (position > end && toEnd)
      throw new Failure('layer-too-long', `blob ${blob.digest} has more than the ${blob.sizeBytes} bytes stated`, {
        input: repository.reference,
      })
    if (position >= end && !toEnd) return
  }
}
