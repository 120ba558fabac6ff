import type { Diagnostic } from '../../model/diagnostic.ts'
import type { Digest } from '../../model/digest.ts'
import type { ReadResult } from '../../reading/index.ts'

/** A package that a lockfile names. */
export interface LockedPackage {
  readonly kind: 'locked'
  readonly name: string
  /** As resolved; for a git or URL dependency of a version 1 file of npm its commit or address. */
  readonly version: string
  readonly lines?: readonly [number, number]
  readonly hashes: readonly Digest[]
  /** Asked for by the project itself; undefined where the file does not say (npm's version 1, Yarn 1). */
  readonly direct?: boolean
  /** Asked for by the top level, as far as the place tells: of use with the project's `package.json`. */
  readonly top: boolean
  /** Needed for development only; undefined where the file does not say (Yarn). */
  readonly development?: boolean
  /** Where it came from, when not from a registry by name: `git+ssh://…#commit`, `file:…`, a URL. */
  readonly origin?: string
  /** Facts of this file that it depends on, by position. */
  readonly dependsOn: readonly number[]
  /** Requirements that this package answers, as Yarn writes them: `name@^1.0.0`. Who asks for them stands in `package.json`. */
  readonly answers?: readonly string[]
  /** Where it is published, when not at npm's registry. */
  readonly registry?: 'jsr' | 'deno.land'
}

/** No facts, and why: a lockfile that cannot be used as a whole. `tool` names whose it is. */
export function refusedLock(tool: string, path: string, problem: string): ReadResult<LockedPackage> {
  const message = `the lockfile of ${tool} could not be read: ${problem}`
  return { facts: [], diagnostics: [lockProblem(path, message)] }
}

function lockProblem(path: string, message: string): Diagnostic {
  return { code: 'npm-lockfile-unreadable', message, path, effect: 'partial' }
}

/** Everything that can be reached from `roots` over edges given by position, themselves included. Needs no stack, and ends on circles. */
export function reachable(
  roots: Iterable<number>,
  edges: (position: number) => readonly number[] | undefined,
): Set<number> {
  const found = new Set(roots)
  const waiting = [...found]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    for (const target of edges(next) ?? []) {
      if (found.has(target)) continue
      found.add(target)
      waiting.push(target)
    }
  }
  return found
}

/** An entry of a lockfile before entries of one package are put together; `key` is what others call it by. */
export interface NamedEntry extends Omit<LockedPackage, 'dependsOn' | 'kind' | 'top'> {
  readonly key: string
  /** Keys of what it depends on; those that no entry has are left out. */
  readonly needs: readonly string[]
}

const MAX_EDGES = 2_000_000

/** Facts of entries: entries of one name, version and origin (a package beside other peers, or patched) are one. */
export function lockedPackages(entries: readonly NamedEntry[]): LockedPackage[] {
  const positions = new Map<string, number>()
  const byKey = new Map<string, number>()
  const groups: NamedEntry[][] = []
  for (const entry of entries) {
    const identity = `${entry.name}\0${entry.version}\0${entry.origin ?? ''}\0${entry.registry ?? ''}`
    const position = positions.get(identity) ?? groups.length
    positions.set(identity, position)
    byKey.set(entry.key, position)
    if (position === groups.length) groups.push([entry])
    else groups[position].push(entry)
  }
  let edges = 0
  return groups.map((group, index) => {
    const targets = new Set<number>()
    for (const key of group.flatMap(({ needs }) => needs)) {
      const target = byKey.get(key)
      if (target !== undefined && target !== index && edges++ < MAX_EDGES) targets.add(target)
    }
    return { ...joined(group), dependsOn: [...targets] }
  })
}

function joined(group: readonly NamedEntry[]): Omit<LockedPackage, 'dependsOn'> {
  const [{ key: _key, needs: _needs, ...first }] = group
  if (group.length === 1) return { kind: 'locked', top: false, ...first }
  const said = <Value>(pick: (entry: NamedEntry) => Value | undefined) =>
    group.map(pick).filter((value) => value !== undefined)
  const direct = said((entry) => entry.direct)
  const development = said((entry) => entry.development)
  const answers = group.flatMap((entry) => entry.answers ?? [])
  return {
    kind: 'locked',
    top: false,
    ...first,
    hashes: [...new Set(group.flatMap((entry) => entry.hashes))],
    ...(direct.length > 0 && { direct: direct.includes(true) }),
    ...(development.length > 0 && { development: !development.includes(false) }),
    ...(answers.length > 0 && { answers }),
  }
}
