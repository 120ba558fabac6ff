import { type Parsed, parseToml, quoted, type Table, tableOf, textsOf } from './value.ts'

/** One `[[registry]]` table (containers-registries.conf(5)). */
export interface RegistryEntry {
  /** `host[:port][/path][:tag|@digest]`, or `*.host`. */
  readonly prefix: string
  /** What takes the prefix's place; undefined where nothing does (a wildcard). */
  readonly location?: string
  /** Undefined where the file does not say. */
  readonly insecure?: boolean
  readonly blocked: boolean
  readonly mirrors: readonly RegistryMirror[]
  /** The file it stands in. */
  readonly file: string
}

export interface RegistryMirror {
  readonly location: string
  readonly insecure: boolean
  readonly answers: 'all' | 'digests' | 'tags'
}

/** What one file, or several merged, say. */
export interface RegistriesConf {
  readonly entries: readonly RegistryEntry[]
  /** Full names by short ones, with the file that says so. */
  readonly aliases: ReadonlyMap<string, { readonly name: string; readonly file: string }>
  /** Where podman looks for names without a registry. */
  readonly search?: readonly string[]
  /** Helpers that are asked whatever the credentials' files say; `containers-auth.json` means those files. */
  readonly helpers?: readonly string[]
  /** One line each, without the file's name. */
  readonly problems: readonly string[]
}

/** What says nothing. */
export const NO_REGISTRIES: RegistriesConf = { entries: [], aliases: new Map(), problems: [] }

/** More tables than this are not read from one file. */
const MOST_ENTRIES = 10_000

const PULL_FROM: ReadonlyMap<string, RegistryMirror['answers']> = new Map([
  ['', 'all'],
  ['all', 'all'],
  ['digest-only', 'digests'],
  ['tag-only', 'tags'],
])

/**
 * Parses a `registries.conf`, version 2 or 1 (containers-registries.conf(5)). A table that makes no sense is left out and said;
 * `broken` is set where the file as a whole cannot be read.
 */
export function parseRegistriesConf(text: string, file: string): RegistriesConf & { readonly broken?: string } {
  const parsed: Parsed = parseToml(text)
  if (parsed.problem !== undefined) return { ...NO_REGISTRIES, broken: parsed.problem }
  const { table } = parsed
  const problems: string[] = []
  const entries = [...secondVersion(table, file, problems), ...firstVersion(table, file, problems)]
  const aliases = readAliases(table, file, problems)
  const search = listOf(table, 'unqualified-search-registries', problems)
  const helpers = listOf(table, 'credential-helpers', problems)
  return { entries, aliases, ...(search && { search }), ...(helpers && { helpers }), problems }
}

function listOf(table: Table, name: string, problems: string[]): readonly string[] | undefined {
  const value = table.get(name)
  const list = textsOf(value)
  if (value !== undefined && list === undefined) problems.push(`"${name}" is no list of texts`)
  return list
}

function secondVersion(table: Table, file: string, problems: string[]): readonly RegistryEntry[] {
  const tables = tablesOf(table.get('registry'), '[[registry]]', problems)
  return tables.flatMap((registry) => {
    const entry = readEntry(registry, file, problems)
    return entry === undefined ? [] : [entry]
  })
}

/** An array of tables, its wrong members left out and said. */
function tablesOf(value: unknown, what: string, problems: string[]): readonly Table[] {
  if (value === undefined) return []
  if (!Array.isArray(value)) {
    problems.push(`${what} is no array of tables`)
    return []
  }
  if (value.length > MOST_ENTRIES) problems.push(`only ${MOST_ENTRIES} of ${value.length} tables of ${what} are read`)
  return value.slice(0, MOST_ENTRIES).flatMap((member) => {
    const found = tableOf(member)
    if (found === undefined) problems.push(`a member of ${what} is no table`)
    return found === undefined ? [] : [found]
  })
}

function readEntry(registry: Table, file: string, problems: string[]): RegistryEntry | undefined {
  const read = (name: string): string | undefined => readLocation(registry, name, problems)
  const location = read('location')
  const prefix = read('prefix') ?? location
  if (prefix === undefined) {
    problems.push('a [[registry]] has neither prefix nor location')
    return undefined
  }
  const wildcard = prefix.startsWith('*.')
  if (prefix.includes('*') && !(wildcard && /^\*\.[^*/:@]+$/.test(prefix))) {
    problems.push(`the prefix ${quoted(prefix)} has a wildcard where none is allowed`)
    return undefined
  }
  if (location === undefined && !wildcard)
    problems.push(`the [[registry]] ${quoted(prefix)} has no location: its prefix is taken`)
  const flag = (name: string): boolean | undefined => readFlag(registry, name, prefix, problems)
  const insecure = flag('insecure')
  return {
    prefix,
    ...(location !== undefined && !location.startsWith('*.') && { location }),
    ...(insecure !== undefined && { insecure }),
    blocked: flag('blocked') ?? false,
    mirrors: readMirrors(registry, prefix, flag('mirror-by-digest-only') ?? false, problems),
    file,
  }
}

