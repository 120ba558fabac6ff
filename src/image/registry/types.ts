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
  /** PEM, beside the authorities that Node trusts by itself. Read from disk when first asked for: only where TLS is spoken. */
  readonly authorities: readonly string[]
  readonly clientCertificate?: { readonly certificate: string; readonly key: string }
  /** Sent with every request to this endpoint and to no other host (hosts.toml, `header`). */
  readonly headers: Readonly<Record<string, string>>
  /** The registry that this mirror stands for where the mirror must be told: sent as the query `ns` (containerd's mirrors). */
  readonly namespace?: string
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
  /**
   * Where to ask for an image, in order: mirrors first. Settings for single tags apply where tag and digest are given.
   * @throws Failure `registry-blocked` naming the file that blocks it; `registry-configuration` when a file that the environment names
   * cannot be read.
   */
  endpoints(name: Pick<ImageName, 'domain' | 'path'> & Partial<ImageName>): readonly Endpoint[]
  /**
   * Credentials for an endpoint and repository, the most specific first, each tried when the one before was refused; anonymous access is
   * the caller's last try. Problems (a helper that hangs or prints garbage) are said through `explain` and, when nothing else works,
   * are the `problems` of the failure.
   */
  credentials(endpoint: Endpoint, signal: AbortSignal): Promise<CredentialAnswer>
  /** What was wrong with configuration files read so far, one line each: for the failure when nothing works. */
  problems(): readonly string[]
}

export interface CredentialAnswer {
  readonly credentials: readonly Credential[]
  /** What kept other credentials from being found, one line each, no secrets. */
  readonly problems: readonly string[]
  /** The next answer, where there is one: asked only when all of these were refused, since it may cost time (a helper program). */
  readonly more?: () => Promise<CredentialAnswer>
}
