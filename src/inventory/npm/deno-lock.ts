import type { Digest } from '../../model/digest.ts'
import type { FileBytes, ReadResult } from '../../reading/index.ts'
import { asObject, type JsonObject, member, objectLines, parseJsonObject, textMember } from '../json-document.ts'
import { RecordProblems } from '../record-problems.ts'
import { quoted, refuseIdentity } from '../recorded-text.ts'
import { integrityDigests } from './integrity.ts'
import { type LockedPackage, lockedPackages, type NamedEntry, refusedLock } from './locked-package.ts'
import { specifiedPackage } from './specifier.ts'

const MAX_PACKAGES = 500_000
const LINE_DEPTH = 4

/**
 * The packages of a `deno.lock` of version 2 to 5 (https://github.com/denoland/deno_lockfile): those of npm and JSR, and the addresses
 * of modules whose path names a package. What is needed for development only Deno does not know.
 */
export function readDenoLock(file: FileBytes): ReadResult<LockedPackage> {
  const parsed = parseJsonObject(file.bytes)
  if ('problem' in parsed) return refusedLock('Deno', file.path, parsed.problem)
  const lock = parsed.object
  if (textMember(lock, 'version') === undefined) return refusedLock('Deno', file.path, 'it states no version')
  const problems = new RecordProblems('npm-lockfile-entry-refused', file.path)
  const lines = objectLines(file.bytes, LINE_DEPTH)
  const home = homeOf(lock)
  const specifiers = specifiersOf(home.specifiers)
  const only = onlyKeys(home)
  const direct = directOf(lock, specifiers)
  const entries = (['npm', 'jsr'] as const).flatMap((registry) => {
    const listed = home[registry].object
    return Object.keys(listed)
      .slice(0, MAX_PACKAGES)
      .flatMap((key): NamedEntry[] => {
        const { name, version } = splitKey(key)
        const problem = refuseIdentity(name, version)
        const object = asObject(listed[key])
        if (problem !== undefined || object === undefined) {
          problems.add(`${quoted(key)} in the lockfile of Deno ${problem ?? 'is no package'}`)
          return []
        }
        const at = lines.get([...home[registry].path, key].join('\0'))
        const isDirect = direct && { direct: direct.has(`${registry}:${key}`) }
        const needs = needsOf(object, registry, home, specifiers, only)
        return [
          {
            key: `${registry}:${key}`,
            name: registry === 'jsr' ? name.replace(/^@/, '') : name,
            version,
            hashes: digestsOf(textMember(object, 'integrity')),
            ...(registry === 'jsr' && { registry }),
            ...(at && { lines: at }),
            ...isDirect,
            needs,
          },
        ]
      })
  })
  return { facts: lockedPackages([...entries, ...remoteEntries(lock)]), diagnostics: problems.diagnostics() }
}

interface Home {
  readonly specifiers: JsonObject
  readonly npm: { readonly object: JsonObject; readonly path: readonly string[] }
  readonly jsr: { readonly object: JsonObject; readonly path: readonly string[] }
}

/** Where the lists stand: at the top (4, 5), in `packages` (3), or those of npm in `npm` (2). */
function homeOf(lock: JsonObject): Home {
  const packages = asObject(member(lock, 'packages'))
  const older = asObject(asObject(member(lock, 'npm'))?.packages)
  const outer = packages ?? lock
  const list = (name: string) => asObject(member(outer, name)) ?? {}
  const path = packages ? ['packages'] : []
  const isSecond = older !== undefined && packages === undefined
  return {
    specifiers: isSecond ? (asObject(asObject(member(lock, 'npm'))?.specifiers) ?? {}) : list('specifiers'),
    npm: isSecond ? { object: older, path: ['npm', 'packages'] } : { object: list('npm'), path: [...path, 'npm'] },
    jsr: { object: list('jsr'), path: [...path, 'jsr'] },
  }
}

/** `@scope/name@1.0.0_react@18.0.0`: behind the underscore stand peers. */
function splitKey(key: string): { readonly name: string; readonly version: string } {
  const at = key.indexOf('@', 1)
  if (at < 0) return { name: key, version: '' }
  return { name: key.slice(0, at), version: key.slice(at + 1).replace(/_.*$/, '') }
}

