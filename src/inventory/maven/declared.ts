import type { Component } from '../../model/component.ts'
import type { Digest } from '../../model/digest.ts'
import type { ReadResult } from '../../reading/index.ts'
import type { RecordProblems } from '../record-problems.ts'
import { quoted } from '../recorded-text.ts'
import { type Coordinates, mavenName, refuseCoordinates } from './coordinates.ts'

/** An artifact that a lock or a build file names. */
export interface DeclaredArtifact extends Coordinates {
  readonly kind: 'declared'
  readonly direct?: boolean
  readonly scope?: Component['scope']
  readonly hashes: readonly Digest[]
  readonly lines?: readonly [number, number]
  /** Artifacts of this file that it depends on, by position. */
  readonly dependsOn: readonly number[]
  readonly confidence?: number
}

/** The artifact that a file names, or nothing and a problem that says why it is not believed. */
export function declaredArtifact(
  coordinates: Coordinates,
  more: Partial<Omit<DeclaredArtifact, 'kind' | keyof Coordinates>>,
  problems: RecordProblems,
): DeclaredArtifact[] {
  const group = coordinates.group ?? ''
  const reason = refuseCoordinates({ ...coordinates, group })
  if (reason === undefined) return [{ kind: 'declared', hashes: [], dependsOn: [], ...coordinates, ...more }]
  const where = more.lines ? ` in line ${more.lines[0]}` : ''
  problems.add(`the artifact ${quoted(mavenName({ ...coordinates, group }))}${where} ${reason}`)
  return []
}

/** Nothing but why: `problem` is the end of a sentence. */
export function unreadable(code: string, path: string, what: string, problem: string): ReadResult<never> {
  const message = `${what} could not be read: ${problem}`
  return { facts: [], diagnostics: [{ code, message, path, effect: 'partial' }] }
}

/**
 * The version that a requirement asks for at the least, and whether it is exact: of a range (https://maven.apache.org/enforcer/enforcer-rules/versionRanges.html)
 * the lower bound where it is included, else the upper; of Gradle's `1.2.+` its beginning. Undefined where nothing can be said (`LATEST`, `+`).
 */
export function lowestVersion(requirement: string): { readonly version: string; readonly exact: boolean } | undefined {
  const text = requirement.trim().replace(/!!.*$/, '')
  const range = /^([[(\]])([^,[\]()]*)(?:,([^,[\]()]*))?([\])[])/.exec(text)
  if (range !== null) {
    const [, , lower, upper] = range
    if (upper === undefined) return lower.trim() === '' ? undefined : { version: lower.trim(), exact: true }
    const version = lower.trim() || upper.trim()
    return version === '' ? undefined : { version, exact: false }
  }
  if (/^(LATEST|RELEASE|latest\.\w+|\+)?$/.test(text)) return undefined
  const open = /^(\d[\w.-]*?)\.?\+$/.exec(text)
  return open ? { version: open[1], exact: false } : { version: text, exact: true }
}
