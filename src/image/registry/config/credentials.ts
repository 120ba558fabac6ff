import type { NetworkSettings } from '../../types.ts'
import type { Credential, CredentialAnswer, Endpoint } from '../types.ts'
import { type AuthFile, decodeEntry, entriesFor, helperFor } from './auth-file.ts'
import type { AuthSource } from './auth-places.ts'
import type { HelperAnswer } from './credential-helper.ts'
import { HUB, HUB_KEY } from './host.ts'
import { once } from './once.ts'
import { type Keyring, keyringCredentials } from './pull-secret.ts'
import { quoted } from './value.ts'

/** Where credentials are looked for. */
export interface CredentialSources {
  readonly network: Pick<NetworkSettings, 'username' | 'password' | 'registryToken'>
  /** The pull secrets of this run; rejects with `Failure` when the user named a file that is none. */
  readonly keyring: () => Promise<Keyring>
  /** Helpers that registries.conf names (`credential-helpers`), in order; undefined where it does not. */
  readonly helpers: () => readonly string[] | undefined
  readonly files: readonly AuthSource[]
  readonly askHelper: (helper: string, server: string, signal: AbortSignal) => Promise<HelperAnswer>
  readonly explain: (line: string) => void
  /** Problems of configuration files that were read before. */
  readonly earlierProblems: () => readonly string[]
}

/** What one look gave. */
interface Found {
  readonly credentials: readonly Credential[]
  readonly problems: readonly string[]
}

/** In registries.conf, the files of containers-auth.json(5) rather than a program. */
const AUTH_FILES = 'containers-auth.json'

/**
 * The credentials for an endpoint: what the flags say, and then nothing else; else pull secrets, the helpers of registries.conf and
 * files, each file's helper before its entries. A look that finds something is an answer; the next is made when it was refused.
 * The flags' credentials are for registries, not for their mirrors: who runs a mirror is not whom the user named.
 */
export async function findCredentials(
  endpoint: Pick<Endpoint, 'credentialsFor' | 'isMirror'>,
  sources: CredentialSources,
  signal: AbortSignal,
): Promise<CredentialAnswer> {
  const given = fromFlags(endpoint, sources)
  if (given !== undefined) return { credentials: [given], problems: [] }
  const looks = looksFor(endpoint.credentialsFor, sources, signal)
  const seen = new Set<string>()
  const next = async (): Promise<CredentialAnswer> => {
    const problems: string[] = []
    for (let look = await looks.next(); look.done !== true; look = await looks.next()) {
      problems.push(...look.value.problems)
      for (const problem of look.value.problems) sources.explain(`credentials: ${problem}`)
      const credentials = look.value.credentials.filter((credential) => isNew(credential, seen))
      for (const credential of credentials)
        sources.explain(`credentials for ${endpoint.credentialsFor}: ${described(credential)}`)
      if (credentials.length > 0) return { credentials, problems, more: once(next) }
    }
    return { credentials: [], problems }
  }
  const first = await next()
  const problems = [...sources.earlierProblems(), ...first.problems]
  if (first.credentials.length === 0)
    sources.explain(`credentials for ${endpoint.credentialsFor}: none found, asked without`)
  return { ...first, problems }
}

function isNew(credential: Credential, seen: Set<string>): boolean {
  const { kind } = credential
  const secret = JSON.stringify(
    kind === 'basic' ? [kind, credential.username, credential.password] : [kind, credential.token],
  )
  const isKnown = seen.has(secret)
  seen.add(secret)
  return !isKnown
}

/** A credential without what is secret of it. */
function described(credential: Credential): string {
  if (credential.kind === 'basic') return `user ${quoted(credential.username)} from ${credential.from}`
  return `${credential.kind === 'identity' ? 'an identity token' : 'a token'} from ${credential.from}`
}

function fromFlags(
  { credentialsFor, isMirror }: Pick<Endpoint, 'credentialsFor' | 'isMirror'>,
  { network, explain }: CredentialSources,
): Credential | undefined {
  const { username, password, registryToken } = network
  const given: Credential | undefined =
    registryToken !== undefined
      ? { kind: 'bearer', token: registryToken, from: '--registry-token' }
      : username !== undefined && password !== undefined
        ? { kind: 'basic', username, password, from: '--username' }
        : undefined
  if (given === undefined) return undefined
  if (!isMirror) {
    explain(`credentials for ${credentialsFor}: ${described(given)}`)
    return given
  }
  explain(`credentials for ${credentialsFor}: those of ${given.from} are not sent to a mirror`)
  return undefined
}

async function* looksFor(name: string, sources: CredentialSources, signal: AbortSignal): AsyncGenerator<Found> {
  yield keyringCredentials(await sources.keyring(), name)
  for (const helper of sources.helpers() ?? [AUTH_FILES]) {
    if (helper !== AUTH_FILES) {
      yield await fromHelper(helper, registryIn(name), 'registries.conf', sources, signal)
      continue
    }
    for (const { name: file, read } of sources.files) {
      const found = read()
      if (found === undefined) sources.explain(`credentials: ${file} is not there`)
      else yield* looksInFile(name, file, found, sources, signal)
    }
  }
}

async function* looksInFile(
  name: string,
  path: string,
  file: AuthFile,
  sources: CredentialSources,
  signal: AbortSignal,
): AsyncGenerator<Found> {
  yield { credentials: [], problems: file.problems }
  const named = helperFor(file, name)
  if (named !== undefined) yield await fromHelper(named.helper, named.key, path, sources, signal)
  const entries = entriesFor(file, name)
  if (entries.length === 0) sources.explain(`credentials: ${path} has no entry for ${name}`)
  for (const { key, entry } of entries) {
    const { credentials, problem } = decodeEntry(entry, `${path}, entry ${quoted(key)}`)
    yield { credentials, problems: problem === undefined ? [] : [`${path}: the entry for ${quoted(key)}: ${problem}`] }
  }
}

/** What a helper says of a registry. Docker Hub is known to helpers by Docker's old name for it, or by podman's. */
async function fromHelper(
  helper: string,
  key: string,
  path: string,
  { askHelper, explain }: CredentialSources,
  signal: AbortSignal,
): Promise<Found> {
  const problems: string[] = []
  for (const server of key === HUB ? [HUB_KEY, HUB] : [key]) {
    const answer = await askHelper(helper, server, signal)
    if (answer.username !== undefined) {
      const from = `docker-credential-${helper} (${path})`
      const { username, secret } = answer
      const credential: Credential =
        username === '<token>'
          ? { kind: 'identity', token: secret, from }
          : { kind: 'basic', username, password: secret, from }
      return { credentials: [credential], problems }
    }
    if (answer.problem === undefined)
      explain(`credentials: docker-credential-${helper} (${path}) has none for ${server}`)
    // What fails for one name fails for the other.
    else return { credentials: [], problems: [`${answer.problem} (${path} names it)`] }
  }
  return { credentials: [], problems }
}

function registryIn(name: string): string {
  return name.slice(0, name.indexOf('/'))
}
