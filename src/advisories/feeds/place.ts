import { createHash, randomBytes } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, rm, stat } from 'node:fs/promises'
import { join, resolve, sep } from 'node:path'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Failure } from '../../lib/failure.ts'
import { BrokenConnection, type HttpClient, isHttpAddress, retried, shown, statusFailure } from '../../lib/http.ts'

/** What is known of a document from the last time. */
export interface Known {
  readonly etag?: string
  readonly lastModified?: string
}

/** A document that was fetched: a file on this machine. */
export interface FetchedDocument extends Known {
  readonly path: string
  /** SHA-256 of its bytes as served, hex. */
  readonly digest: string
  dispose(): Promise<void>
}

/** Where a feed is fetched from: the publisher, a mirror, or a folder with a copy. */
export interface FeedPlace {
  /** Without credentials. */
  readonly origin: string
  /** Address or path of a document, as users are shown it. */
  locate(path: string): string
  /** `same` where the place says that nothing changed, `missing` where there is no such document. */
  fetch(path: string, maxBytes: number, known: Known, headers?: Headers): Promise<FetchedDocument | 'same' | 'missing'>
}

type Headers = Readonly<Record<string, string>>

/** Whether a document's path stays below its address: relative, without `..`, a scheme or a backslash. A query may follow. */
export function isDocumentPath(path: string): boolean {
  const [way] = path.split('?', 1)
  return (
    path.length <= 2_000 &&
    way !== '' &&
    !way.startsWith('/') &&
    !/[\\\u0000-\u0020\u007f#]/.test(path) &&
    !/^[A-Za-z][A-Za-z0-9+.-]*:/.test(way) &&
    !way.split('/').some((part) => part === '..' || part === '.' || /^%2e/i.test(part))
  )
}

/** Opens a place by its address or folder. `folder` takes what is fetched. */
export function feedPlace(base: string, client: HttpClient, folder: string, signal?: AbortSignal): FeedPlace {
  return isHttpAddress(base) ? servedPlace(base, client, folder, signal) : folderPlace(resolve(base))
}

function servedPlace(base: string, client: HttpClient, folder: string, signal?: AbortSignal): FeedPlace {
  const root = base.replace(/\/+$/, '')
  const address = (path: string) => `${root}/${path}`
  return {
    origin: shown(root).replace(/\/$/, ''),
    locate: (path) => shown(address(path)),
    fetch: (path, maxBytes, known, headers) =>
      retried(client.options, address(path), signal, async () => {
        const response = await client.get(address(path), {
          signal,
          headers: {
            ...headers,
            ...(known.etag === undefined ? {} : { 'if-none-match': known.etag }),
            ...(known.lastModified === undefined ? {} : { 'if-modified-since': known.lastModified }),
          },
        })
        if (response.status !== 200) response.body.destroy()
        if (response.status === 304) return 'same'
        if (response.status === 404 || response.status === 410) return 'missing'
        if (response.status !== 200) throw statusFailure(address(path), response.status)
        const [etag, lastModified] = [response.headers.get('etag'), response.headers.get('last-modified')]
        const written = await toFile(response.body, maxBytes, shown(address(path)), folder)
        const expected = Number(response.headers.get('content-length') ?? Number.NaN)
        if (expected >= 0 && written.bytes !== expected) {
          await written.dispose()
          throw new BrokenConnection(`the connection broke off after ${written.bytes} of ${expected} bytes`)
        }
        return {
          ...written,
          ...(etag === undefined ? {} : { etag }),
          ...(lastModified === undefined ? {} : { lastModified }),
        }
      }),
  }
}

/** A body into a file of its own, whatever its size; the parser reads at its own pace and the connection is not kept waiting. */
async function toFile(body: AsyncIterable<Uint8Array>, maxBytes: number, input: string, folder: string) {
  await mkdir(folder, { recursive: true })
  const path = join(folder, `document-${process.pid}-${randomBytes(6).toString('hex')}`)
  const dispose = () => rm(path, { force: true })
  const hash = createHash('sha256')
  let bytes = 0
  const counted = new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      bytes += chunk.length
      hash.update(chunk)
      const tooMuch = bytes > maxBytes
      done(tooMuch ? new Failure('feed-size', `${input} is larger than ${maxBytes} bytes`, { input }) : null, chunk)
    },
  })
  try {
    await pipeline(Readable.from(body, { objectMode: false }), counted, createWriteStream(path, { mode: 0o600 }))
  } catch (error) {
    await dispose()
    const { code } = error as NodeJS.ErrnoException
    const disk = code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG'
    if (error instanceof Failure || error instanceof BrokenConnection || disk) throw error
    throw new BrokenConnection((error as Error).message)
  }
  return { path, digest: hash.digest('hex'), bytes, dispose }
}

function folderPlace(folder: string): FeedPlace {
  const locate = (path: string) => {
    const whole = join(folder, path)
    if (!whole.startsWith(folder + sep))
      throw new Failure('feed-path', `${path} leads out of ${folder}`, { input: path })
    return whole
  }
  return {
    origin: folder,
    locate,
    async fetch(path, maxBytes, known) {
      const file = locate(path)
      const found = await stat(file).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined
        throw new Failure('feed-file', `cannot read ${file}: ${error.message}`, { input: file, cause: error })
      })
      if (found === undefined || !found.isFile()) return 'missing'
      if (found.size > maxBytes)
        throw new Failure('feed-size', `${file} is larger than ${maxBytes} bytes`, { input: file })
      const etag = `${found.mtimeMs}-${found.size}`
      if (etag === known.etag) return 'same'
      const hash = createHash('sha256')
      for await (const chunk of createReadStream(file)) hash.update(chunk as Uint8Array)
      return { path: file, digest: hash.digest('hex'), etag, dispose: async () => {} }
    },
  }
}
