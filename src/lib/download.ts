import { createHash } from 'node:crypto'
import { mkdir, open, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import * as z from 'zod'
import { Failure } from './failure.ts'
import { BrokenConnection, type HttpClient, type HttpResponse, retried, shown, statusFailure } from './http.ts'

export interface DownloadOptions {
  /** Takes the file while it comes, and keeps a part of it when it breaks off. */
  readonly folder: string
  readonly maxBytes: number
  readonly signal?: AbortSignal
  readonly progress?: (done: number, total?: number) => void
}

export interface Download {
  readonly path: string
  /** Removes the file. */
  dispose(): Promise<void>
}

const noteShape = z.object({ url: z.string(), etag: z.string() })

/**
 * Fetches a large file into a folder. A connection that breaks off is continued by a range request (RFC 9110 section 14) as
 * long as the server still has the same file by its strong ETag, in this run or in a later one; else it starts over.
 * Undefined for 404 and 410; rejects with `Failure` that names the address.
 */
export async function downloadFile(
  client: HttpClient,
  url: string,
  options: DownloadOptions,
): Promise<Download | undefined> {
  await mkdir(options.folder, { recursive: true })
  const path = join(options.folder, `${createHash('sha256').update(url).digest('hex').slice(0, 32)}.part`)
  const note = `${path}.json`
  const dispose = async () => {
    await rm(path, { force: true })
    await rm(note, { force: true })
  }
  let fruitless = 0
  for (;;) {
    const before = await partLength(path)
    const result = await retried(client.options, url, options.signal, () => piece(client, url, path, note, options))
    if (result === 'whole') {
      await rm(note, { force: true })
      return { path, dispose }
    }
    if (result === 'missing') {
      await dispose()
      return undefined
    }
    // A break after progress costs no patience; without any, the server is given up on in the end.
    fruitless = result === 'broken' && (await partLength(path)) > before ? 0 : fruitless + 1
    if (fruitless >= client.options.attempts)
      throw new Failure('http-connection', `${shown(url)}: the connection breaks off again and again`, {
        input: shown(url),
        hints: ['run the same command again: what was fetched is kept and continued'],
      })
    if (fruitless > 0) await pause(client.options.backoffMs * fruitless, undefined, { signal: options.signal })
  }
}

type Piece = 'whole' | 'missing' | 'broken' | 'restart'

async function piece(
  client: HttpClient,
  url: string,
  path: string,
  note: string,
  options: DownloadOptions,
): Promise<Piece> {
  const etag = await etagOf(note, url)
  const have = etag === undefined ? 0 : await partLength(path)
  const headers: Record<string, string> =
    have > 0 && etag !== undefined ? { range: `bytes=${have}-`, 'if-range': etag } : {}
  const response = await client.get(url, { headers, signal: options.signal })
  if (response.status === 404 || response.status === 410) {
    response.body.destroy()
    return 'missing'
  }
  if (response.status === 416 && have > 0) {
    response.body.destroy()
    await rm(path, { force: true })
    await rm(note, { force: true })
    return 'restart'
  }
  const continued = response.status === 206 && have > 0
  if (response.status !== 200 && !continued) {
    response.body.destroy()
    throw statusFailure(url, response.status)
  }
  const whole = continued ? rangeTotal(response, have) : declaredLength(response)
  if (continued && (whole === undefined || response.headers.get('etag') !== etag)) {
    response.body.destroy()
    await rm(note, { force: true })
    return 'restart'
  }
  const encoding = response.headers.get('content-encoding')
  if (encoding !== undefined && encoding !== 'identity') {
    response.body.destroy()
    throw new Failure('http-encoding', `${shown(url)} came encoded as ${encoding}`, { input: shown(url) })
  }
  if (!continued) await remember(note, url, response.headers.get('etag'))
  return await append(response, path, continued ? have : 0, whole, url, options)
}

async function append(
  response: HttpResponse,
  path: string,
  start: number,
  whole: number | undefined,
  url: string,
  options: DownloadOptions,
): Promise<Piece> {
  const tooLarge = () =>
    new Failure('http-too-large', `${shown(url)} is larger than ${options.maxBytes} bytes`, { input: shown(url) })
  if (whole !== undefined && whole > options.maxBytes) {
    response.body.destroy()
    throw tooLarge()
  }
  const file = await open(path, start > 0 ? 'r+' : 'w')
  let position = start
  try {
    for await (const part of bodyOf(response)) {
      if (position + part.length > options.maxBytes) throw tooLarge()
      await file.write(part, 0, part.length, position)
      position += part.length
      options.progress?.(position, whole)
    }
  } catch (error) {
    response.body.destroy()
    options.signal?.throwIfAborted()
    if (error instanceof BrokenConnection) return 'broken'
    if (error instanceof Failure) await rm(path, { force: true })
    throw error
  } finally {
    await file.close()
  }
  return whole !== undefined && position !== whole ? 'broken' : 'whole'
}

/** The body's parts; its own errors told apart from those of the disk. */
async function* bodyOf(response: HttpResponse): AsyncGenerator<Uint8Array> {
  const parts = response.body[Symbol.asyncIterator]()
  for (;;) {
    let next: IteratorResult<Uint8Array>
    try {
      next = await parts.next()
    } catch (cause) {
      throw new BrokenConnection((cause as Error).message, { cause })
    }
    if (next.done) return
    yield next.value
  }
}

function declaredLength(response: HttpResponse): number | undefined {
  const text = response.headers.get('content-length')
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined
}

/** The whole length by `Content-Range` when the piece starts where ours ends. */
function rangeTotal(response: HttpResponse, have: number): number | undefined {
  const range = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15})$/.exec(response.headers.get('content-range') ?? '')
  return range !== null && Number(range[1]) === have ? Number(range[3]) : undefined
}

async function partLength(path: string): Promise<number> {
  return await stat(path).then(
    (of) => of.size,
    () => 0,
  )
}

/** Only a strong ETag says that two files are the same byte for byte (RFC 9110 section 8.8.1). */
async function remember(note: string, url: string, etag: string | undefined): Promise<void> {
  if (etag === undefined || etag.startsWith('W/')) await rm(note, { force: true })
  else await writeFile(note, JSON.stringify({ url, etag }))
}

async function etagOf(note: string, url: string): Promise<string | undefined> {
  try {
    const parsed = noteShape.parse(JSON.parse(await readFile(note, 'utf8')))
    return parsed.url === url ? parsed.etag : undefined
  } catch {
    return undefined
  }
}
