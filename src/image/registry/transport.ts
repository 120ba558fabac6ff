import { Failure } from '../../lib/failure.ts'
import { isLoopback } from '../../lib/network-address.ts'
import {
  type Answer,
  BrokenConnection,
  type Connections,
  type Exchange,
  type NoConnection,
  USUAL_SECURITY,
} from './connections.ts'
import { askedToWait, backoff, type Patience, rateLimited } from './patience.ts'

/** A request that is repeated where that can help, and follows redirects. */
export interface Sending extends Exchange {
  /** What the user named: the input of failures. */
  readonly input: string
  /** Attempts over connections that break, where they are to be fewer. */
  readonly attempts?: number
  /** Says a choice, one line. */
  readonly explain: (line: string) => void
}

const MAX_REDIRECTS = 5
const REDIRECTS = new Set([301, 302, 303, 307, 308])
/** Statuses after which the same request may succeed a little later. */
const PASSING = new Set([408, 425, 429, 500, 502, 503, 504])
/** What a server falls silent on is asked for once more, not as often as what breaks. */
const SILENT_ATTEMPTS = 2

/**
 * Sends a request until it is answered: after a broken connection, 429 and 5xx it is repeated after the time that the server asks for, or
 * after pauses that grow. Any status but those comes back; 5xx too, when it does not get better.
 * @throws Failure naming what the user named: `registry-rate-limited` with the time it ends, `registry-redirect-refused`,
 * `registry-address-refused`, `registry-connection`, `interrupted`. @throws NoConnection where nobody answers at all.
 */
export async function send(connections: Connections, patience: Patience, asked: Sending): Promise<Answer> {
  for (let tries = 1; ; tries++) {
    let broken: BrokenConnection
    try {
      const answer = await follow(connections, asked)
      if (!PASSING.has(answer.status)) return answer
      const wait = waitFor(answer, patience, tries, asked)
      if (wait === undefined) return answer
      asked.explain(`${shownUrl(asked.url)}: ${answer.status}, asked again in ${Math.ceil(wait / 100) / 10} s`)
      answer.discard()
      await patience.pause(wait, asked.signal)
      continue
    } catch (error) {
      asked.signal.throwIfAborted()
      if (!(error instanceof BrokenConnection)) throw error
      broken = error
    }
    if (tries >= Math.min(asked.attempts ?? patience.attempts, broken.silent ? SILENT_ATTEMPTS : patience.attempts))
      throw connectionFailure(asked, broken)
    asked.explain(`${shownUrl(asked.url)}: ${broken.message}; asked again`)
    await patience.pause(backoff(patience, tries), asked.signal)
  }
}

/** How long to wait before another attempt; undefined when the answer stands. @throws Failure `registry-rate-limited`. */
function waitFor(answer: Answer, patience: Patience, tries: number, asked: Sending): number | undefined {
  const wait = askedToWait(answer.headers, patience.now())
  const patient = tries < patience.attempts && (wait ?? 0) <= patience.longestWaitMs
  if (patient) return wait ?? backoff(patience, tries)
  if (answer.status !== 429) return undefined
  answer.discard()
  throw rateLimited(answer.url.host, asked.input, answer.headers, patience.now())
}

/** Follows redirects of GET and HEAD. What proves who asks goes to the host that it is for and to no other. */
async function follow(connections: Connections, asked: Sending): Promise<Answer> {
  let { url, headers, security, named } = asked
  const seen = new Set<string>()
  for (;;) {
    const answer = await connections.exchange({ ...asked, url, headers, security, named })
    const location = answer.headers.get('location')
    if (!REDIRECTS.has(answer.status) || location === undefined || asked.method === 'POST' || asked.method === 'PUT')
      return answer
    answer.discard()
    seen.add(url.href)
    const next = redirected(url, location, asked)
    if (seen.has(next.href)) throw redirectFailure(asked, 'its redirects go in circles')
    if (seen.size > MAX_REDIRECTS) throw redirectFailure(asked, `it redirects more than ${MAX_REDIRECTS} times`)
    asked.explain(`${shownUrl(url)}: redirected to ${next.origin}`)
    if (next.origin !== url.origin) {
      headers = withoutCredentials(headers)
      security = USUAL_SECURITY
      // A server on this machine may send on to this machine: who named it meant that.
      named = named && isSameMachine(url, next)
    }
    url = next
  }
}

