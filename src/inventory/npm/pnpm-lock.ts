import type { FileBytes, ReadResult } from '../../reading/index.ts'
import { decodeText, linesOf } from '../documents/text.ts'
import { parseYaml } from '../documents/yaml.ts'
import { asObject, type JsonObject, member, textMember } from '../json-document.ts'
import { RecordProblems } from '../record-problems.ts'
import { quoted, refuseIdentity } from '../recorded-text.ts'
import { integrityDigests } from './integrity.ts'
import { type LockedPackage, lockedPackages, type NamedEntry, reachable, refusedLock } from './locked-package.ts'

const MAX_PACKAGES = 500_000
const NEEDED = ['dependencies', 'optionalDependencies']
const TOOL = 'pnpm'

/**
 * The packages of a `pnpm-lock.yaml` of version 5 to 9 (https://github.com/pnpm/spec/tree/master/lockfile). A package that is there once for
 * each set of peers is one. Workspaces, links and folders without a name are none.
 */
export function readPnpmLock(file: FileBytes): ReadResult<LockedPackage> {
  const parsed = parseYaml(file.bytes, { asText: true })
  if ('problem' in parsed) return refusedLock(TOOL, file.path, parsed.problem)
  // Before the lockfile, pnpm 10 and later may keep one of itself and its configuration, as a document of its own.
  const locks = parsed.documents.map(({ value }) => asObject(value)).filter((lock) => lock !== undefined)
  if (locks.every((lock) => member(lock, 'lockfileVersion') === undefined))
    return refusedLock(TOOL, file.path, 'it states no lockfileVersion')
  const problems = new RecordProblems('npm-lockfile-entry-refused', file.path)
  const lines = packageLines(file.bytes)
  const facts = lockedPackages(locks.flatMap((lock) => entriesOf(lock, lines, problems)))
  return { facts, diagnostics: problems.diagnostics() }
}

/** The entries of one document, with who asks for them. */
function entriesOf(lock: JsonObject, lines: Map<string, [number, number]>, problems: RecordProblems): NamedEntry[] {
  const packages = asObject(member(lock, 'packages')) ?? {}
  // Since version 9 what a package is and what it depends on stand apart: the second once for each set of peers.
  const snapshots = asObject(member(lock, 'snapshots')) ?? packages
  const keys = [...new Set([...Object.keys(snapshots), ...Object.keys(packages)])].slice(0, MAX_PACKAGES)
  const known = new Set(keys)
  const needs = keys.map((key) => targetsOf(asObject(member(snapshots, key)), NEEDED, known))
  const asked = askedFor(lock, keys, needs, known)
  return keys.flatMap((key, index) => {
    const own = packages === snapshots ? key : withoutPeers(key)
    const object = asObject(member(packages, own)) ?? asObject(member(packages, key)) ?? {}
    const identity = identityOf(own, object)
    if (identity === 'folder') return []
    const problem = identity === undefined ? 'is no path of a package' : refuseIdentity(identity.name, identity.version)
    if (identity === undefined || problem !== undefined) {
      problems.add(`${quoted(key)} in the lockfile of pnpm ${problem}`)
      return []
    }
    const resolution = asObject(member(object, 'resolution')) ?? {}
    const dev = textMember(object, 'dev')
    const development = asked.development.has(key) ? true : asked.runtime.has(key) ? false : undefined
    const stated = dev === undefined ? development : dev === 'true'
    return [
      {
        key,
        ...identity,
        hashes: integrityDigests(textMember(resolution, 'integrity')),
        ...originOf(resolution),
        ...(lines.has(own) && { lines: lines.get(own) }),
        direct: asked.direct.has(key),
        ...(stated !== undefined && { development: stated }),
        needs: needs[index],
      },
    ]
  })
}

/** What the project and its workspaces ask for: keys, directly and by way of others; `development` is without what runs need too. */
function askedFor(lock: JsonObject, keys: readonly string[], needs: readonly string[][], known: ReadonlySet<string>) {
  const importers = asObject(member(lock, 'importers')) ?? {}
  const projects = [lock, ...Object.keys(importers).map((key) => asObject(member(importers, key)))]
  const runtime = projects.flatMap((project) => targetsOf(project, NEEDED, known))
  const development = projects.flatMap((project) => targetsOf(project, ['devDependencies'], known))
  const positions = new Map(keys.map((key, index) => [key, index]))
  const edges = needs.map((targets) => targets.map((target) => positions.get(target) ?? -1))
  const reached = (roots: readonly string[]) =>
    new Set(
      [
        ...reachable(
          roots.map((root) => positions.get(root) ?? -1),
          (at) => edges[at],
        ),
      ].map((at) => keys[at]),
    )
  const whenRun = reached(runtime)
  return {
    direct: new Set([...runtime, ...development]),
    runtime: whenRun,
    development: new Set([...reached(development)].filter((key) => !whenRun.has(key))),
  }
}

