import type { Finding } from '../model/finding.ts'

/** Exit statuses: stable, documented in docs/scan.md. */
export const EXIT = {
  done: 0,
  /** The answer is no. */
  no: 1,
  usage: 2,
  /** Could not be done, or could not be said. */
  couldNot: 3,
  interrupted: 130,
  terminated: 143,
} as const

/** The worst of many: denied before could not be said, before findings as `--exit-code` asked, before done. */
export function worstStatus(statuses: readonly number[]): number {
  const rank = (status: number): number =>
    status === EXIT.no ? 3 : status === EXIT.couldNot ? 2 : status === EXIT.done ? 0 : 1
  return statuses.reduce((worst, status) => (rank(status) > rank(worst) ? status : worst), EXIT.done)
}

/** What decides the status of a scan that came to an answer. */
export interface ScanOutcome {
  readonly findings: readonly Finding[]
  readonly complete: boolean
  readonly whole: boolean
  /** `--exit-code`. */
  readonly exitCode: number
  /** `--exit-on-eol` of Trivy's command line. */
  readonly exitOnEndOfLife: number
  readonly allowIncomplete: boolean
  readonly strict: boolean
}

/**
 * The status of a scan that came to an answer, the first that applies: findings left after the filters, with the status asked for;
 * a blind answer 3 unless allowed; a partial one 3 when strict; else 0.
 */
export function scanStatus(outcome: ScanOutcome): number {
  const open = outcome.findings.filter((finding) => finding.disposition.state === 'open')
  if (outcome.exitOnEndOfLife !== 0 && open.some((finding) => finding.kind === 'end-of-life'))
    return outcome.exitOnEndOfLife
  if (outcome.exitCode !== 0 && open.length > 0) return outcome.exitCode
  if (!outcome.complete && !outcome.allowIncomplete) return EXIT.couldNot
  if (!outcome.whole && outcome.strict) return EXIT.couldNot
  return EXIT.done
}
