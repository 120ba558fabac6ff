import { Buffer } from 'node:buffer'
import { type LookupAddress, lookup as systemLookup } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { type Dispatcher, EnvHttpProxyAgent, request } from 'undici'
import { Failure } from './failure.ts'
import { isLoopback, isReserved } from './network-address.ts'

/** How the client behaves. Times in milliseconds. */
export interface HttpOptions {
  /** Read for `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`, in either case. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly userAgent: string
  readonly connectTimeoutMs: number
  /** Until the headers come, and between two pieces of a body. */
  readonly idleTimeoutMs: number
  readonly redirects: number
  /** Attempts for one request, the first included. */
  readonly attempts: number
  /** First pause before another attempt; it doubles each time. */
  readonly backoffMs: number
  readonly maxBackoffMs: number
}

export const DEFAULT_HTTP: Omit<HttpOptions, 'env'> = {
  userAgent: 'bulwark',
  connectTimeoutMs: 15_000,
  idleTimeoutMs: 60_000,
  redirects: 5,
  attempts: 4,
  backoffMs: 500,
  maxBackoffMs: 20_000,
}

export interface HttpRequest {
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
}

export interface HttpResponse {
  readonly status: number
  /** Lower-case names; the last value of a repeated one. */
  readonly headers: ReadonlyMap<string, string>
  /** Address that answered, after redirects. */
  readonly url: string
  /** Must be read to its end or destroyed. */
  readonly body: AsyncIterable<Uint8Array> & { destroy(): void }
}

/** A client for public documents: GET only, sends no credentials of its own. */
export interface HttpClient {
  /** Any status below 500 but 429, after redirects and repeated attempts. Rejects with `Failure` that names the address. */
  get(url: string, request?: HttpRequest): Promise<HttpResponse>
  /** The whole body, at most `maxBytes`; undefined for 404 and 410. Other statuses than 200 reject with `Failure`. */
  bytes(url: string, maxBytes: number, request?: HttpRequest): Promise<Uint8Array | undefined>
  /** Options, as the parts that build on `get` need the same patience. */
  readonly options: HttpOptions
  close(): Promise<void>
}

const CREDENTIALS = new Set(['authorization', 'cookie', 'proxy-authorization'])

/** A client with proxies, time-outs, bounded redirects and repeated attempts. Close it when done. */
export function httpClient(given: Partial<HttpOptions> & Pick<HttpOptions, 'env'>): HttpClient {
  const options: HttpOptions = { ...DEFAULT_HTTP, ...given }
  const guarded = agent(options, true)
  const direct = agent(options, false)
  const get = (url: string, request: HttpRequest = {}) => persist(options, url, request, { direct, guarded })
  return {
    options,
    get,
    async bytes(url, maxBytes, request) {
      return await retried(options, url, request?.signal, async () => {
        const response = await get(url, request)
        if (response.status === 404 || response.status === 410) {
          response.body.destroy()
          return undefined
        }
        if (response.status !== 200) {
          response.body.destroy()
          throw statusFailure(url, response.status)
        }
        return await collect(response, maxBytes)
      })
    },
    async close() {
      await Promise.all([guarded.destroy(), direct.destroy()])
    },
  }
}

/** An error of the connection, worth another attempt. */
export class BrokenConnection extends Error {}

/** Repeats `attempt` after a broken connection, with the client's patience. */
export async function retried<T>(
  options: HttpOptions,
  url: string,
  signal: AbortSignal | undefined,
  attempt: () => Promise<T>,
): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await attempt()
    } catch (error) {
      signal?.throwIfAborted()
      if (!(error instanceof BrokenConnection)) throw error
      if (tries >= options.attempts)
        throw new Failure('http-connection', `${shown(url)}: ${error.message}`, {
          input: shown(url),
          hints: ['check the network and the proxy settings HTTP_PROXY, HTTPS_PROXY and NO_PROXY'],
          cause: error,
        })
      await pause(backoff(options, tries), undefined, { signal })
    }
  }
}