/** Keys of what the lists of an entry or a project name: `name: 1.0.0`, `name: {specifier, version}`, and aliases by their whole key. */
function targetsOf(object: JsonObject | undefined, lists: readonly string[], known: ReadonlySet<string>): string[] {
  return lists.flatMap((list) => {
    const named = asObject(object && member(object, list)) ?? {}
    return Object.keys(named).flatMap((name) => {
      const value = named[name]
      const version = typeof value === 'string' ? value : textMember(asObject(value) ?? {}, 'version')
      if (version === undefined) return []
      const forms = [`${name}@${version}`, `/${name}@${version}`, `/${name}/${version}`, version]
      return forms.find((form) => known.has(form)) ?? []
    })
  })
}

/** `name@1.0.0(react@18.0.0)(patch_hash=x)` without what stands in brackets. */
function withoutPeers(key: string): string {
  const cut = key.indexOf('(')
  return cut < 0 ? key : key.slice(0, cut)
}

/** Name and version of a key and its entry; `folder` for a folder of the project without both, undefined for what is no key. */
function identityOf(
  key: string,
  object: JsonObject,
): { readonly name: string; readonly version: string } | 'folder' | undefined {
  const stated = { name: textMember(object, 'name'), version: textMember(object, 'version') }
  const path = withoutPeers(key)
  const fromKey = registryIdentity(path)
  // Of what comes from elsewhere the version stands in the entry, and the key has an address.
  const name = stated.name ?? fromKey?.name
  const version = stated.version ?? fromKey?.version
  if (name !== undefined && version !== undefined) return { name, version }
  return /^(?:file|link):/.test(path) || /^(?:file|link):/.test(version ?? '') ? 'folder' : undefined
}

/** `/@s/name/1.0.0_peers`, `/@s/name@1.0.0`, `@s/name@1.0.0`, `registry.example/@s/name/1.0.0`. */
function registryIdentity(path: string): { readonly name: string; readonly version: string } | undefined {
  const slashed = /^(?:[^/@]+\.[^/@]+(?::\d+)?)?\/((?:@[^/@]+\/)?[^/@]+)\/(\d[^/_]*)(?:_.*)?$/.exec(path)
  const match = slashed ?? /^\/?((?:@[^/@]+\/)?[^/@]+)@([^@].*)$/.exec(path)
  if (match === null) return undefined
  const [, name, rest] = match
  if (slashed !== null || !path.startsWith('/')) return isLocalRange(rest) ? undefined : { name, version: rest }
  return { name, version: rest.replace(/_.*$/, '') }
}

function isLocalRange(text: string): boolean {
  return /^(?:file|link):/.test(text)
}

function originOf(resolution: JsonObject): { readonly origin?: string } {
  const repository = textMember(resolution, 'repo')
  const commit = textMember(resolution, 'commit')
  if (repository !== undefined) {
    const address = repository.startsWith('git') ? repository : `git+${repository}`
    return { origin: commit === undefined ? address : `${address}#${commit}` }
  }
  const tarball = textMember(resolution, 'tarball')
  // Registries that keep archives at odd places have their address here too, with an integrity.
  return tarball === undefined || textMember(resolution, 'integrity') !== undefined ? {} : { origin: tarball }
}

/** First and last line of each entry of `packages`, which pnpm writes two spaces deep; one pass, as the parser's own search is slow. */
function packageLines(bytes: Uint8Array): Map<string, [number, number]> {
  const lines = new Map<string, [number, number]>()
  let isInside = false
  let open: [number, number] | undefined
  for (const [index, line] of linesOf(decodeText(bytes)).entries()) {
    if (/^\S/.test(line)) {
      isInside = line.startsWith('packages:')
      open = undefined
    }
    if (!isInside || line.trim() === '') continue
    const key = /^ {2}(?! |#)(?:'((?:[^']|'')+)'|"([^"]+)"|([^'"].*?)):(?: \{\})?\s*$/.exec(line)
    if (key !== null) {
      open = [index + 1, index + 1]
      lines.set(key[1]?.replaceAll("''", "'") ?? key[2] ?? key[3], open)
    } else if (open !== undefined) open[1] = index + 1
  }
  return lines
}
