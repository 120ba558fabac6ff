import { isAbsolute, join } from 'node:path'
import { parseAddress, type RegistryAddress } from './host.ts'
import { parseToml, quoted, type Table, tableOf, textsOf } from './value.ts'

/** One host of containerd's `hosts.toml`. */
export interface HostSettings {
  /** Undefined for the server where the file does not name one: the registry itself. The path is the API's, `/v2` included. */
  readonly address?: RegistryAddress
  /** Manifests by digest and blobs may be taken from it. */
  readonly pull: boolean
  /** It is trusted to say which digest a tag has. */
  readonly resolve: boolean
  /** Paths of files with authorities. */
  readonly authorities: readonly string[]
  /** Paths of a client certificate and its key; the certificate's file holds both where no key is named. */
  readonly clients: readonly { readonly certificate: string; readonly key?: string }[]
  /** Undefined where the file does not say. */
  readonly skipVerify?: boolean
  readonly headers: ReadonlyMap<string, string>
}

/** What a `hosts.toml` says: mirrors in order, the server last. */
export interface HostsToml {
  readonly hosts: readonly HostSettings[]
  readonly server: HostSettings
  /** One line each, without the file's name. */
  readonly problems: readonly string[]
  /** Set where the file as a whole cannot be read. */
  readonly broken?: string
}

const MOST_HOSTS = 100

/** Parses a `hosts.toml` (github.com/containerd/containerd, docs/hosts.md). Paths in it are relative to its folder. */
export function parseHostsToml(text: string, folder: string): HostsToml {
  const problems: string[] = []
  const parsed = parseToml(text)
  if (parsed.problem !== undefined) {
    const server = readHost(new Map(), undefined, folder, 'the server', problems)
    return { hosts: [], server, problems, broken: parsed.problem }
  }
  const { table } = parsed
  const server = readServer(table, folder, problems)
  const stated = table.get('host')
  const named = tableOf(stated)
  if (stated !== undefined && named === undefined) problems.push('"host" is no table')
  const all = [...(named ?? [])]
  if (all.length > MOST_HOSTS) problems.push(`only ${MOST_HOSTS} of ${all.length} hosts are read`)
  const hosts = all.slice(0, MOST_HOSTS).flatMap(([key, value], i) => {
    const of = `host ${i + 1}`
    const settings = tableOf(value)
    const address = parseAddress(key)
    if (address === undefined) problems.push(`the name of ${of} is no http or https address`)
    else if (settings === undefined) problems.push(`${of} (${address.authority}) is no table`)
    else return [readHost(settings, address, folder, `${of} (${address.authority})`, problems)]
    return []
  })
  return { hosts, server, problems }
}

function readServer(table: Table, folder: string, problems: string[]): HostSettings {
  const stated = table.get('server')
  const address = typeof stated === 'string' && stated !== '' ? parseAddress(stated) : undefined
  if (stated !== undefined && stated !== '' && address === undefined)
    problems.push('"server" is no http or https address')
  return readHost(table, address, folder, 'the server', problems)
}

function readHost(
  table: Table,
  address: RegistryAddress | undefined,
  folder: string,
  of: string,
  problems: string[],
): HostSettings {
  const flag = (name: string): boolean | undefined => {
    const value = table.get(name)
    if (typeof value === 'boolean' || value === undefined) return value
    problems.push(`"${name}" of ${of} is neither true nor false`)
    return undefined
  }
  const skipVerify = flag('skip_verify')
  const override = flag('override_path') ?? false
  return {
    ...(address && { address: { ...address, path: apiPath(address.path, override) } }),
    ...readCapabilities(table, of, problems),
    authorities: readPaths(table.get('ca'), `"ca" of ${of}`, problems).map((path) => inFolder(folder, path)),
    clients: readClients(table.get('client'), folder, `"client" of ${of}`, problems),
    ...(skipVerify !== undefined && { skipVerify }),
    headers: readHeaders(table.get('header'), of, problems),
  }
}

function apiPath(path: string, override: boolean): string {
  return override || path.endsWith('/v2') ? path : `${path}/v2`
}

function readCapabilities(table: Table, of: string, problems: string[]): Pick<HostSettings, 'pull' | 'resolve'> {
  const value = table.get('capabilities')
  const list = textsOf(value)?.map((word) => word.toLowerCase())
  if (value !== undefined && list === undefined) problems.push(`"capabilities" of ${of} is no list of texts`)
  if (list === undefined || list.length === 0) return { pull: true, resolve: true }
  const unknown = list.find((word) => !/^(pull|resolve|push|referrers)$/.test(word))
  if (unknown !== undefined) problems.push(`${of} has the unknown capability ${quoted(unknown)}`)
  return { pull: list.includes('pull'), resolve: list.includes('resolve') }
}

function readPaths(value: unknown, what: string, problems: string[]): readonly string[] {
  if (value === undefined || value === '') return []
  const list = typeof value === 'string' ? [value] : textsOf(value)
  if (list === undefined) problems.push(`${what} is neither a path nor a list of paths`)
  return list ?? []
}

function inFolder(folder: string, path: string): string {
  return isAbsolute(path) ? path : join(folder, path)
}

/** A path, a list of paths, or a list of pairs of certificate and key. */
function readClients(value: unknown, folder: string, what: string, problems: string[]): HostSettings['clients'] {
  if (value === undefined || value === '') return []
  const members = typeof value === 'string' ? [value] : Array.isArray(value) ? value : [value]
  return members.flatMap((member) => {
    const pair = typeof member === 'string' ? [member, ''] : textsOf(member)
    if (pair === undefined || pair.length !== 2 || pair[0] === '') {
      problems.push(`${what} is neither a path, nor paths, nor pairs of certificate and key`)
      return []
    }
    const [certificate, key] = pair
    return [{ certificate: inFolder(folder, certificate), ...(key !== '' && { key: inFolder(folder, key) }) }]
  })
}

const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
/** They belong to the connection, and are not a configuration's to set. */
const OWN_HEADERS = /^(host|connection|content-length|transfer-encoding|te|trailer|upgrade|range|accept)$/i

/** Headers by name; a header's values are never shown: they may be secrets. */
function readHeaders(value: unknown, of: string, problems: string[]): ReadonlyMap<string, string> {
  const headers = new Map<string, string>()
  if (value === undefined) return headers
  const table = tableOf(value)
  if (table === undefined) problems.push(`"header" of ${of} is no table`)
  for (const [name, stated] of table ?? []) {
    const values = typeof stated === 'string' ? [stated] : textsOf(stated)
    const text = values?.join(', ')
    if (text === undefined || !HEADER_NAME.test(name) || /[^\t\x20-\x7e\x80-\xff]/.test(text))
      problems.push(`the header ${quoted(name)} of ${of} is no header`)
    else if (OWN_HEADERS.test(name))
      problems.push(`the header ${quoted(name)} of ${of} is not sent: it is the client's own`)
    else headers.set(name, text)
  }
  return headers
}
