import type { ClientRequest, IncomingMessage, Agent as PlainAgent, RequestOptions } from 'node:http'
import process from 'node:process'
import type { ConnectionOptions } from 'node:tls'
import { Failure } from '../../lib/failure.ts'
import type { AddressGuard } from './address-guard.ts'
import type { Patience } from './patience.ts'
import type { Endpoint } from './types.ts'

/** What of an endpoint decides how a connection is secured. */
export type Security = Pick<Endpoint, 'authorities' | 'clientCertificate' | 'skipVerify'>

export const USUAL_SECURITY: Security = { authorities: [], skipVerify: false }

/** One request on one connection. */
export interface Exchange {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT'
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
  readonly security: Security
  /** Whether the user or configuration named the host; a server that redirects is believed less. */
  readonly named: boolean
  readonly signal: AbortSignal
}

/** The head of an answer; its body must be read to the end or discarded. */
export interface Answer {
  readonly status: number
  /** Lower-case names; repeated ones joined with a comma (RFC 9110 section 5.3). */
  readonly headers: ReadonlyMap<string, string>
  /** Who answered, after redirects. */
  readonly url: URL
  /** In pieces that nobody else holds. Throws {@link BrokenConnection}. */
  readonly body: AsyncIterable<Uint8Array<ArrayBuffer>>
  /** Lets the rest of the body go; a short one is drained, so that its connection can be used again. */
  discard(): void
}

/** A connection that broke or fell silent: another attempt may do better. */
export class BrokenConnection extends Error {
  /** Nothing came for too long. */
  readonly silent: boolean
  constructor(message: string, silent: boolean, cause?: unknown) {
    super(message, { cause })
    this.silent = silent
  }
}

/** Nobody speaks there, or not what was expected: another attempt does no better. */
export class NoConnection extends Error {
  readonly why: 'unreachable' | 'certificate' | 'not-tls' | 'not-http'
  /** `registry.example:5000`; the host that a redirect led to, where one did. */
  readonly host: string
  constructor(why: NoConnection['why'], host: string, message: string, cause?: unknown) {
    super(message, { cause })
    this.why = why
    this.host = host
  }
}

/** Connections that are kept open and used again. */
export interface Connections {
  /** @throws BrokenConnection, NoConnection, Failure `registry-address-refused`. */
  exchange(request: Exchange): Promise<Answer>
  close(): void
}

/** Answers whose rest is at most so long are read to their end instead of closing the connection. */
const DRAINED_BYTES = 64 * 1024
const DRAINED_MS = 2000

/** Connections through the proxies that `environment` names (`HTTP_PROXY`, `HTTPS_PROXY`, `NO_PROXY`, in either case). */
export function openConnections(
  environment: Readonly<Record<string, string | undefined>>,
  guard: AddressGuard,
  patience: Patience,
): Connections {
  const agents = new Map<string, PlainAgent>()
  return {
    exchange: (request) => exchange(request, agentFor(agents, request, environment), guard, patience),
    close() {
      for (const agent of agents.values()) agent.destroy()
      agents.clear()
    },
  }
}

/** Connections are not shared between hosts that the user named and those that a server named, nor between ways to secure them. */
function agentFor(
  agents: Map<string, PlainAgent>,
  { url, security, named }: Exchange,
  environment: Readonly<Record<string, string | undefined>>,
): PlainAgent {
  const secure = url.protocol === 'https:'
  const key = secure ? `tls ${named} ${securityKey(security)}` : `plain ${named}`
  const known = agents.get(key)
  if (known !== undefined) return known
  const options = { keepAlive: true, maxSockets: 16, proxyEnv: proxies(environment) }
  const agent = secure
    ? new (process.getBuiltinModule('node:https').Agent)({ ...options, ...secured(security) })
    : new (process.getBuiltinModule('node:http').Agent)(options)
  agents.set(key, agent)
  return agent
}

/** Looked at for TLS only: authorities are read from disk when they are first asked for. */
function securityKey({ authorities, clientCertificate, skipVerify }: Security): string {
  return JSON.stringify([authorities, clientCertificate, skipVerify])
}

/** Only the variables that name proxies. */
function proxies(environment: Readonly<Record<string, string | undefined>>): NodeJS.ProcessEnv {
  const result: NodeJS.ProcessEnv = {}
  for (const name of ['http_proxy', 'https_proxy', 'no_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'])
    if (environment[name]) result[name] = environment[name]
  return result
}

/** @throws Failure `registry-certificate` for certificates of the configuration that cannot be used. */
function secured(security: Security): Pick<ConnectionOptions, 'rejectUnauthorized' | 'secureContext'> {
  const { authorities, clientCertificate, skipVerify } = security
  const verify = skipVerify ? { rejectUnauthorized: false } : {}
  if (authorities.length === 0 && clientCertificate === undefined) return verify
  const tls = process.getBuiltinModule('node:tls')
  const ca = authorities.length === 0 ? {} : { ca: [...tls.getCACertificates('default'), ...authorities] }
  const own = clientCertificate === undefined ? {} : { cert: clientCertificate.certificate, key: clientCertificate.key }
  try {
    // One context for all connections: reading the authorities costs tens of milliseconds.
    return { ...verify, secureContext: tls.createSecureContext({ ...ca, ...own }) }
  } catch (error) {
    const message = `a certificate that is configured for it cannot be used: ${(error as Error).message}`
    throw new Failure('registry-certificate', message, { cause: error })
  }
}

