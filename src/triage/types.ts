import type { Diagnostic } from '../model/diagnostic.ts'

/** One decision to live with a finding, as an exception file states it. */
export interface Exception {
  /** A name of the finding (CVE, GHSA, advisory, rule) or its id, compared without case. */
  readonly name: string
  /** Glob patterns of paths; the finding must have been seen at one of them. All when empty. */
  readonly paths: readonly string[]
  /** Package URLs; the finding's component must be one of them. All when empty. What a purl leaves out matches anything. */
  readonly purls: readonly string[]
  /** Why, as the file says; empty when it does not. */
  readonly reason: string
  /** First day on which it no longer holds, `YYYY-MM-DD`. */
  readonly until?: string
  /** Where it is written: `file:line`. */
  readonly by: string
}

/** What an exception file says. A wrong entry is left out, which can only show more findings, and a diagnostic names its line. */
export interface ExceptionFile {
  readonly exceptions: readonly Exception[]
  readonly diagnostics: readonly Diagnostic[]
}
