import type { Digest } from '../../model/digest.ts'

/** An installed distribution, as its metadata says. */
export interface Distribution {
  readonly kind: 'installed'
  readonly name: string
  readonly version: string
  readonly licence?: string
  readonly author?: string
  /** Names of what it needs without extras, as written. */
  readonly needs: readonly string[]
  /** Where in an archive its metadata lies. */
  readonly inside?: string
}

/** A package that a lockfile names. */
export interface LockedDistribution {
  readonly kind: 'locked'
  readonly name: string
  readonly version: string
  readonly hashes: readonly Digest[]
  readonly direct?: boolean
  readonly scope?: Scope
  readonly lines?: readonly [number, number]
  /** Names of what it needs. */
  readonly needs: readonly string[]
}

/** A package that a list of requirements or a project's manifest asks for. */
export interface AskedDistribution {
  readonly kind: 'asked'
  readonly by: 'list' | 'manifest'
  readonly name: string
  /** Undefined where any will do. */
  readonly version?: string
  /** Whether the version is only the least that is allowed. */
  readonly ranged: boolean
  readonly hashes: readonly Digest[]
  readonly scope?: Scope
  readonly lines?: readonly [number, number]
  /** Who asks for it, where a tool that wrote the list says so: names of packages; undefined for nobody but the project itself. */
  readonly via?: readonly (string | undefined)[]
}

/** Another list that a list of requirements takes in, or whose versions hold for it. */
export interface Include {
  readonly kind: 'include'
  /** As written: relative to the folder of the list. */
  readonly path: string
  readonly constrains: boolean
  readonly line: number
}

/** A project's manifest; what it asks for follows. */
export interface Project {
  readonly kind: 'project'
  readonly name?: string
}

export type PythonFact = Distribution | LockedDistribution | AskedDistribution | Include | Project

export type Scope = 'runtime' | 'development'

/** Whether a file, an extra or a group is called as those that only developers need. */
export function isDevelopmentName(name: string): boolean {
  return /(?:^|[._/-])(?:dev|develop|development|tests?|testing|lint|docs?|typing)(?=[._/-]|$)/i.test(name)
}