/** A failure that names an address and the status that it answered with. */
export function statusFailure(url: string, status: number): Failure {
  return new Failure('http-status', `${shown(url)} answered with status ${status}`, { input: shown(url) })
}

interface Agents {
  readonly direct: Dispatcher
  readonly guarded: Dispatcher
}

function agent(options: HttpOptions, guard: boolean): Dispatcher {
  const { env } = options
  return new EnvHttpProxyAgent({
    httpProxy: env.http_proxy ?? env.HTTP_PROXY ?? '',
    httpsProxy: env.https_proxy ?? env.HTTPS_PROXY ?? '',
    noProxy: env.no_proxy ?? env.NO_PROXY ?? '',
    headersTimeout: options.idleTimeoutMs,
    bodyTimeout: options.idleTimeoutMs,
    connect: { timeout: options.connectTimeoutMs, ...(guard ? { lookup: guardedLookup } : {}) },
    pipelining: 1,
  })
}

/** Name resolution that refuses names which lead to addresses a redirect must not reach, whatever the name looks like. */
const guardedLookup: LookupFunction = (hostname, options, callback) => {
  systemLookup(hostname, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
    if (error) return callback(error, '', 0)
    const refused = addresses.find((one) => isReserved(one.address) || isLoopback(one.address))
    if (refused !== undefined)
      return callback(new RefusedAddress(`the name ${hostname} leads to ${refused.address}`), '', 0)
    if (options.all) return (callback as unknown as (e: null, all: LookupAddress[]) => void)(null, addresses)
    return callback(null, addresses[0].address, addresses[0].family)
  })
}

class RefusedAddress extends Error {}

/** One logical request: 429 and 5xx are asked again, with the server's `Retry-After` where it gives one. */
async function persist(options: HttpOptions, url: string, request: HttpRequest, agents: Agents): Promise<HttpResponse> {
  return await retried(options, url, request.signal, async () => {
    for (let tries = 1; ; tries++) {
      const response = await follow(options, url, request, agents)
      if (response.status !== 429 && response.status < 500) return response
      response.body.destroy()
      if (tries >= options.attempts) throw statusFailure(url, response.status)
      const asked = Number(response.headers.get('retry-after')) * 1000
      const wait = asked > 0 ? Math.min(asked, options.maxBackoffMs) : backoff(options, tries)
      await pause(wait, undefined, { signal: request.signal })
    }
  })
}

/** One attempt with its redirects: bounded, never from https to http, without credentials to another origin. */
async function follow(options: HttpOptions, url: string, wanted: HttpRequest, agents: Agents): Promise<HttpResponse> {
  let at = parseAddress(url)
  const start = at
  let headers: Record<string, string> = {
    'user-agent': options.userAgent,
    'accept-encoding': 'identity',
    ...wanted.headers,
  }
  for (let redirects = 0; ; redirects++) {
    // The first address is the user's word; where a redirect leads is the server's, so that one is guarded.
    // From the own machine (a mirror under test) another name of it may be reached.
    const trusted = at.origin === start.origin || isLoopback(start.hostname.replace(/^\[|\]$/g, ''))
    const response = await once(at, headers, trusted ? agents.direct : agents.guarded, wanted.signal)
    const location = response.headers.get('location')
    if (![301, 302, 303, 307, 308].includes(response.status) || location === undefined) return response
    response.body.destroy()
    if (redirects >= options.redirects)
      throw new Failure('http-redirects', `${shown(url)} redirects more than ${options.redirects} times`, {
        input: shown(url),
      })
    const next = parseAddress(location, at)
    refuseRedirect(at, next, start)
    if (next.origin !== at.origin)
      headers = Object.fromEntries(Object.entries(headers).filter(([name]) => !CREDENTIALS.has(name.toLowerCase())))
    at = next
  }
}

