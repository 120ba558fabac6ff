import { Buffer } from 'node:buffer'
import { Failure } from '../../lib/failure.ts'
import { isLoopback } from '../../lib/network-address.ts'
import type { OpenContext } from '../types.ts'
import { addressGuard } from './address-guard.ts'
import { type Authority, authority, type Proof, proofs } from './authorization.ts'
import { type Challenge, parseChallenges } from './challenge.ts'
import { type Answer, type Connections, NoConnection, openConnections } from './connections.ts'
import { DEFAULT_PATIENCE, type Patience } from './patience.ts'
import { bodyOf, noConnectionFailure, type Sending, send, shownUrl } from './transport.ts'
import type { Endpoint, RegistryConfiguration } from './types.ts'

/** One thing that a registry is asked for. */
export interface Wish {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT'
  /** Below the endpoint's API path: `team/shop/manifests/1`; a query may follow. */
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array
  /** Where the endpoint itself said that this goes: an upload. Of the endpoint's origin. */
  readonly location?: URL
  /** What a token must allow, where the registry does not say it: `repository:team/shop:pull`. */
  readonly scope: string
  /** As the user named it: the input of failures. */
  readonly input: string
  readonly signal?: AbortSignal
}

/** An answer, and with what it was got. */
export interface Asked extends Answer {
  /** What was tried to prove who asks, in order, without values. */
  readonly tried: readonly string[]
  /** What kept other credentials from being found, one line each. */
  readonly problems: readonly string[]
}

/** How one run speaks with registries: connections, tokens and what worked before are shared by all its targets. */
export interface RegistryClient {
  /**
   * Asks an endpoint, with redirects, repeated attempts and credentials as they are asked for. Any status may come back, 401 and 403 when
   * nothing that is known opens.
   * @throws Failure naming the input, as `send` and `fetchToken` do; `registry-unreachable`, `registry-certificate`, `registry-not-tls`.
   */
  ask(endpoint: Endpoint, wish: Wish): Promise<Asked>
  readonly configuration: RegistryConfiguration
  readonly patience: Patience
}

interface State {
  readonly connections: Connections
  readonly authority: Authority
  /** What opened an endpoint before, by endpoint and scope. */
  readonly ways: Map<string, Proof>
  /** The scheme that an endpoint was found to speak. */
  readonly origins: Map<string, URL>
}

/** A client for the targets of one run; the same for all of them. */
export function registryClient(
  context: OpenContext,
  configuration: RegistryConfiguration,
  patience: Patience = DEFAULT_PATIENCE,
): RegistryClient {
  const state = context.shared.once(
    'registry-client',
    (): State => {
      const guard = addressGuard(context.network.allowAddresses)
      const connections = openConnections(context.environment, guard, patience)
      return {
        connections,
        authority: authority(configuration, connections, patience),
        ways: new Map(),
        origins: new Map(),
      }
    },
    ({ connections }) => connections.close(),
  )
  return {
    configuration,
    patience,
    ask: (endpoint, wish) => askOrigins(state, patience, endpoint, wish, context),
  }
}

/** Asks over the scheme that the endpoint speaks; which one that is shows with the first request. */
async function askOrigins(
  state: State,
  patience: Patience,
  endpoint: Endpoint,
  wish: Wish,
  context: OpenContext,
): Promise<Asked> {
  const known = state.origins.get(endpoint.origin)
  const origins = known === undefined ? originsOf(endpoint) : [known]
  let doubtful: Asked | undefined
  let before: unknown
  for (const [index, origin] of origins.entries()) {
    const isLast = index === origins.length - 1
    try {
      const answer = await askWithProof(state, patience, endpoint, origin, wish, context, isLast)
      if (isLast || !saysTls(answer, origin)) {
        state.origins.set(endpoint.origin, origin)
        doubtful?.discard()
        return answer
      }
      doubtful = answer
    } catch (error) {
      // A certificate that is not trusted says more than what was answered without one.
      if (isLast && doubtful !== undefined && error instanceof NoConnection && error.why !== 'certificate')
        return doubtful
      // It speaks plain HTTP, and broke off: that is worth the usual patience.
      const isPlain = isLast && before instanceof Failure && error instanceof NoConnection && error.why === 'not-tls'
      if (isPlain) return await askWithProof(state, patience, endpoint, origins[0], wish, context, true)
      if (isLast || !mayTryOther(error)) throw connectionProblem(before ?? error, wish)
      before = error
    }
    context.explain(`${origin.origin}: no registry answers so, trying ${origins[index + 1].protocol.slice(0, -1)}`)
  }
  throw new Error('an endpoint has an origin')
}

function connectionProblem(error: unknown, { input }: Wish): unknown {
  return error instanceof NoConnection ? noConnectionFailure(input, error) : error
}

/** What a server says that speaks TLS and is spoken to without. */
function saysTls({ status, headers }: Answer, { protocol }: URL): boolean {
  return protocol === 'http:' && status === 400 && !headers.has('docker-distribution-api-version')
}

function mayTryOther(error: unknown): boolean {
  if (error instanceof NoConnection) return error.why !== 'certificate'
  return error instanceof Failure && error.code === 'registry-connection'
}

/** HTTP is tried on this machine, where nobody listens in, and where it was allowed; there only when TLS is not spoken. */
function originsOf({ origin, allowHttp }: Endpoint): readonly URL[] {
  const stated = new URL(origin)
  if (stated.protocol !== 'https:') return [stated]
  const plain = new URL(`http://${stated.host}`)
  if (isLoopback(stated.hostname.replace(/^\[|\]$/g, ''))) return [plain, stated]
  return allowHttp ? [stated, plain] : [stated]
}

