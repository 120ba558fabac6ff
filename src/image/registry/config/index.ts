import { homedir } from 'node:os'
import type { OpenContext } from '../../types.ts'
import type { RegistryConfiguration } from '../types.ts'
import { type AuthSource, authSources } from './auth-places.ts'
import {
  type CertificateNotes,
  type CertificateSources,
  type Certificates,
  environmentAuthorities,
  readCertificates,
} from './certificates.ts'
import { userFolders } from './config-file.ts'
import { askHelper, type HelperAnswer } from './credential-helper.ts'
import { findCredentials } from './credentials.ts'
import { endpointMaker } from './endpoints.ts'
import { once } from './once.ts'
import { type Keyring, readPullSecrets } from './pull-secret.ts'
import type { RegistriesConf } from './registries-conf.ts'
import { readRegistriesConf } from './registries-files.ts'

/** Where configuration lies and how long a helper may take, where that is not as always: for tests. */
export interface ConfigurationPlaces {
  /** In the place of `/etc`. */
  readonly etc?: string
  /** In the place of `/run`. */
  readonly run?: string
  readonly helperMs?: number
}

/** A helper that does not answer is ended after this time. */
const HELPER_MS = 10_000

/**
 * What the configuration of this machine, its user and this run says about registries: podman's, Docker's, containerd's and
 * Kubernetes' files (see `endpointMaker` and `findCredentials` for which wins). Nothing is read before it is needed, and each file
 * once: make one for all images of a run.
 */
export function registryConfiguration(
  context: Pick<OpenContext, 'environment' | 'network' | 'explain'>,
  places: ConfigurationPlaces = {},
): RegistryConfiguration {
  const { environment, network, explain } = context
  const { etc = '/etc', run = '/run', helperMs = HELPER_MS } = places
  const folders = once(() => userFolders(environment, homedir))
  const problems = new Set<string>()
  const notes: CertificateNotes = {
    explain,
    problem(line) {
      if (!problems.has(line)) explain(line)
      problems.add(line)
    },
  }
  const registries = once((): RegistriesConf => {
    const conf = readRegistriesConf({ environment, etc, config: folders().config, explain })
    for (const line of conf.problems) notes.problem(line)
    return conf
  })
  const endpoints = once(() =>
    endpointMaker({
      etc,
      config: folders().config,
      insecure: network.insecureRegistries,
      registries,
      certificates: certificateReader(environment, notes),
      explain,
      problem: notes.problem,
    }),
  )
  const files = once((): readonly AuthSource[] =>
    authSources({ environment, ...folders(), run, uid: process.getuid?.() ?? 0 }),
  )
  const keyring = once((): Promise<Keyring> => readPullSecrets(network.pullSecrets))
  const helpers = sharedHelpers(environment, helperMs)
  return {
    endpoints: (name) => endpoints()(name),
    credentials: (endpoint, signal) =>
      findCredentials(
        endpoint,
        {
          network,
          keyring,
          helpers: () => registries().helpers,
          files: files(),
          askHelper: helpers,
          explain,
          earlierProblems: () => [...problems],
        },
        signal,
      ),
    problems: () => [...problems],
  }
}

/** Reads the certificates of a host, with those of the environment, once for each host. */
function certificateReader(
  environment: Readonly<Record<string, string | undefined>>,
  notes: CertificateNotes,
): (sources: CertificateSources) => Certificates {
  const everywhere = once(() => environmentAuthorities(environment, notes))
  const known = new Map<string, Certificates>()
  return (sources) => {
    const key = JSON.stringify(sources)
    const found = known.get(key) ?? readCertificates(sources, notes)
    known.set(key, found)
    return { ...found, authorities: [...new Set([...found.authorities, ...everywhere()])] }
  }
}

/** Asks a helper for a server once at a time and once in all: what it said is kept, and who waits at the same time shares it. */
function sharedHelpers(
  environment: Readonly<Record<string, string | undefined>>,
  limitMs: number,
): (helper: string, server: string, signal: AbortSignal) => Promise<HelperAnswer> {
  const asked = new Map<
    string,
    { readonly answer: Promise<HelperAnswer>; readonly end: AbortController; waiting: number }
  >()
  return async (helper, server, signal) => {
    const key = `${helper} ${server}`
    let run = asked.get(key)
    if (run === undefined) {
      const end = new AbortController()
      run = { answer: askHelper(helper, server, { environment, signal: end.signal, limitMs }), end, waiting: 0 }
      run.answer.catch(() => asked.delete(key))
      asked.set(key, run)
    }
    const { answer, end } = run
    run.waiting++
    try {
      return await untilAborted(answer, signal)
    } finally {
      run.waiting--
      // Nobody waits any more: what it would say is not wanted.
      if (run.waiting === 0 && signal.aborted) end.abort()
    }
  }
}

function untilAborted<Result>(result: Promise<Result>, signal: AbortSignal): Promise<Result> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason)
    if (signal.aborted) return abort()
    signal.addEventListener('abort', abort, { once: true })
    result.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
