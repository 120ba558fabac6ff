import type { Digest } from '../../model/digest.ts'

/** A package that a lockfile or a list of requirements names. */
export interface LockedDistribution {
  readonly name: string
  readonly version: string
  readonly hashes: readonly Digest[]
  readonly direct?: boolean
  readonly scope?: 'runtime' | 'development'
  readonly lines?: readonly [number, number]
  /** The version is the least that a range allows. */
  readonly ranged?: boolean
  /** Names of what it needs. */
  readonly needs: readonly string[]
}