function addressOf(origin: URL, { apiPath, namespace }: Endpoint, { path }: Wish): URL {
  const url = new URL(`${origin.origin}${apiPath}/${path}`)
  if (namespace !== undefined) url.searchParams.set('ns', namespace)
  return url
}

async function askWithProof(
  state: State,
  patience: Patience,
  endpoint: Endpoint,
  origin: URL,
  wish: Wish,
  context: OpenContext,
  isLast: boolean,
): Promise<Asked> {
  const key = JSON.stringify([endpoint.origin, endpoint.apiPath, wish.scope])
  const sending: Sending = {
    method: wish.method,
    url: wish.location ?? addressOf(origin, endpoint, wish),
    ...(wish.body === undefined ? {} : { body: wish.body }),
    headers: { 'user-agent': 'bulwark', 'accept-encoding': 'identity', ...wish.headers, ...endpoint.headers },
    security: endpoint,
    named: true,
    input: wish.input,
    signal: wish.signal ?? context.signal,
    explain: context.explain,
    ...(isLast ? {} : { attempts: 1 }),
  }
  const proven = (proof: Proof | undefined): Promise<Answer> =>
    send(
      state.connections,
      patience,
      proof === undefined
        ? sending
        : { ...sending, headers: { ...sending.headers, authorization: proof.authorization } },
    )
  const way = state.ways.get(key)
  const holds = way !== undefined && way.expires > patience.now()
  let answer = await proven(holds ? way : undefined)
  if (answer.status !== 401) return { ...answer, tried: holds ? [way.from] : [], problems: [] }
  way?.forget()
  state.ways.delete(key)
  const tried: string[] = []
  const problems: string[] = []
  // Tokens serve all who ask, so that one who is cancelled does not take them from the others.
  const about = { ...sending, signal: context.signal, endpoint, registry: origin, problems }
  const challenges = challengesOf(answer, sending, context)
  for await (const proof of proofs(state.authority, challenges, wish.scope, about)) {
    const next = await proven(proof)
    tried.push(proof.from)
    if (next.status !== 401 && next.status !== 403) {
      answer.discard()
      context.explain(`${origin.host}: ${proof.from}: accepted`)
      state.ways.set(key, proof)
      return { ...next, tried, problems }
    }
    context.explain(`${origin.host}: ${proof.from}: refused (${next.status})`)
    proof.forget()
    // That somebody is known and may not says more than that another is not known.
    const [kept, other] = answer.status === 403 ? [answer, next] : [next, answer]
    other.discard()
    answer = kept
  }
  return { ...answer, tried, problems }
}

/** What the registry itself asks for: another host, to which it redirects, has no say in where its credentials go. */
function challengesOf({ headers, url }: Answer, asked: Sending, context: OpenContext): readonly Challenge[] {
  if (url.origin === asked.url.origin) return parseChallenges(headers.get('www-authenticate') ?? '')
  context.explain(`${shownUrl(asked.url)}: redirected to ${url.origin}, which wants credentials and is given none`)
  return []
}

/**
 * Why an answer is none that can be used, with what to do: 401 apart from 403 apart from the others. Reads the answer's body.
 */
export async function statusFailure(
  asked: Asked,
  endpoint: Endpoint,
  wish: Pick<Wish, 'input' | 'method'>,
  patience: Patience,
): Promise<Failure> {
  const { status, url, tried, problems } = asked
  const said = wish.method === 'HEAD' ? '' : await errorText(asked, patience)
  const what = `${wish.method} ${url.pathname.slice(0, 300)}: ${status} from ${url.host}${said}`
  const unusable = problems.length === 0 ? '' : `; not used: ${problems.slice(0, 3).join('; ')}`
  const attempts = `${tried.length === 0 ? '' : `; tried: ${tried.join(', ')}`}${unusable}`
  const host = endpoint.credentialsFor.split('/')[0]
  const login = `docker login ${host === 'docker.io' ? '' : host}`.trim()
  const more = { input: wish.input }
  if (status === 401) {
    const hub = host === 'docker.io' ? '; Docker Hub says this of a repository that is private or not there' : ''
    const expired = tried.some((from) => from !== 'anonymous')
    const hints = [
      expired ? `the credentials are wrong or have expired: ${login}` : `log in: ${login}`,
      'or give --username with --password-stdin, or --registry-token',
      ...(hub === '' ? [] : ['and check the name']),
    ]
    return new Failure('registry-unauthorized', `${what}${attempts}${hub}`, { ...more, hints })
  }
  if (status === 403) {
    const hints = [
      'who you are is known, but may not do this: ask for the right to pull or push it',
      'and check the name',
    ]
    return new Failure('registry-denied', `${what}${attempts}`, { ...more, hints })
  }
  return new Failure('registry-status', what, more)
}

const MAX_ERROR = 16 * 1024

/** What a registry says of an error (distribution-spec, "Error Codes"), in one printable line. */
async function errorText(asked: Asked, patience: Patience): Promise<string> {
  try {
    const bytes = await bodyOf(asked, MAX_ERROR, patience, { input: '', url: asked.url })
    const json: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'))
    const errors = (json as { readonly errors?: readonly { readonly code?: unknown; readonly message?: unknown }[] })
      .errors
    const { code, message } = errors?.[0] ?? {}
    const text = [code, message].filter((part) => typeof part === 'string').join(': ')
    return text === '' ? '' : ` (${text.replace(/[\x00-\x1f\x7f-\x9f]/g, ' ').slice(0, 200)})`
  } catch {
    return ''
  }
}

/** Where a wish goes, as people are told. */
export function wishText(endpoint: Endpoint, wish: Pick<Wish, 'method' | 'path'>): string {
  return `${wish.method} ${shownUrl(new URL(`${endpoint.origin}${endpoint.apiPath}/${wish.path}`))}`
}
