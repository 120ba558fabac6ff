import { type OpenContext, sharedResources } from '../../src/image/index.ts'
import { type RegistryClient, registryClient } from '../../src/image/registry/client.ts'
import { DEFAULT_PATIENCE, type Patience } from '../../src/image/registry/patience.ts'
import type { Credential, Endpoint, RegistryConfiguration } from '../../src/image/registry/types.ts'
import { DEFAULT_LIMITS } from '../../src/lib/limits.ts'
import type { Digest } from '../../src/model/digest.ts'

/** An `OpenContext` of a test, with what was explained and kept. */
export interface TestContext extends OpenContext {
  readonly lines: string[]
  readonly kept: Map<Digest, Uint8Array>
  close(): Promise<void>
}

/** A context without credentials, files or environment. */
export function testContext(given: Partial<OpenContext> = {}): TestContext {
  const shared = sharedResources()
  const lines: string[] = []
  const kept = new Map<Digest, Uint8Array>()
  return {
    signal: new AbortController().signal,
    limits: DEFAULT_LIMITS,
    platform: 'linux/amd64',
    environment: {},
    network: { offline: false, allowAddresses: [], insecureRegistries: [], pullSecrets: [] },
    engines: {},
    explain: (line) => lines.push(line),
    documents: {
      loadDocument: (digest) => kept.get(digest),
      storeDocument: (digest, bytes) => kept.set(digest, bytes),
    },
    shared,
    lines,
    kept,
    close: () => shared.close(),
    ...given,
  }
}

/** Patience that is soon at its end: nothing takes more than a moment, and pauses are only noted. */
export function shortPatience(pauses: number[] = [], given: Partial<Patience> = {}): Patience {
  return {
    ...DEFAULT_PATIENCE,
    ...{ connectMs: 2000, answerMs: 300, idleMs: 200, idleBytes: 1024, documentMs: 2000, backoffMs: 1 },
    pause: async (ms) => {
      pauses.push(ms)
    },
    ...given,
  }
}

/** An endpoint with nothing special about it. */
export function endpointOf(origin: string, repository: string, given: Partial<Endpoint> = {}): Endpoint {
  return {
    ...{ origin, apiPath: '/v2', repository, isMirror: false, answers: 'all', allowHttp: false, skipVerify: false },
    ...{ authorities: [], headers: {}, credentialsFor: new URL(origin).host, because: 'the registry itself' },
    ...given,
  }
}

/** A configuration in which each registry is its own endpoint, with these credentials for all. */
export function plainConfiguration(
  credentials: readonly Credential[] = [],
  endpoints?: RegistryConfiguration['endpoints'],
): RegistryConfiguration {
  return {
    endpoints: endpoints ?? (({ domain, path }) => [endpointOf(`https://${domain}`, path)]),
    credentials: async () => ({ credentials, problems: [] }),
    problems: () => [],
  }
}

/** A client with little patience. */
export function testClient(
  context: OpenContext,
  configuration: RegistryConfiguration = plainConfiguration(),
  patience: Patience = shortPatience(),
): RegistryClient {
  return registryClient(context, configuration, patience)
}
