import { Buffer } from 'node:buffer'
import * as z from 'zod/mini'
import { Failure } from '../../lib/failure.ts'
import { BrokenConnection, type Connections, NoConnection, USUAL_SECURITY } from './connections.ts'
import type { Patience } from './patience.ts'
import {
  bodyOf,
  connectionFailure,
  isSameMachine,
  noConnectionFailure,
  type Sending,
  send,
  shownUrl,
} from './transport.ts'
import type { Credential, Endpoint } from './types.ts'

/** A token that a registry's token service gave, and until when it holds (milliseconds since 1970). */
export interface Token {
  readonly token: string
  readonly expires: number
}

/** What a token is asked for with (distribution, token specification). */
export interface TokenRequest {
  readonly realm: URL
  readonly service?: string
  readonly scope: string
  /** Nobody in particular asks when undefined. */
  readonly credential?: Exclude<Credential, { readonly kind: 'bearer' }>
}

const MAX_ANSWER = 1024 ** 2
/** Seconds that a token holds where nothing is said. */
const USUAL_SECONDS = 60
/** A token is renewed a little before it ends. */
const MARGIN_MS = 10_000
const CLIENT_ID = 'bulwark'

const answerShape = z.object({
  token: z.optional(z.string()),
  access_token: z.optional(z.string()),
  expires_in: z.optional(z.nullable(z.number())),
})

/**
 * Where tokens are given out, by the `realm` of a Bearer challenge.
 * @throws Failure `registry-realm-refused` when it is no https address; http will do where the registry itself is spoken to so.
 */
export function realmOf(text: string, registry: URL, input: string): URL {
  const realm = URL.parse(text)
  const plain = realm?.protocol === 'http:' && registry.protocol === 'http:'
  if (realm === null || (realm.protocol !== 'https:' && !plain)) {
    const what = realm === null ? 'no address' : `${realm.protocol.slice(0, 20)} (${realm.host.slice(0, 200)})`
    throw new Failure('registry-realm-refused', `${registry.host} has tokens given out at ${what}, not over https`, {
      input,
    })
  }
  realm.username = ''
  realm.password = ''
  realm.hash = ''
  return realm
}

/**
 * A token from a registry's token service: by GET with Basic credentials or none (distribution, token.md), by POST with an identity
 * token (distribution, oauth2.md). Undefined when the service refuses the credential.
 * @throws Failure `registry-token-service` when it answers neither way; those of `send`.
 */
export async function fetchToken(
  connections: Connections,
  patience: Patience,
  asked: TokenRequest,
  about: Pick<Sending, 'input' | 'signal' | 'explain'> & { readonly endpoint: Endpoint; readonly registry: URL },
): Promise<Token | undefined> {
  const { credential, realm } = asked
  const security = securityFor(about.endpoint, about.registry, realm)
  const base = { ...about, security, named: isSameMachine(about.registry, realm) }
  const forms = credential?.kind === 'identity' ? [posted(asked)] : [queried(asked), posted(asked)]
  try {
    for (const form of forms) {
      if (form === undefined) continue
      const sending = { ...base, ...form }
      const answer = await send(connections, patience, sending)
      if (answer.status === 200)
        return tokenIn(await bodyOf(answer, MAX_ANSWER, patience, sending), patience.now(), sending)
      answer.discard()
      if (answer.status === 401 || answer.status === 403 || answer.status === 400) return undefined
      // A service that only knows the other way to ask says so with these.
      if (answer.status !== 404 && answer.status !== 405) throw serviceFailure(sending, `answered ${answer.status}`)
    }
  } catch (error) {
    if (error instanceof NoConnection) throw noConnectionFailure(about.input, error)
    if (error instanceof BrokenConnection) throw connectionFailure({ input: about.input, url: realm }, error)
    throw error
  }
  throw serviceFailure({ ...base, url: realm }, 'is not there (404)')
}

/** A token service is trusted by the registry's own authorities too; the rest of what secures it is for the registry's host alone. */
function securityFor(endpoint: Endpoint, registry: URL, realm: URL): Sending['security'] {
  if (registry.hostname === realm.hostname) return endpoint
  return { ...USUAL_SECURITY, authorities: endpoint.authorities }
}

type Form = Pick<Sending, 'method' | 'url' | 'headers'> & { readonly body?: string }

function queried({ realm, service, scope, credential }: TokenRequest): Form {
  const url = new URL(realm)
  if (service !== undefined) url.searchParams.set('service', service)
  for (const one of scope.split(' ')) url.searchParams.append('scope', one)
  const accept = { accept: 'application/json' }
  if (credential?.kind !== 'basic') return { method: 'GET', url, headers: accept }
  url.searchParams.set('account', credential.username)
  return { method: 'GET', url, headers: { ...accept, authorization: basicHeader(credential) } }
}

function posted({ realm, service, scope, credential }: TokenRequest): Form | undefined {
  if (credential === undefined) return undefined
  const fields = new URLSearchParams(
    credential.kind === 'identity'
      ? { grant_type: 'refresh_token', refresh_token: credential.token }
      : { grant_type: 'password', username: credential.username, password: credential.password },
  )
  fields.set('client_id', CLIENT_ID)
  fields.set('scope', scope)
  if (service !== undefined) fields.set('service', service)
  const headers = { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' }
  return { method: 'POST', url: realm, headers, body: fields.toString() }
}

/** `Authorization: Basic …` (RFC 7617), in UTF-8. */
export function basicHeader({ username, password }: { readonly username: string; readonly password: string }): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}

/** Whether a token can stand in a header: visible characters (RFC 6750 section 2.1 allows fewer, services give more). */
export function isHeaderSafe(token: string): boolean {
  return token.length <= 64 * 1024 && /^[\x21-\x7e]+$/.test(token)
}

/** @throws Failure `registry-token-service` for an answer without a token. */
function tokenIn(bytes: Uint8Array, now: number, about: Pick<Sending, 'input' | 'url'>): Token {
  let json: unknown
  try {
    json = JSON.parse(Buffer.from(bytes).toString('utf8'))
  } catch {
    throw serviceFailure(about, 'answered with what is not JSON')
  }
  const parsed = answerShape.safeParse(json)
  const token = parsed.success ? parsed.data.token || parsed.data.access_token : undefined
  if (!parsed.success || token === undefined || !isHeaderSafe(token))
    throw serviceFailure(about, 'answered without a token')
  const seconds = parsed.data.expires_in ?? USUAL_SECONDS
  return { token, expires: now + Math.max(0, seconds * 1000 - MARGIN_MS) }
}

function serviceFailure({ input, url }: Pick<Sending, 'input' | 'url'>, why: string): Failure {
  return new Failure('registry-token-service', `the registry's token service ${shownUrl(url)} ${why}`, { input })
}
