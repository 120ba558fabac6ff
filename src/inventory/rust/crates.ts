import type { Digest } from '../../model/digest.ts'

/** The crates that one file names. */
export interface CratesFact {
  readonly kind: 'lock' | 'manifest' | 'auditable'
  readonly crates: readonly Crate[]
}

/** One crate of a file. */
export interface Crate {
  readonly name: string
  readonly version: string
  readonly hash?: Digest
  readonly direct?: boolean
  readonly scope?: 'runtime' | 'development'
  readonly lines?: readonly [number, number]
  /** The version is the least that a range allows. */
  readonly ranged?: boolean
  /** Crates of this file that it depends on, by position. */
  readonly dependsOn: readonly number[]
}
