import type { Diagnostic } from '../../model/diagnostic.ts'
import type { FileBytes, ReadResult } from '../../reading/index.ts'
import { type JsonObject, member, objectLines, parseJsonObject, textMember } from '../json-document.ts'
import { refuseIdentity } from '../recorded-text.ts'
import { integrityDigests } from './integrity.ts'
import { type LockEntry, placesOf, shapelessEntries } from './lock-places.ts'
import { type LockedPackage, refusedLock } from './locked-package.ts'

/** Nesting of a version 1 file in which lines are looked for: two objects a level. */
const MAX_LINE_DEPTH = 64

/**
 * The packages of a lockfile of version 1, 2 or 3 (https://docs.npmjs.com/cli/configuring-npm/package-lock-json): those of `packages` where
 * it is there, else of `dependencies`. The project itself and links to folders are none; the folders that links lead to are.
 */
export function readNpmLock(file: FileBytes): ReadResult<LockedPackage> {
  const parsed = parseJsonObject(file.bytes)
  if ('problem' in parsed) return refusedLock('npm', file.path, parsed.problem)
  const entries = placesOf(parsed.object)
  if (entries === undefined) return refusedLock('npm', file.path, 'it has neither packages nor dependencies')
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
