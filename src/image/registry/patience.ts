import { Failure } from '../../lib/failure.ts'

/** How long is waited for what. Times in milliseconds. */
export interface Patience {
  readonly connectMs: number
  /** From a request until the head of its answer has come. */
  readonly answerMs: number
  /** Between two pieces of a body; and in this time at least {@link Patience.idleBytes} must come. */
  readonly idleMs: number
  readonly idleBytes: number
  /** For a whole document. */
  readonly documentMs: number
  /** Attempts for one request, the first included. */
  readonly attempts: number
  /** First pause before another attempt; it doubles each time. */
  readonly backoffMs: number
  /** The longest pause that a server may ask for; when it asks for more, that is the answer. */
  readonly longestWaitMs: number
  now(): number
  pause(ms: number, signal: AbortSignal): Promise<void>
}

export const DEFAULT_PATIENCE: Patience = {
  connectMs: 10_000,
  answerMs: 30_000,
  idleMs: 30_000,
  idleBytes: 16 * 1024,
  documentMs: 60_000,
  attempts: 4,
  backoffMs: 300,
  longestWaitMs: 30_000,
  now: Date.now,
  pause: waited,
}

/** Settled after a time, or rejected with the signal's reason when that is aborted. */
function waited(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted()
    const stop = (): void => {
      clearTimeout(timer)
      reject(signal.reason)
    }
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop)
      resolve()
    }, ms)
    signal.addEventListener('abort', stop, { once: true })
  })
}

/** The pause before another attempt after `tries`: doubled each time, between half and all of it, so that many do not come at once. */
export function backoff(patience: Patience, tries: number): number {
  const most = Math.min(patience.longestWaitMs, patience.backoffMs * 2 ** (tries - 1))
  return most / 2 + (Math.random() * most) / 2
}

/**
 * How long a server asks to wait, in milliseconds: `Retry-After` in seconds or as a date (RFC 9110 section 10.2.3), or where a rate
 * limit is used up, the time in which it is counted (draft-ietf-httpapi-ratelimit-headers; Docker Hub, `ratelimit-limit: 100;w=21600`).
 */
export function askedToWait(headers: ReadonlyMap<string, string>, now: number): number | undefined {
  const after = headers.get('retry-after')?.trim() ?? ''
  if (/^\d{1,12}(\.\d{1,9})?$/.test(after)) return fromNow(Number(after), now)
  const date = after === '' ? Number.NaN : Date.parse(after)
  if (!Number.isNaN(date)) return Math.max(0, date - now)
  if (!/^0(;|$)/.test(headers.get('ratelimit-remaining') ?? headers.get('x-ratelimit-remaining') ?? ''))
    return undefined
  const reset = headers.get('ratelimit-reset') ?? headers.get('x-ratelimit-reset') ?? ''
  if (/^\d{1,12}$/.test(reset)) return fromNow(Number(reset), now)
  const window = /;\s*w=(\d{1,9})/.exec(headers.get('ratelimit-limit') ?? headers.get('ratelimit-remaining') ?? '')?.[1]
  return window === undefined ? undefined : Number(window) * 1000
}

/** Seconds from now; some servers give the time as seconds since 1970 instead. */
function fromNow(seconds: number, now: number): number {
  const since1970 = seconds > 1_000_000_000
  return since1970 ? Math.max(0, seconds * 1000 - now) : seconds * 1000
}

/** A rate limit that is used up, with the time it ends where the registry says it. */
export function rateLimited(host: string, input: string, headers: ReadonlyMap<string, string>, now: number): Failure {
  const wait = askedToWait(headers, now)
  const limit = /^(\d{1,9})(?:;\s*w=(\d{1,9}))?/.exec(headers.get('ratelimit-limit') ?? '')
  const size =
    limit === null ? '' : ` of ${limit[1]} requests${limit[2] === undefined ? '' : ` in ${duration(Number(limit[2]))}`}`
  const end = wait === undefined ? undefined : new Date(Math.min(now + wait, MAX_TIME)).toISOString()
  const ends = end === undefined ? 'it does not say when that ends' : `it ends at ${end}`
  return new Failure('registry-rate-limited', `the rate limit${size} of ${host} is used up; ${ends}`, {
    input,
    hints: ['log in, which raises the limit: docker login, or --username with --password-stdin', 'or wait until then'],
  })
}

/** The last time that a Date can hold. */
const MAX_TIME = 8.64e15

function duration(seconds: number): string {
  if (seconds % 3600 === 0) return `${seconds / 3600} h`
  return seconds % 60 === 0 ? `${seconds / 60} min` : `${seconds} s`
}