function exchange(asked: Exchange, agent: PlainAgent, guard: AddressGuard, patience: Patience): Promise<Answer> {
  const { url, method, named, body, signal } = asked
  guard.check(url.hostname, named)
  const module = process.getBuiltinModule(url.protocol === 'https:' ? 'node:https' : 'node:http')
  const options: RequestOptions = {
    method,
    headers:
      body === undefined
        ? method === 'POST'
          ? { ...asked.headers, 'content-length': '0' }
          : asked.headers
        : { ...asked.headers, 'content-length': String(Buffer.byteLength(body)) },
    agent,
    lookup: guard.lookup(url.hostname, named),
    signal,
  }
  return new Promise((resolve, reject) => {
    signal.throwIfAborted()
    const request = module.request(url, options)
    const late = timers(request, patience)
    request.once('error', (error) => {
      late.stop()
      reject(signal.aborted ? signal.reason : classified(error, url))
    })
    request.once('response', (response) => {
      late.stop()
      // Errors of a body come through its iterator, and nobody waits for one that is discarded.
      response.on('error', () => {})
      resolve(answerOf(response, url, patience, signal))
    })
    request.end(body)
  })
}

function timers(request: ClientRequest, patience: Patience): { stop(): void } {
  const end = (what: string): void => {
    request.destroy(new BrokenConnection(what, true))
  }
  const answer = setTimeout(() => end(`no answer within ${patience.answerMs} ms`), patience.answerMs)
  const connect = setTimeout(() => end(`no connection within ${patience.connectMs} ms`), patience.connectMs)
  request.once('socket', (socket) => {
    if (socket.connecting) socket.once('connect', () => clearTimeout(connect))
    else clearTimeout(connect)
  })
  return {
    stop() {
      clearTimeout(answer)
      clearTimeout(connect)
    },
  }
}

function answerOf(response: IncomingMessage, url: URL, patience: Patience, signal: AbortSignal): Answer {
  const headers = new Map<string, string>()
  for (const [name, values] of Object.entries(response.headersDistinct))
    if (values !== undefined) headers.set(name, values.join(', '))
  return {
    status: response.statusCode ?? 0,
    headers,
    url,
    body: { [Symbol.asyncIterator]: () => pieces(response, patience, signal) },
    discard: () => drain(response),
  }
}

/** A body's pieces; one that trickles counts as silent, or nobody could wait for it. */
async function* pieces(
  response: IncomingMessage,
  { idleMs, idleBytes }: Patience,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const iterator = response[Symbol.asyncIterator]() as AsyncIterator<Uint8Array<ArrayBuffer>>
  let waited = 0
  let came = 0
  try {
    for (;;) {
      const start = performance.now()
      const left = idleMs - waited
      const timer = setTimeout(
        () => response.destroy(new BrokenConnection(`less than ${idleBytes} bytes came within ${idleMs} ms`, true)),
        left,
      )
      let next: IteratorResult<Uint8Array<ArrayBuffer>>
      try {
        next = await iterator.next()
      } finally {
        clearTimeout(timer)
      }
      if (next.done === true) return
      came += next.value.length
      waited += performance.now() - start
      if (came >= idleBytes) {
        waited = 0
        came = 0
      }
      yield next.value
    }
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof BrokenConnection) throw error
    throw new BrokenConnection(`the connection broke off: ${(error as Error).message}`, false, error)
  } finally {
    if (!response.complete) response.destroy()
  }
}

/** Reads what is left, within bounds: a connection serves the next request only when its answer was read to the end. */
function drain(response: IncomingMessage): void {
  if (response.destroyed) return
  if (response.complete) {
    // All of it is here, though it may not have been read: an answer to HEAD is, before anybody looks.
    response.resume()
    return
  }
  let came = 0
  const timer = setTimeout(() => response.destroy(), DRAINED_MS)
  timer.unref()
  response.on('data', (piece: Uint8Array) => {
    came += piece.length
    if (came > DRAINED_BYTES) response.destroy()
  })
  response.once('close', () => clearTimeout(timer))
}

const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
  'EACCES',
  'EINVAL',
])

function classified(
  error: Error & { readonly code?: string; readonly errors?: readonly Error[] },
  { host }: URL,
): Error {
  if (error instanceof BrokenConnection || error instanceof Failure) return error
  const code = error.code ?? (error.errors?.[0] as NodeJS.ErrnoException | undefined)?.code ?? ''
  const message = error.message || error.errors?.[0]?.message || code || error.name
  if (UNREACHABLE.has(code)) return new NoConnection('unreachable', host, message, error)
  if (code.startsWith('HPE_')) return new NoConnection('not-http', host, `what came is not HTTP (${code})`, error)
  if (/wrong version number|packet length too long|unknown protocol|http request/i.test(message))
    return new NoConnection('not-tls', host, 'it does not speak TLS', error)
  if (/CERT|SIGNATURE|ISSUER|ALTNAME|^ERR_SSL_|^ERR_TLS_|^EPROTO$/.test(code))
    return new NoConnection('certificate', host, message, error)
  return new BrokenConnection(message, false, error)
}
