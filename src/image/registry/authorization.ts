import type { Challenge } from './challenge.ts'
import type { Connections } from './connections.ts'
import type { Patience } from './patience.ts'
import { basicHeader, fetchToken, isHeaderSafe, realmOf, type Token, type TokenRequest } from './tokens.ts'
import type { Sending } from './transport.ts'
import type { Credential, CredentialAnswer, Endpoint, RegistryConfiguration } from './types.ts'

/** A header that may open the door, and whose it is. */
export interface Proof {
  readonly authorization: string
  /** Who it came from, without its value: `anonymous`, `docker config /root/.docker/config.json`. */
  readonly from: string
  /** When it ends, milliseconds since 1970. */
  readonly expires: number
  /** Forgets what was fetched for it: it was refused. */
  forget(): void
}

/** What is known of credentials in one run. */
export interface Authority {
  /** The credentials of an endpoint, looked for once. */
  credentials(endpoint: Endpoint, signal: AbortSignal): Promise<CredentialAnswer>
  /** A token, fetched once while it holds. */
  token(asked: TokenRequest, about: TokenContext): Promise<Token | undefined>
  forget(asked: TokenRequest): void
}

export type TokenContext = Pick<Sending, 'input' | 'signal' | 'explain'> & {
  readonly endpoint: Endpoint
  readonly registry: URL
  /** Takes what kept credentials from being found, one line each. */
  readonly problems: string[]
}

/** The credentials and tokens of one run. */
export function authority(
  configuration: RegistryConfiguration,
  connections: Connections,
  patience: Patience,
): Authority {
  const found = new Map<string, Promise<CredentialAnswer>>()
  const tokens = new Map<string, { readonly token: Promise<Token | undefined>; expires: number }>()
  return {
    credentials(endpoint, signal) {
      const key = `${endpoint.origin} ${endpoint.credentialsFor}`
      const known = found.get(key)
      if (known !== undefined) return known
      const looked = configuration.credentials(endpoint, signal)
      found.set(key, looked)
      // What one target's end cut short is no answer for the next.
      looked.catch(() => found.delete(key))
      return looked
    },
    token(asked, about) {
      const key = keyOf(asked)
      const known = tokens.get(key)
      if (known !== undefined && known.expires > patience.now()) return known.token
      const token = fetchToken(connections, patience, asked, about)
      const entry = { token, expires: Number.POSITIVE_INFINITY }
      tokens.set(key, entry)
      token.then(
        (got) => {
          entry.expires = got?.expires ?? 0
        },
        () => tokens.delete(key),
      )
      return token
    },
    forget: (asked) => {
      tokens.delete(keyOf(asked))
    },
  }
}

function keyOf({ realm, service, scope, credential }: TokenRequest): string {
  return JSON.stringify([realm.href, service, scope, credential])
}

/**
 * What may prove who asks, in the order in which it is tried: the credentials as they were found, each as far as a challenge has a use for
 * it, then nobody in particular. Tokens are fetched when their turn comes.
 * @throws Failure as `fetchToken` and `realmOf` do.
 */
export async function* proofs(
  known: Authority,
  challenges: readonly Challenge[],
  scope: string,
  about: TokenContext,
): AsyncGenerator<Proof> {
  const bearer = challenges.find((one) => one.scheme === 'bearer' && one.parameters.has('realm'))
  const basic = challenges.some((one) => one.scheme === 'basic')
  for await (const credential of allCredentials(known, about)) {
    const from = `credentials of ${credential.from}`
    const proof =
      credential.kind === 'bearer'
        ? direct(`Bearer ${credential.token}`, credential.token, from)
        : bearer !== undefined
          ? await withToken(known, bearer, scope, credential, from, about)
          : basic && credential.kind === 'basic'
            ? direct(basicHeader(credential), undefined, from)
            : undefined
    if (proof === undefined) about.explain(`${about.registry.host}: ${from}: refused, or of no use for what it asks`)
    else yield proof
  }
  if (bearer === undefined) return
  const anybody = await withToken(known, bearer, scope, undefined, 'anonymous', about)
  if (anybody !== undefined) yield anybody
}

/** The credentials as they were found; those that cost more to find come when all before them were refused. */
async function* allCredentials(known: Authority, about: TokenContext): AsyncGenerator<Credential> {
  let answer: CredentialAnswer | undefined = await known.credentials(about.endpoint, about.signal)
  while (answer !== undefined) {
    about.problems.push(...answer.problems)
    yield* answer.credentials
    answer = answer.more === undefined ? undefined : await answer.more()
  }
}

function direct(authorization: string, token: string | undefined, from: string): Proof | undefined {
  if (token !== undefined && !isHeaderSafe(token)) return undefined
  return { authorization, from, expires: Number.POSITIVE_INFINITY, forget: () => {} }
}

async function withToken(
  known: Authority,
  { parameters }: Challenge,
  scope: string,
  credential: Exclude<Credential, { readonly kind: 'bearer' }> | undefined,
  from: string,
  about: TokenContext,
): Promise<Proof | undefined> {
  const service = parameters.get('service')
  const asked: TokenRequest = {
    realm: realmOf(parameters.get('realm') ?? '', about.registry, about.input),
    ...(service === undefined ? {} : { service }),
    scope: parameters.get('scope') ?? scope,
    ...(credential === undefined ? {} : { credential }),
  }
  const token = await known.token(asked, about)
  if (token === undefined) return undefined
  const { expires } = token
  return { authorization: `Bearer ${token.token}`, from, expires, forget: () => known.forget(asked) }
}
