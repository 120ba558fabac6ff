import { cveOf, namesOf } from '../names.ts'
import type { AdvisoryDatabase, OsvRecord } from '../types.ts'

/**
 * One weakness that a record is about. `names` are identities: records that share one speak about the same weakness. An update
 * that mends several (DSA, ALSA, RHSA, USN …) is about each of its CVEs, and its own id is no identity of any.
 */
export interface Weakness {
  readonly names: readonly string[]
}

/**
 * The weaknesses that a record is about: one with every name of its alias set, or, for one that bundles several, each of them with its own.
 * The sets are the database's, joined over all records when it was built; none holds two CVE numbers.
 */
export function weaknessesOf(record: OsvRecord, db: Pick<AdvisoryDatabase, 'names'>): readonly Weakness[] {
  const { same, covers } = namesOf(record)
  if (covers.length > 0) return covers.map((name) => ({ names: withOneCve([name, ...db.names(name)]) }))
  return [{ names: withOneCve([...new Set([record.id, ...same]), ...db.names(record.id)]) }]
}

/** The names without any CVE number but the first: alias sets of records disagree at times, and a CVE number is one weakness. */
function withOneCve(names: readonly string[]): readonly string[] {
  const first = names.find((name) => cveOf(name) !== undefined)
  const cve = first === undefined ? undefined : cveOf(first)
  return [...new Set(names)].filter((name) => (cveOf(name) ?? cve) === cve)
}