/** @throws Failure `registry-redirect-refused`. */
function redirected(from: URL, location: string, asked: Sending): URL {
  const next = URL.parse(location, from)
  if (next === null) throw redirectFailure(asked, 'it redirects to what is no address')
  if (next.protocol !== 'https:' && !(next.protocol === 'http:' && from.protocol === 'http:'))
    throw redirectFailure(asked, `it redirects to ${next.protocol.slice(0, 20)} (${next.host.slice(0, 200)})`)
  next.username = ''
  next.password = ''
  next.hash = ''
  return next
}

/** Whether two addresses are of one host, or both of this machine. */
export function isSameMachine(from: URL, to: URL): boolean {
  const isOwn = ({ hostname }: URL): boolean => isLoopback(hostname.replace(/^\[|\]$/g, ''))
  return from.hostname === to.hostname || (isOwn(from) && isOwn(to))
}

/** Only what every server may know. */
function withoutCredentials(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const kept = Object.entries(headers).filter(([name]) => /^(accept|accept-encoding|range|user-agent)$/i.test(name))
  return Object.fromEntries(kept)
}

function redirectFailure({ input, url }: Sending, why: string): Failure {
  return new Failure('registry-redirect-refused', `${shownUrl(url)}: ${why}`, { input })
}

/** What is said when a server is there and does not answer as it should, again and again. */
export function connectionFailure({ input, url }: Pick<Sending, 'input' | 'url'>, error: Error): Failure {
  return new Failure('registry-connection', `${shownUrl(url)}: ${error.message}`, {
    input,
    hints: ['check the network and the proxy settings HTTP_PROXY, HTTPS_PROXY and NO_PROXY'],
    cause: error,
  })
}

/** What is said when nobody answers there, or not as a registry should. */
export function noConnectionFailure(input: string, error: NoConnection): Failure {
  const { host } = error
  const what = `${host}: ${error.message}`
  switch (error.why) {
    case 'unreachable':
      return new Failure('registry-unreachable', `cannot connect to ${what}`, {
        input,
        hints: ['check the name, the network and the proxy settings HTTP_PROXY, HTTPS_PROXY and NO_PROXY'],
        cause: error,
      })
    case 'certificate':
      return new Failure('registry-certificate', what, {
        input,
        hints: [
          `put the authority's certificate at /etc/docker/certs.d/${host}/ca.crt (and a client's beside it: client.cert, client.key)`,
          `or trust it without: --insecure-registry ${host}`,
        ],
        cause: error,
      })
    case 'not-tls':
      return new Failure('registry-not-tls', what, {
        input,
        hints: [`if it may be spoken to without TLS: --insecure-registry ${host}`],
        cause: error,
      })
    case 'not-http':
      return new Failure('registry-not-http', what, { input, cause: error })
  }
}

/** An address as it may be shown: neither user and password, nor a query, which may hold a signature. */
export function shownUrl({ origin, pathname }: URL): string {
  const shown = `${origin}${pathname}`
  return shown.length > 300 ? `${shown.slice(0, 300)}…` : shown
}

/**
 * A whole body of at most `most` bytes, within the time for documents.
 * @throws Failure `registry-document-too-large`. @throws BrokenConnection.
 */
export async function bodyOf(
  answer: Answer,
  most: number,
  patience: Patience,
  { input, url }: Pick<Sending, 'input' | 'url'>,
): Promise<Uint8Array> {
  const tooLarge = (): Failure =>
    new Failure('registry-document-too-large', `${shownUrl(url)}: larger than ${most} bytes`, { input })
  const declared = Number(answer.headers.get('content-length') ?? 0)
  if (declared > most) {
    answer.discard()
    throw tooLarge()
  }
  const start = performance.now()
  const parts: Uint8Array[] = []
  let length = 0
  for await (const part of answer.body) {
    length += part.length
    if (length > most) throw tooLarge()
    if (performance.now() - start > patience.documentMs)
      throw new BrokenConnection(`it did not come within ${patience.documentMs} ms`, true)
    parts.push(part)
  }
  return parts.length === 1 ? parts[0] : Buffer.concat(parts, length)
}
