import type { Diagnostic } from './diagnostic.ts'
import type { Finding } from './finding.ts'
import type { Inventory } from './inventory.ts'

/** What the advisories behind an answer were. */
export interface AdvisoriesUsed {
  /** Identity of the database: the same id gives the same findings. */
  readonly id: string
  readonly from: string
  /** ISO time of the newest record: the age that is shown. */
  readonly newestRecordAt: string
  /** ISO time of the last successful check for updates. */
  readonly checkedAt: string
  /** What a user should know about them, one line each. */
  readonly warnings: readonly string[]
}

/** Findings that a filter left out of the answer, by the filter's flag. */
export interface LeftOut {
  readonly filter: string
  readonly count: number
  /** Of these, how many have no known severity: a severity filter hides them too, and says so. */
  readonly unknownSeverity: number
}

/** Findings of one package that are settled alike and shown as one line: a package that carries only kernel headers. */
export interface CollapsedFindings {
  /** Id of the component. */
  readonly component: string
  readonly name: string
  readonly version: string
  /** Findings with disposition `not-affected` about this component. */
  readonly count: number
  /** `not affected: vulnerable code not present`. */
  readonly statement: string
}

/** The answer of one scan: what is in the target and what is known against it. The versioned JSON report is made from it. */
export interface ScanResult {
  readonly inventory: Inventory
  /** After filters, in the order in which a person would work; suppressed ones with their disposition. */
  readonly findings: readonly Finding[]
  readonly leftOut: readonly LeftOut[]
  readonly collapsed: readonly CollapsedFindings[]
  /** Inventory's diagnostics and those of matching. */
  readonly diagnostics: readonly Diagnostic[]
  readonly advisories?: AdvisoriesUsed
  /** What was asked and what was not: an unasked question never reads as clean. */
  readonly scanners: { readonly ran: readonly string[]; readonly notRun: readonly string[] }
  /** True when no diagnostic is blind. */
  readonly complete: boolean
  /** True when no diagnostic is blind or partial. */
  readonly whole: boolean
  readonly layers: { readonly total: number; readonly known: number }
  readonly startedAt: string
  readonly durationMs: number
}