function readMirrors(
  registry: Table,
  prefix: string,
  byDigest: boolean,
  problems: string[],
): readonly RegistryMirror[] {
  return tablesOf(registry.get('mirror'), `[[registry.mirror]] of ${quoted(prefix)}`, problems).flatMap((mirror) => {
    const location = readLocation(mirror, 'location', problems)
    if (location === undefined) {
      problems.push(`a mirror of ${quoted(prefix)} has no location`)
      return []
    }
    const insecure = readFlag(mirror, 'insecure', location, problems) ?? false
    const from = mirror.get('pull-from-mirror') ?? ''
    const answers = typeof from === 'string' ? PULL_FROM.get(from) : undefined
    if (answers === undefined)
      problems.push(`"pull-from-mirror" of ${quoted(location)} is none of all, digest-only, tag-only`)
    return [{ location, insecure, answers: byDigest ? ('digests' as const) : (answers ?? 'all') }]
  })
}

function readFlag(table: Table, name: string, of: string, problems: string[]): boolean | undefined {
  const value = table.get(name)
  if (typeof value === 'boolean' || value === undefined) return value
  problems.push(`"${name}" of ${quoted(of)} is neither true nor false`)
  return undefined
}

/** A location or prefix: no scheme, no slash at its end. */
function readLocation(table: Table, name: string, problems: string[]): string | undefined {
  const value = table.get(name)
  if (value === undefined || value === '') return undefined
  if (typeof value !== 'string') {
    problems.push(`a "${name}" is no text`)
    return undefined
  }
  if (/^[a-z]+:\/\//i.test(value)) {
    problems.push(`the ${name} ${quoted(value.replace(/\/\/[^/@]*@/, '//'))} has a scheme: it is host[:port][/path]`)
    return undefined
  }
  let end = value.length
  while (value[end - 1] === '/') end--
  return end === 0 ? undefined : value.slice(0, end)
}

/** Version 1: lists of registries that are searched, insecure or blocked. */
function firstVersion(table: Table, file: string, problems: string[]): readonly RegistryEntry[] {
  const old = tableOf(table.get('registries'))
  if (old === undefined) return []
  const named = (name: string): readonly string[] => {
    const list = tableOf(old.get(name))
    return list === undefined ? [] : (listOf(list, 'registries', problems) ?? [])
  }
  const blocked = new Set(named('block'))
  const insecure = new Set(named('insecure'))
  return [...new Set([...blocked, ...insecure])].map((location) => ({
    prefix: location,
    location,
    insecure: insecure.has(location),
    blocked: blocked.has(location),
    mirrors: [],
    file,
  }))
}

function readAliases(table: Table, file: string, problems: string[]): RegistriesConf['aliases'] {
  const aliases = new Map<string, { readonly name: string; readonly file: string }>()
  const stated = table.get('aliases')
  if (stated === undefined) return aliases
  const found = tableOf(stated)
  if (found === undefined) problems.push('"aliases" is no table')
  for (const [short, name] of found ?? []) {
    if (typeof name === 'string') aliases.set(short, { name, file })
    else problems.push(`the alias ${quoted(short)} is no text`)
  }
  return aliases
}

/** Several files as one: a later table takes the place of one with the same prefix, later lists of earlier ones. */
export function mergeRegistriesConf(files: readonly RegistriesConf[]): RegistriesConf {
  const entries = new Map<string, RegistryEntry>()
  const aliases = new Map<string, { readonly name: string; readonly file: string }>()
  for (const conf of files) {
    for (const entry of conf.entries) entries.set(entry.prefix, entry)
    for (const [short, alias] of conf.aliases) {
      if (alias.name === '') aliases.delete(short)
      else aliases.set(short, alias)
    }
  }
  const search = files.findLast((conf) => conf.search !== undefined)?.search
  const helpers = files.findLast((conf) => conf.helpers !== undefined)?.helpers
  return {
    entries: [...entries.values()],
    aliases,
    ...(search && { search }),
    ...(helpers && { helpers }),
    problems: files.flatMap(({ problems }) => problems),
  }
}

/** The table whose prefix matches most of a full name (`host/path[:tag][@digest]`). */
export function findRegistry(entries: readonly RegistryEntry[], name: string): RegistryEntry | undefined {
  let best: RegistryEntry | undefined
  for (const entry of entries) {
    if (matchedLength(entry.prefix, name) === undefined) continue
    if (best === undefined || entry.prefix.length > best.prefix.length) best = entry
  }
  return best
}

/** How much of a name a prefix matches: all of the host for a wildcard. Undefined when it does not match. */
function matchedLength(prefix: string, name: string): number | undefined {
  if (prefix.startsWith('*.')) {
    const host = /^[^/:]*/.exec(name)?.[0] ?? ''
    return host.endsWith(prefix.slice(1)) && host.length > prefix.length - 1 ? host.length : undefined
  }
  if (!name.startsWith(prefix)) return undefined
  // A prefix without port matches every port too: podman does so.
  return name.length === prefix.length || '/:@'.includes(name[prefix.length]) ? prefix.length : undefined
}

/** The name with a location in the place of the prefix that matched it. */
export function relocated(name: string, prefix: string, location: string | undefined): string {
  return location === undefined ? name : `${location}${name.slice(matchedLength(prefix, name) ?? 0)}`
}
