import type { Diagnostic } from '../../model/diagnostic.ts'
import type { Digest } from '../../model/digest.ts'
import type { FileBytes, FileReader, ReadResult } from '../../reading/index.ts'
import { type JsonObject, member, objectLines, parseJsonObject, textMember } from '../json-document.ts'
import { refuseIdentity } from '../recorded-text.ts'
import { integrityDigests } from './integrity.ts'
import { type LockEntry, placesOf, shapelessEntries } from './lock-places.ts'

/** A package that a lockfile names. */
export interface LockedPackage {
  readonly kind: 'locked'
  readonly name: string
  /** As resolved; for a git or URL dependency of a version 1 file its commit or address. */
  readonly version: string
  readonly lines?: readonly [number, number]
  readonly hashes: readonly Digest[]
  /** Asked for by the project itself; undefined where the file does not say (version 1). */
  readonly direct?: boolean
  /** Asked for by the top level, as far as the place tells: of use with the project's `package.json`. */
  readonly top: boolean
  readonly development: boolean
  /** Where it came from, when not from a registry by name: `git+ssh://…#commit`, `file:…`, a URL. */
  readonly origin?: string
  /** Facts of this file that it depends on, by position. */
  readonly dependsOn: readonly number[]
}

const MAX_LOCKFILE_BYTES = 24 * 1024 ** 2
/** Nesting of a version 1 file in which lines are looked for: two objects a level. */
const MAX_LINE_DEPTH = 64

/** Reads `package-lock.json` and `npm-shrinkwrap.json`. */
export const npmLockReader: FileReader<LockedPackage> = {
  id: 'npm-lockfile',
  version: 1,
  wants: {
    any: [{ name: 'package-lock.json' }, { name: 'npm-shrinkwrap.json' }],
    maxBytes: MAX_LOCKFILE_BYTES,
    loss: 'partial',
  },
  read: readNpmLock,
}

/**
 * The packages of a lockfile of version 1, 2 or 3 (https://docs.npmjs.com/cli/configuring-npm/package-lock-json): those of `packages` where
 * it is there, else of `dependencies`. The project itself and links to folders are none; the folders that links lead to are.
 */
export function readNpmLock(file: FileBytes): ReadResult<LockedPackage> {
  const parsed = parseJsonObject(file.bytes)
  if ('problem' in parsed) return refused(file.path, `the lockfile of npm could not be read: ${parsed.problem}`)
  const entries = placesOf(parsed.object)
  if (entries === undefined) return refused(file.path, 'the lockfile of npm has neither packages nor dependencies')
  const lines = objectLines(file.bytes, MAX_LINE_DEPTH)
  const packages = entries.map((entry) => lockedPackage(entry, lines.get(entry.lineKey)))
  const places = new Map<number, number>()
  packages.forEach((pkg, index) => {
    if (pkg !== undefined) places.set(index, places.size)
  })
  const facts = packages.flatMap((pkg): LockedPackage[] => {
    if (pkg === undefined) return []
    const dependsOn = pkg.dependsOn.map((index) => places.get(index)).filter((place) => place !== undefined)
    return [{ ...pkg, dependsOn }]
  })
  const shapeless = shapelessEntries(parsed.object)
  return { facts, diagnostics: unnamed(file.path, entries, packages, shapeless) }
}

function refused(path: string, message: string): ReadResult<LockedPackage> {
  return { facts: [], diagnostics: [{ code: 'npm-lockfile-unreadable', message, path, effect: 'partial' }] }
}

/** Entries that name a package but no version that is believed; a folder of the project without a version is its own code. */
function unnamed(
  path: string,
  entries: readonly LockEntry[],
  packages: readonly unknown[],
  shapeless: number,
): Diagnostic[] {
  const left = entries.filter(
    (entry, index) =>
      packages[index] === undefined && textMember(entry.object, 'version') !== undefined && !isLocal(entry.object),
  )
  const count = left.length + shapeless
  if (count === 0) return []
  const message = `${count} entries of the lockfile of npm have a name or version that is not believed`
  return [{ code: 'npm-lockfile-entry-refused', message, path, effect: 'partial' }]
}

function isLocal(object: JsonObject): boolean {
  return /^(file|link|workspace):/.test(textMember(object, 'version') ?? '')
}

function lockedPackage(entry: LockEntry, lines: readonly [number, number] | undefined): LockedPackage | undefined {
  const { object } = entry
  const stated = textMember(object, 'version') ?? ''
  if (isLocal(object)) return undefined
  const alias = /^npm:((?:@[^/@]+\/)?[^/@]+)@(.+)$/.exec(stated)
  const name = alias?.[1] ?? entry.name
  const isAddress = /^(?:git|https?|ssh|github|gitlab|bitbucket)[+:]/.test(stated)
  const version = alias?.[2] ?? (isAddress ? (/#([0-9a-f]{7,64})$/.exec(stated)?.[1] ?? stated) : stated)
  if (refuseIdentity(name, version) !== undefined) return undefined
  const resolved = textMember(object, 'resolved')
  const origin = isAddress ? stated : resolved !== undefined && /^(git|file:)/.test(resolved) ? resolved : undefined
  return {
    kind: 'locked',
    name,
    version,
    ...(lines && { lines }),
    hashes: integrityDigests(textMember(object, 'integrity')),
    ...(entry.direct !== undefined && { direct: entry.direct }),
    top: entry.top,
    development: member(object, 'dev') === true,
    ...(origin !== undefined && { origin }),
    dependsOn: entry.dependsOn,
  }
}
