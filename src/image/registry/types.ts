import type { ImageName } from '../types.ts'

/** One place to ask for a repository: the registry itself or a mirror of it. Made from configuration, never from what a server says. */
export interface Endpoint {
  /** Scheme and authority: `https://registry-1.docker.io`. */
  readonly origin: string
  /** The path before the repository, `/v2` where nothing else is configured. */
  readonly apiPath: string
  /** The repository there: a mirror may have it under another name. */
  readonly repository: string
  readonly isMirror: boolean
  /** Which of tags and digests this mirror may be asked for (registries.conf, `pull-from-mirror`; hosts.toml, `capabilities`). */
  readonly answers: 'all' | 'digests' | 'tags'
  /** Plain HTTP may be tried when HTTPS is not answered. */
  readonly allowHttp: boolean
  /** Certificates need not be trusted. */
  readonly skipVerify: boolean
  /** PEM, beside the system's authorities. */
  readonly authorities: readonly string[]
  readonly clientCertificate?: { readonly certificate: string; readonly key: string }
  /** Sent with every request to this endpoint and to no other host (hosts.toml, `header`). */
  readonly headers: Readonly<Record<string, string>>
  /** Under what name credentials for it are looked for: `docker.io`, `registry.example:5000/team`. */
  readonly credentialsFor: string
  /** Which configuration made it, for `--debug`: `registries.conf /etc/containers/registries.conf: mirror of docker.io`. */
  readonly because: string
}

/** What proves who asks. */
export type Credential =
  | { readonly kind: 'basic'; readonly username: string; readonly password: string; readonly from: string }
  /** An OAuth2 refresh token (`identitytoken` in Docker's config). */
  | { readonly kind: 'identity'; readonly token: string; readonly from: string }
  /** A Bearer token that is sent as it is. */
  | { readonly kind: 'bearer'; readonly token: string; readonly from: string }

/** What configuration files, flags and environment say about registries. */
export interface RegistryConfiguration {
  /** Where to ask for an image, in order. @throws Failure `registry-blocked` naming the file that blocks it. */
  endpoints(name: Pick<ImageName, 'domain' | 'path'>): readonly Endpoint[]
  /**
   * Credentials for an endpoint and repository, the most specific first, each tried when the one before was refused; anonymous access is
   * the caller's last try. Problems (a helper that hangs or prints garbage) are said through `explain` and, when nothing else works,
   * are the `problems` of the failure.
   */
  credentials(endpoint: Endpoint, signal: AbortSignal): Promise<CredentialAnswer>
}

export interface CredentialAnswer {
  readonly credentials: readonly Credential[]
  /** What kept other credentials from being found, one line each, no secrets. */
  readonly problems: readonly string[]
}