/** `npm:chalk@5` to `npm:chalk@5.3.0`, in whatever way the version says it. */
function specifiersOf(object: JsonObject): Map<string, string> {
  const found = new Map<string, string>()
  for (const asked of Object.keys(object).slice(0, MAX_PACKAGES)) {
    const value = object[asked]
    if (typeof value !== 'string') continue
    // Version 2 has no scheme in front, version 3 has both whole, 4 and 5 only the version on the right.
    const scheme = /^(npm|jsr):/.test(asked) ? '' : 'npm:'
    const whole = `${scheme}${asked}`
    const name = whole.slice(0, Math.max(whole.indexOf('@', whole.indexOf(':') + 2), 0)) || whole
    found.set(whole, /^(npm|jsr):/.test(value) ? value : /^@?[^@]+@/.test(value) ? `npm:${value}` : `${name}@${value}`)
  }
  return found
}

/** Keys that the workspace asks for; undefined where the file does not list that. */
function directOf(lock: JsonObject, specifiers: ReadonlyMap<string, string>): Set<string> | undefined {
  const workspace = asObject(member(lock, 'workspace'))
  if (workspace === undefined) return undefined
  const members = asObject(member(workspace, 'members')) ?? {}
  const all = [workspace, ...Object.keys(members).map((key) => asObject(members[key]))]
  const lists = all.flatMap((one) => [
    member(one ?? {}, 'dependencies'),
    member(asObject(member(one ?? {}, 'packageJson')) ?? {}, 'dependencies'),
  ])
  const asked = lists.flatMap((list) => (Array.isArray(list) ? list.filter((item) => typeof item === 'string') : []))
  return new Set(asked.map((text) => specifiers.get(text) ?? text))
}

/** Keys of what an entry depends on: `name`, `name@1.0.0`, `jsr:@scope/name@^1`, or by the name that it gives it. */
function needsOf(
  object: JsonObject,
  registry: 'npm' | 'jsr',
  home: Home,
  specifiers: ReadonlyMap<string, string>,
  only: ReadonlyMap<string, string>,
) {
  const value = member(object, 'dependencies')
  const listed = Array.isArray(value) ? value : Object.values(asObject(value) ?? {})
  const optional = member(object, 'optionalDependencies')
  const texts = [...listed, ...(Array.isArray(optional) ? optional : [])].filter((item) => typeof item === 'string')
  return texts.flatMap((text) => {
    if (registry === 'jsr') return specifiers.get(text) ?? only.get(text) ?? []
    const target = /@npm:(.+)$/.exec(text)?.[1] ?? text
    return Object.hasOwn(home.npm.object, target) ? `npm:${target}` : (only.get(`npm:${target}`) ?? [])
  })
}

/** Keys by the names of packages of which there is one only: Deno leaves out its version then. */
function onlyKeys(home: Pick<Home, 'npm' | 'jsr'>): Map<string, string> {
  const found = new Map<string, string | undefined>()
  for (const registry of ['npm', 'jsr'] as const) {
    for (const key of Object.keys(home[registry].object)) {
      const name = `${registry}:${splitKey(key).name}`
      found.set(name, found.has(name) ? undefined : `${registry}:${key}`)
    }
  }
  return new Map([...found].flatMap(([name, key]) => (key === undefined ? [] : [[name, key] as const])))
}

/** JSR's are SHA-256 in hexadecimal, those of npm as npm writes them. */
function digestsOf(integrity: string | undefined): Digest[] {
  if (integrity !== undefined && /^[0-9a-f]{64}$/.test(integrity)) return [`sha256:${integrity}`]
  return integrityDigests(integrity)
}

/** Packages whose modules are loaded by address, each once. */
function remoteEntries(lock: JsonObject): NamedEntry[] {
  const entries = new Map<string, NamedEntry>()
  for (const url of Object.keys(asObject(member(lock, 'remote')) ?? {}).slice(0, MAX_PACKAGES)) {
    const specified = specifiedPackage(url)
    if (specified === undefined || !/^\d/.test(specified.range)) continue
    const { name, range, registry } = specified
    const key = `${registry ?? 'remote'}:${name}@${range}`
    entries.set(key, { key, name, version: range, hashes: [], ...(registry && { registry }), needs: [] })
  }
  return [...entries.values()]
}
