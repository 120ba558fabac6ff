import { Buffer } from 'node:buffer'
import { Failure } from '../../../lib/failure.ts'
import type { Credential } from '../types.ts'
import { decodeEntry } from './auth-file.ts'
import { readConfigFile } from './config-file.ts'
import { isHubKey, type KeyringKey, matchesKeyring, parseKeyringKey } from './keyring.ts'
import { parseJson, quoted, type Table, tableOf, textOf } from './value.ts'

/** The credentials of pull secrets by what they are for. */
export interface Keyring {
  /** The most specific first. */
  readonly entries: readonly { readonly key: KeyringKey; readonly entry: unknown; readonly from: string }[]
  /** What else was in the files, one line each. */
  readonly problems: readonly string[]
}

/** Kubernetes keeps no larger object in its store. */
const MOST_TEXT = 1024 ** 2

/**
 * Reads files with Kubernetes pull secrets.
 * @throws Failure `pull-secret`, kind usage, for a file that cannot be read or holds no credentials: the user named it.
 */
export async function readPullSecrets(paths: readonly string[]): Promise<Keyring> {
  const rings = await Promise.all(
    paths.map(async (path) => {
      const read = readConfigFile(path, { pipes: true })
      if (read.text === undefined) throw refuse(path, read.missing ? 'there is no such file' : read.problem)
      const ring = await parsePullSecrets(read.text, path)
      if (ring.entries.length === 0)
        throw refuse(
          path,
          ring.problems[0] ?? 'it holds no credentials for registries',
          'a secret of type kubernetes.io/dockerconfigjson is wanted',
        )
      return ring
    }),
  )
  return {
    entries: sorted(rings.flatMap(({ entries }) => entries)),
    problems: rings.flatMap(({ problems }) => problems),
  }
}

function refuse(path: string, why: string, ...hints: readonly string[]): Failure {
  return new Failure('pull-secret', why, { kind: 'usage', input: path, hints })
}

/** In the kubelet's order: keys backwards, which puts a longer path before its beginning. */
function sorted(entries: Keyring['entries']): Keyring['entries'] {
  return entries.toSorted(({ key: { text: a } }, { key: { text: b } }) => (a < b ? 1 : a > b ? -1 : 0))
}

/**
 * Reads the text of such a file: manifests of Secrets (https://kubernetes.io/docs/concepts/configuration/secret/) as YAML or JSON,
 * several documents or a List, or the `.dockerconfigjson` by itself. `path` is for messages.
 */
export async function parsePullSecrets(text: string, path: string): Promise<Keyring> {
  if (text.length > MOST_TEXT) return { entries: [], problems: [`${path} is larger than ${MOST_TEXT} characters`] }
  const json = parseJson(text)
  const documents = json.problem === undefined ? [json.table] : await yamlDocuments(text)
  if (documents === undefined) return { entries: [], problems: [`${path} is neither JSON nor YAML`] }
  const entries: Keyring['entries'][number][] = []
  const problems: string[] = []
  for (const document of documents.flatMap(itemsOf)) {
    const found = configOf(document)
    if (typeof found === 'string') problems.push(`${path}: ${found}`)
    else
      for (const [key, entry] of found.auths)
        entries.push({ key: parseKeyringKey(key), entry, from: `${path}${found.name}` })
  }
  return { entries: sorted(entries), problems }
}

/** YAML is loaded when it is met: it is large, and a bundle gives the names of such a package only to a static import. */
async function yamlDocuments(text: string): Promise<readonly unknown[] | undefined> {
  return (await import('./yaml-documents.ts')).parseYamlDocuments(text)
}

/** The objects of a List, or the object itself. Lists do not lie in lists. */
function itemsOf(document: unknown): readonly unknown[] {
  const items = tableOf(document)?.get('items')
  return Array.isArray(items) ? items : [document]
}

/** The table of entries that a document holds, or what is wrong with it. */
function configOf(document: unknown): { readonly auths: Table; readonly name: string } | string {
  const table = tableOf(document)
  if (table === undefined) return 'a document is no object'
  const auths = tableOf(table.get('auths'))
  if (auths !== undefined) return { auths, name: '' }
  if (table.get('kind') !== 'Secret')
    return typeof table.get('kind') === 'string'
      ? `a document of kind ${quoted(String(table.get('kind')))} is no Secret`
      : legacyConfig(table)
  return secretConfig(table)
}

/** The bare form of `.dockercfg`: every member is an entry. */
function legacyConfig(table: Table): { readonly auths: Table; readonly name: string } | string {
  const entries = [...table].filter(([, entry]) => tableOf(entry) !== undefined)
  const looksLike = entries.length === table.size && entries.some(([, entry]) => tableOf(entry)?.has('auth'))
  return looksLike ? { auths: table, name: '' } : 'a document is no Secret and holds no "auths"'
}

function secretConfig(secret: Table): { readonly auths: Table; readonly name: string } | string {
  const own = textOf(tableOf(secret.get('metadata'))?.get('name'))
  const name = own === undefined ? '' : ` (secret ${quoted(own)})`
  const plain = tableOf(secret.get('stringData'))
  const data = tableOf(secret.get('data'))
  for (const [key, legacy] of [
    ['.dockerconfigjson', false],
    ['.dockercfg', true],
  ] as const) {
    const encoded = textOf(data?.get(key))
    const text =
      textOf(plain?.get(key)) ?? (encoded === undefined ? undefined : Buffer.from(encoded, 'base64').toString('utf8'))
    if (text === undefined) continue
    const parsed = parseJson(text)
    if (parsed.problem !== undefined) return `${key} of a secret${name}: ${parsed.problem}`
    const auths = legacy ? parsed.table : tableOf(parsed.table.get('auths'))
    return auths === undefined ? `${key} of a secret${name} has no "auths"` : { auths, name }
  }
  return `a secret${name} of type ${quoted(String(secret.get('type') ?? 'Opaque'))} holds no credentials for registries`
}

/** The credentials for a repository (`registry/path`), the most specific first, by the kubelet's rules. */
export function keyringCredentials(
  { entries }: Keyring,
  name: string,
): { readonly credentials: readonly Credential[]; readonly problems: readonly string[] } {
  const matching = entries.filter(({ key }) => matchesKeyring(key, name))
  const used = matching.length > 0 ? matching : entries.filter(({ key }) => isHubKey(key, name))
  const credentials: Credential[] = []
  const problems: string[] = []
  for (const { key, entry, from } of used) {
    const decoded = decodeEntry(entry, `${from}, entry ${quoted(key.text)}`)
    credentials.push(...decoded.credentials)
    if (decoded.problem !== undefined) problems.push(`${from}: the entry for ${quoted(key.text)}: ${decoded.problem}`)
  }
  return { credentials, problems }
}
