import type { Finding } from '../../model/finding.ts'
import { SEVERITIES } from '../../model/severity.ts'
import { compareText } from '../names.ts'

/** From this chance of exploitation within 30 days (EPSS) on, a finding counts as likely: about the highest-ranked twentieth. */
export const LIKELY = 0.1

/**
 * The order in which a person would work: known exploited (and malicious packages, which are an attack already) first, then likely
 * to be exploited, then by severity, what nothing loads last among equally severe ones, fixable first, the likelier first, then by
 * name, component and id. Total: two different findings never compare as equal.
 */
export function compareFindings(a: Finding, b: Finding): number {
  return (
    urgency(a) - urgency(b) ||
    SEVERITIES.indexOf(a.severity.value) - SEVERITIES.indexOf(b.severity.value) ||
    unreached(a) - unreached(b) ||
    fixable(a) - fixable(b) ||
    probability(b) - probability(a) ||
    compareText(a.names[0] ?? a.title, b.names[0] ?? b.title) ||
    compareText(a.component ?? '', b.component ?? '') ||
    compareText(a.id, b.id)
  )
}

function urgency(finding: Finding): number {
  if (finding.kind === 'malicious-package' || finding.exploit.knownSince !== undefined) return 0
  return probability(finding) >= LIKELY ? 1 : 2
}

function probability(finding: Finding): number {
  return finding.exploit.epss?.probability ?? 0
}

function unreached(finding: Finding): number {
  return finding.reachable === 'no' ? 1 : 0
}

function fixable(finding: Finding): number {
  return finding.fixes.length > 0 ? 0 : 1
}
