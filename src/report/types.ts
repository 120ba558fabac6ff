import type { ScanResult } from '../model/scan-result.ts'

/** How a report is to look. */
export interface ReportOptions {
  /** Columns that fit; at least 60. */
  readonly width: number
  readonly colour: boolean
  /** Show every finding instead of the first ones. */
  readonly allFindings: boolean
  /** Show every package, not only those with findings. */
  readonly listPackages: boolean
  /** Show findings that an exception or the vendor has settled. */
  readonly showSuppressed: boolean
  /** The program's version, as the report names it. */
  readonly version: string
  readonly now: Date
}

/** Turns the answer of a scan into text or a document. Pure. */
export interface Reporter {
  /** What `--format` calls it. */
  readonly id: string
  /** One line for `--help`. */
  readonly summary: string
  /** The whole report, ending with a line feed. */
  render(result: ScanResult, options: ReportOptions): string
}