function refuseRedirect(from: URL, to: URL, start: URL): void {
  const refuse = (why: string) =>
    new Failure('http-redirect-refused', `${shown(start.href)} redirects to ${shown(to.href)}: ${why}`, {
      input: shown(start.href),
    })
  if (from.protocol === 'https:' && to.protocol === 'http:') throw refuse('from https to http is not followed')
  if (to.origin === start.origin) return
  const host = to.hostname.replace(/^\[|\]$/g, '')
  if (isReserved(host)) throw refuse('link-local and metadata addresses are not followed')
  const loopback = (name: string) => isLoopback(name.replace(/^\[|\]$/g, ''))
  if (loopback(host) && !loopback(start.hostname)) throw refuse('the own machine is not followed')
}

function parseAddress(text: string, base?: URL): URL {
  const url = URL.parse(text, base?.href)
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:'))
    throw new Failure('http-address', `${shown(text)} is not an http or https address`, { input: shown(text) })
  return url
}

async function once(
  url: URL,
  headers: Readonly<Record<string, string>>,
  dispatcher: Dispatcher,
  signal: AbortSignal | undefined,
): Promise<HttpResponse> {
  const all: Record<string, string> = { ...headers }
  const bare = new URL(url)
  if (url.username !== '') {
    all.authorization = `Basic ${Buffer.from(`${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`).toString('base64')}`
    bare.username = ''
    bare.password = ''
  }
  const response = await request(bare, { method: 'GET', headers: all, dispatcher, signal }).catch((error: Error) => {
    signal?.throwIfAborted()
    if (error instanceof RefusedAddress || error.cause instanceof RefusedAddress)
      throw new Failure('http-redirect-refused', `${shown(url.href)}: ${error.message}`, { input: shown(url.href) })
    throw new BrokenConnection(error.message || error.name, { cause: error })
  })
  const map = new Map<string, string>()
  for (const [name, value] of Object.entries(response.headers)) {
    const last = Array.isArray(value) ? value.at(-1) : value
    if (last !== undefined) map.set(name.toLowerCase(), last)
  }
  // A body that is destroyed unread reports an abort; nobody waits for it.
  response.body.on('error', () => {})
  return { status: response.statusCode, headers: map, url: bare.href, body: response.body }
}

/** A body of at most `maxBytes`, complete by its declared length. */
async function collect(response: HttpResponse, maxBytes: number): Promise<Uint8Array> {
  const declared = Number(response.headers.get('content-length') ?? Number.NaN)
  const tooLarge = () =>
    new Failure('http-too-large', `${shown(response.url)} is larger than ${maxBytes} bytes`, {
      input: shown(response.url),
    })
  if (declared > maxBytes) {
    response.body.destroy()
    throw tooLarge()
  }
  const parts: Uint8Array[] = []
  let length = 0
  try {
    for await (const part of response.body) {
      length += part.length
      if (length > maxBytes) throw tooLarge()
      parts.push(part)
    }
  } catch (error) {
    response.body.destroy()
    if (error instanceof Failure) throw error
    throw new BrokenConnection((error as Error).message, { cause: error })
  }
  if (!Number.isNaN(declared) && length !== declared) throw new BrokenConnection('the answer ended early')
  return Buffer.concat(parts, length)
}

function backoff(options: HttpOptions, tries: number): number {
  const most = Math.min(options.maxBackoffMs, options.backoffMs * 2 ** (tries - 1))
  return most / 2 + (Math.random() * most) / 2
}

/** An address as it may be shown: without user and password, whatever else is in it. */
export function shown(url: string): string {
  const parsed = URL.parse(url)
  if (parsed === null) return url.slice(0, 500)
  parsed.username = ''
  parsed.password = ''
  return parsed.href
}

/** Whether text is an http or https address. */
export function isHttpAddress(text: string): boolean {
  return /^https?:\/\//i.test(text) && isIP(text) === 0
}
