import { Buffer } from 'node:buffer'
import type { Credential } from '../types.ts'
import { HUB, registryOf } from './host.ts'
import { parseJson, quoted, type Table, tableOf, textOf } from './value.ts'

/** A file of credentials: Docker's `config.json`, podman's `auth.json`, the old `.dockercfg`. Entries are decoded when one is wanted. */
export interface AuthFile {
  /** Entries by registry, or by registry and repository path (containers-auth.json(5)): `quay.io/team`. */
  readonly entries: ReadonlyMap<string, readonly unknown[]>
  /** Entries whose key is an address with a path, by registry: they count when nothing else does. */
  readonly addresses: ReadonlyMap<string, readonly unknown[]>
  /** Names of helper programs (what follows `docker-credential-`) by registry or repository path. */
  readonly helpers: ReadonlyMap<string, string>
  /** The helper for all registries. */
  readonly store?: string
  /** What is wrong with it, one line each, without the file's name. */
  readonly problems: readonly string[]
}

/** A file with nothing in it but what is wrong. */
export function noAuthFile(problems: readonly string[] = []): AuthFile {
  return { entries: new Map(), addresses: new Map(), helpers: new Map(), problems }
}

/**
 * Parses a file of credentials (github.com/docker/cli, cli/config/configfile; containers-auth.json(5)); `legacy` for `.dockercfg`,
 * which is the table of entries itself.
 */
export function parseAuthFile(text: string, { legacy = false } = {}): AuthFile {
  const parsed = parseJson(text)
  return parsed.problem === undefined ? readAuthTable(parsed.table, { legacy }) : noAuthFile([parsed.problem])
}

/** The same from a document that is parsed already. */
export function readAuthTable(table: Table, { legacy = false } = {}): AuthFile {
  const problems: string[] = []
  const member = (name: string): Table => {
    const value = table.get(name)
    const found = tableOf(value)
    if (found === undefined && value !== undefined && value !== null) problems.push(`"${name}" is no object`)
    return found ?? new Map()
  }
  const { entries, addresses } = sortEntries(legacy ? table : member('auths'), legacy)
  const helpers = new Map<string, string>()
  if (!legacy) {
    for (const [key, name] of member('credHelpers')) {
      const { registry, path } = takeKeyApart(key)
      if (typeof name === 'string') helpers.set(path === '' ? registry : `${registry}/${path}`, name)
      else problems.push(`the helper for ${quoted(registry)} is no text`)
    }
  }
  const store = legacy ? undefined : textOf(table.get('credsStore'))
  return { entries, addresses, helpers, ...(store !== undefined && { store }), problems }
}

/** Entries by their registry and path. One that is written plainly goes before one that is written as an address. */
function sortEntries(auths: Table, legacy: boolean): Pick<AuthFile, 'entries' | 'addresses'> {
  const plain = new Map<string, unknown[]>()
  const written = new Map<string, unknown[]>()
  const addresses = new Map<string, unknown[]>()
  const add = (to: Map<string, unknown[]>, key: string, entry: unknown): void => {
    const known = to.get(key)
    if (known === undefined) to.set(key, [entry])
    else known.push(entry)
  }
  for (const [key, entry] of auths) {
    const { registry, path, address } = takeKeyApart(key)
    if (path === '') add(address ? written : plain, registry, entry)
    else if (!address && !legacy) add(plain, `${registry}/${path}`, entry)
    // Docker Hub's key with a path belongs to Docker Desktop's own services, not to the registry.
    else if (registry !== HUB) add(addresses, registry, entry)
  }
  for (const [key, more] of written) plain.set(key, [...(plain.get(key) ?? []), ...more])
  return { entries: plain, addresses }
}

/**
 * A key as tools write them: with and without scheme, user, `/v1/` or `/v2/`. Everything about a key that can be a secret is dropped.
 */
