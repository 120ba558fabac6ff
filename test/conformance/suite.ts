/** One case of a suite, run. */
export interface CaseOutcome {
  /** Stable and unique in its suite: what the list of known gaps names. */
  readonly name: string
  readonly passed: boolean
  /** For a case that failed: what its project expects, and what came out, one short line each. */
  readonly expected?: string
  readonly actual?: string
}

/** One folder of the shared conformance data, and how its cases are run against Bulwark. */
export interface ConformanceSuite {
  /** The folder's name below the conformance root. */
  readonly id: string
  /**
   * Cases that do not hold, by name or by a name's prefix that ends with `*`, each with the reason. They count as skipped, not as
   * passed. The run fails when one of them passes after all (for a prefix: when all do).
   */
  readonly gaps: Readonly<Record<string, string>>
  /** Runs all cases below `folder` (`<root>/<id>`); any data of the same form, never particular cases. Must not print. */
  run(folder: string): AsyncIterable<CaseOutcome> | Iterable<CaseOutcome>
}
