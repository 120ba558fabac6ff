import type { FileBytes, ReadResult } from '../../reading/index.ts'
import { decodeText, linesOf } from '../documents/text.ts'
import { asObject, type JsonObject, member } from '../json-document.ts'
import { RecordProblems } from '../record-problems.ts'
import { quoted, refuseIdentity } from '../recorded-text.ts'
import { integrityDigests } from './integrity.ts'
import { parseJsoncObject } from './jsonc.ts'
import { namesIn } from './lock-places.ts'
import { type LockedPackage, lockedPackages, reachable, refusedLock } from './locked-package.ts'

const MAX_PACKAGES = 500_000
const NEEDED = ['dependencies', 'optionalDependencies', 'peerDependencies']

/**
 * The packages of a `bun.lock` (https://bun.sh/docs/install/lockfile): JSON with commas behind last entries, in which every package is a list:
 * `["name@1.0.0", registry, {dependencies}, integrity]`, by the place where it is found: `name`, `parent/name`. Workspaces, links and
 * folders are the project's own code, and none.
 */
export function readBunLock(file: FileBytes): ReadResult<LockedPackage> {
  const parsed = parseJsoncObject(file.bytes)
  if ('problem' in parsed) return refusedLock('Bun', file.path, parsed.problem)
  const packages = asObject(member(parsed.object, 'packages'))
  const workspaces = asObject(member(parsed.object, 'workspaces'))
  if (packages === undefined && workspaces === undefined)
    return refusedLock('Bun', file.path, 'it has neither workspaces nor packages')
  const problems = new RecordProblems('npm-lockfile-entry-refused', file.path)
  const places = placesOf(packages ?? {})
  const positions = new Map(places.map(({ place }, index) => [place, index]))
  const needs = places.map(({ place, details }) => targets(place, namesIn(details, NEEDED), positions))
  const asked = askedFor(workspaces ?? {}, positions, needs)
  const lines = placeLines(file.bytes)
  const named = places.flatMap(({ place, text, integrity }, index) => {
    const identity = identityOf(text)
    if (identity === undefined) return []
    const problem = refuseIdentity(identity.name, identity.version)
    if (problem !== undefined) {
      problems.add(`${quoted(place)} in the lockfile of Bun ${problem}`)
      return []
    }
    const line = lines.get(place)
    const isReached = asked.runtime.has(index) || asked.development.has(index)
    return [
      {
        key: place,
        ...identity,
        hashes: integrityDigests(integrity),
        ...(line !== undefined && { lines: [line, line] as const }),
        direct: asked.direct.has(index),
        ...(isReached && { development: !asked.runtime.has(index) }),
        needs: needs[index].map((target) => places[target].place),
      },
    ]
  })
  const shapeless = Object.keys(packages ?? {}).length - places.length
  if (shapeless > 0) problems.add(`${shapeless} entries of the lockfile of Bun are no packages`)
  return { facts: lockedPackages(named), diagnostics: problems.diagnostics() }
}

interface Place {
  readonly place: string
  /** `name@1.0.0`, `name@workspace:packages/own`. */
  readonly text: string
  readonly details: JsonObject | undefined
  readonly integrity: string | undefined
}

function placesOf(packages: JsonObject): Place[] {
  return Object.keys(packages)
    .slice(0, MAX_PACKAGES)
    .flatMap((place): Place[] => {
      const list = packages[place]
      if (!Array.isArray(list) || typeof list[0] !== 'string') return []
      const details = list
        .slice(1, 4)
        .map(asObject)
        .find((object) => object !== undefined)
      const integrity = list.slice(1, 5).find((value) => typeof value === 'string' && /^sha\d+-/.test(value))
      return [{ place, text: list[0], details, integrity }]
    })
}

/** Undefined for the project's own code. */
function identityOf(text: string): { name: string; version: string; origin?: string } | undefined {
  const at = text.indexOf('@', 1)
  const name = at < 0 ? text : text.slice(0, at)
  const version = at < 0 ? '' : text.slice(at + 1)
  if (/^(?:workspace|file|link|root):/.test(version)) return undefined
  if (!/^(?:git|github|https?|ssh)[+:]/.test(version)) return { name, version }
  // A repository at a commit, or an archive at an address: Bun keeps no other version of it.
  const commit = /#([0-9a-f]{7,64})$/.exec(version)?.[1]
  const origin = version.replace(/^github:/, 'git+https://github.com/')
  return { name, version: commit ?? version, origin }
}

/** Positions of what a package at `place` finds under these names: beside its own dependencies first, at the top last. */
function targets(place: string, names: readonly string[], positions: ReadonlyMap<string, number>): number[] {
  const segments = place.split('/')
  const folders: string[] = []
  for (let count = Math.min(segments.length, 64); count > 0; count--) folders.push(segments.slice(0, count).join('/'))
  return names.flatMap((name) => {
    for (const folder of folders) {
      const position = positions.get(`${folder}/${name}`)
      if (position !== undefined) return [position]
    }
    return positions.get(name) ?? []
  })
}

function askedFor(workspaces: JsonObject, positions: ReadonlyMap<string, number>, needs: readonly number[][]) {
  const runtime: number[] = []
  const development: number[] = []
  for (const path of Object.keys(workspaces)) {
    const workspace = asObject(workspaces[path])
    if (workspace === undefined) continue
    const name = member(workspace, 'name')
    const place = typeof name === 'string' ? name : path
    runtime.push(...targets(place, namesIn(workspace, NEEDED), positions))
    development.push(...targets(place, namesIn(workspace, ['devDependencies']), positions))
  }
  const edges = (position: number) => needs[position]
  return {
    direct: new Set([...runtime, ...development]),
    runtime: reachable(runtime, edges),
    development: reachable(development, edges),
  }
}

/** The line of each package: Bun writes one a line. */
function placeLines(bytes: Uint8Array): Map<string, number> {
  const lines = new Map<string, number>()
  for (const [index, line] of linesOf(decodeText(bytes)).entries()) {
    const place = /^\s{1,8}"([^"\\]+)": \[/.exec(line)?.[1]
    if (place !== undefined) lines.set(place, index + 1)
  }
  return lines
}