function takeKeyApart(key: string): { readonly registry: string; readonly path: string; readonly address: boolean } {
  const bare = key.replace(/^https?:\/\//i, '')
  const slash = bare.indexOf('/')
  const authority = slash < 0 ? bare : bare.slice(0, slash)
  const path = slash < 0 ? '' : trimSlashes(bare.slice(slash))
  return {
    registry: registryOf(authority.slice(authority.lastIndexOf('@') + 1)),
    path: path === 'v1' || path === 'v2' ? '' : path,
    address: bare !== key,
  }
}

function trimSlashes(text: string): string {
  let start = 0
  let end = text.length
  while (text[start] === '/') start++
  while (end > start && text[end - 1] === '/') end--
  return text.slice(start, end)
}

/** The keys under which a repository's credentials are looked for, the most specific first: `quay.io/team/app`, `quay.io/team`, `quay.io`. */
export function keysFor(name: string): readonly string[] {
  const keys = [name]
  for (let slash = name.lastIndexOf('/'); slash > 0; slash = name.lastIndexOf('/', slash - 1))
    keys.push(name.slice(0, slash))
  return keys
}

/** The entries for a repository (`registry/path`) with their keys, the most specific first. */
export function entriesFor(
  { entries, addresses }: AuthFile,
  name: string,
): readonly { readonly key: string; readonly entry: unknown }[] {
  const keys = keysFor(name)
  const registry = keys[keys.length - 1]
  return [
    ...keys.flatMap((key) => (entries.get(key) ?? []).map((entry) => ({ key, entry }))),
    ...(addresses.get(registry) ?? []).map((entry) => ({ key: registry, entry })),
  ]
}

/** The helper program that a file names for a repository, with the key that names it; `store` for the one of all registries. */
export function helperFor(
  { helpers, store }: AuthFile,
  name: string,
): { readonly helper: string; readonly key: string } | undefined {
  const keys = keysFor(name)
  const key = keys.find((candidate) => helpers.has(candidate))
  const helper = key === undefined ? store : helpers.get(key)
  // An empty name takes a registry out of the care of the store.
  return helper === undefined || helper === '' ? undefined : { helper, key: key ?? keys[keys.length - 1] }
}

/**
 * The credentials of one entry: a token first, then user and password. `problem` is one line, without the entry's content.
 * An entry may be empty: then a helper has them.
 */
export function decodeEntry(
  value: unknown,
  from: string,
): { readonly credentials: readonly Credential[]; readonly problem?: string } {
  const entry = tableOf(value)
  if (entry === undefined) return { credentials: [], problem: 'it is no object' }
  const credentials: Credential[] = []
  const identity = textOf(entry.get('identitytoken'))
  if (identity !== undefined) credentials.push({ kind: 'identity', token: identity, from })
  const token = textOf(entry.get('registrytoken'))
  if (token !== undefined) credentials.push({ kind: 'bearer', token, from })
  const auth = textOf(entry.get('auth'))
  const pair =
    auth === undefined
      ? { username: textOf(entry.get('username')), password: textOf(entry.get('password')) }
      : decodePair(auth)
  if (pair === undefined)
    return credentials.length > 0
      ? { credentials }
      : { credentials, problem: '"auth" is not the base64 form of user:password' }
  const { username, password } = pair
  // With a token the pair holds a place only (`<token>:`).
  if (username !== undefined && password !== undefined && (identity === undefined || password !== ''))
    credentials.push({ kind: 'basic', username, password, from })
  return { credentials }
}

/** `user:password` from base64 (RFC 4648), padded or not, either alphabet, line breaks allowed; undefined when it is none. */
function decodePair(auth: string): { readonly username: string; readonly password: string } | undefined {
  if (!/^[A-Za-z0-9+/_\s-]*=*\s*$/.test(auth)) return undefined
  const text = Buffer.from(auth, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  if (colon < 0) return undefined
  let end = text.length
  // Some old clients padded passwords with zeros.
  while (end > colon + 1 && text[end - 1] === '\0') end--
  return { username: text.slice(0, colon), password: text.slice(colon + 1, end) }
}
