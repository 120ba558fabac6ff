import type { CvssFailure, CvssScore, CvssSeverity, CvssVersion, Metrics, Tenths } from './types.ts'
import { failure, LONGEST_VECTOR, parseMetrics } from './vector.ts'
import { score2, TABLE_2 } from './version2.ts'
import { score3, TABLE_3 } from './version3.ts'
import { score4, TABLE_4 } from './version4.ts'

export type { CvssFailure, CvssScore, CvssSeverity, CvssVersion } from './types.ts'

const PREFIXES: readonly (readonly [string, CvssVersion])[] = [
  ['CVSS:4.0/', '4.0'],
  ['CVSS:3.1/', '3.1'],
  ['CVSS:3.0/', '3.0'],
  ['CVSS:2.0/', '2.0'],
]

/**
 * The scores of a CVSS vector of version 2.0 (with or without prefix, also in parentheses), 3.0, 3.1 or 4.0, by FIRST's
 * specifications (https://www.first.org/cvss/). Metrics may stand in any order; a metric that is unknown, missing or there twice makes
 * the text no vector, and a failure says which.
 */
export function scoreCvss(vector: string): CvssScore | CvssFailure {
  if (vector.length > LONGEST_VECTOR) return failure('too-long', `a vector of ${vector.length} characters`)
  const text = vector.trim()
  const prefix = PREFIXES.find(([start]) => text.startsWith(start))
  if (prefix === undefined && text.startsWith('CVSS:'))
    return failure('unknown-version', `"${text.slice(0, 8)}" is not a version of CVSS that is known`)
  const version = prefix === undefined ? '2.0' : prefix[1]
  const fields = prefix === undefined ? text.replace(/^\((.*)\)$/, '$1') : text.slice(prefix[0].length)
  const table = version === '4.0' ? TABLE_4 : version === '2.0' ? TABLE_2 : TABLE_3
  const metrics = parseMetrics(fields, table)
  return 'failure' in metrics ? metrics : fromTenths(version, tenthsOf(version, metrics))
}

function tenthsOf(version: CvssVersion, metrics: Metrics): Tenths {
  if (version === '4.0') return score4(metrics)
  if (version === '2.0') return score2(metrics)
  return score3(metrics, version)
}

function fromTenths(version: CvssVersion, { base, temporal, environmental, overall }: Tenths): CvssScore {
  return {
    version,
    base: base / 10,
    ...(temporal === undefined ? {} : { temporal: temporal / 10 }),
    ...(environmental === undefined ? {} : { environmental: environmental / 10 }),
    overall: overall / 10,
    severity: severityOfScore(overall / 10),
  }
}

/** The word for a score of 0 to 10: none at 0, low below 4, medium below 7, high below 9, else critical (CVSS 3.1, section 5). */
export function severityOfScore(score: number): CvssSeverity {
  if (score <= 0) return 'none'
  if (score < 4) return 'low'
  if (score < 7) return 'medium'
  return score < 9 ? 'high' : 'critical'
}
