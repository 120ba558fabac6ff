import { SEVERITIES } from '../../model/severity.ts'
import { judge } from '../matching/ranges.ts'
import { session as openSession, type Session } from '../matching/session.ts'
import { chooseSeverity, statementsOf } from '../matching/severity.ts'
import type { VersionOrder } from '../matching/version-order.ts'
import { compareText } from '../names.ts'
import { compareNames, publisherOf } from '../publisher.ts'
import type { AdvisoryDatabase, AffectedEntry } from '../types.ts'

/** Two sources that cannot both be right about a package. */
export interface Contradiction {
  /** `versions`: one holds a version affected that the other does not; `severity`: they grade it two or more steps apart. */
  readonly kind: 'versions' | 'severity'
  /** The weakness, CVE first. */
  readonly weakness: string
  readonly ecosystem: string
  readonly name: string
  readonly one: { readonly id: string; readonly says: string }
  readonly other: { readonly id: string; readonly says: string }
  /** A version about which they differ. */
  readonly version?: string
}

/** Versions of a pair that are compared: bounds first, then what is listed. */
const MOST_VERSIONS = 400
/** Records of one package about one weakness that are compared with one another. */
const MOST_RECORDS = 12

/**
 * The contradictions between sources about the same weakness of the same package and release, in the order of ecosystems and packages. Of two
 * records, a version is looked for that one holds affected and the other does not, among all that they name. Packages come one by one:
 * memory does not grow with the database.
 */
export function* contradictions(
  db: AdvisoryDatabase,
  ecosystems: readonly string[] = db.status().ecosystems.map(({ name }) => name),
): Generator<Contradiction> {
  for (const ecosystem of ecosystems) {
    const session = openSession(db)
    const order = session.order(ecosystem)
    if (order === undefined) continue
    for (const entries of db.packages(ecosystem)) yield* within(entries, session, order)
  }
}

function* within(entries: readonly AffectedEntry[], session: Session, order: VersionOrder): Generator<Contradiction> {
  if (new Set(entries.map(({ recordId }) => recordId)).size < 2) return
  for (const [key, said] of [...byWeakness(entries, session)].sort(([a], [b]) => compareText(a, b))) {
    const byRecord = [...Map.groupBy(said, ({ recordId }) => recordId)].slice(0, MOST_RECORDS)
    for (const [index, [id, mine]] of byRecord.entries())
      for (const [otherId, theirs] of byRecord.slice(index + 1)) {
        // Updates follow one another: that two of them name different fixes is how it should be.
        if (publisherOf(id).bundle && publisherOf(otherId).bundle) continue
        const weakness = key.slice(key.indexOf('\n') + 1)
        const found = [versionsOf(mine, theirs, order), severitiesOf(mine, theirs, session)]
        for (const one of found)
          if (one !== undefined) yield { weakness, ecosystem: mine[0].ecosystem, name: mine[0].name, ...one }
      }
  }
}

/** Entries of a package by release and weakness; an update that mends several stands with each of them. */
function byWeakness(
  entries: readonly AffectedEntry[],
  session: Session,
): ReadonlyMap<string, readonly AffectedEntry[]> {
  const about = new Map<string, AffectedEntry[]>()
  for (const entry of entries) {
    const covered = session.db.covers(entry.recordId)
    const names = covered.length > 0 ? covered : [entry.recordId]
    for (const name of names) {
      const [first] = [...session.db.names(name)].sort(compareNames)
      const key = `${entry.ecosystem}\n${first}`
      const known = about.get(key)
      if (known === undefined) about.set(key, [entry])
      else known.push(entry)
    }
  }
  return about
}

type Difference = Pick<Contradiction, 'kind' | 'one' | 'other' | 'version'>

function versionsOf(
  mine: readonly AffectedEntry[],
  theirs: readonly AffectedEntry[],
  order: VersionOrder,
): Difference | undefined {
  for (const version of versionsIn([...mine, ...theirs])) {
    const one = holds(mine, version, order)
    const other = holds(theirs, version, order)
    if (one === undefined || other === undefined) return undefined
    if (one === other) continue
    const say = (affected: boolean) => (affected ? 'affected' : 'not affected')
    return {
      kind: 'versions',
      one: { id: mine[0].recordId, says: say(one) },
      other: { id: theirs[0].recordId, says: say(other) },
      version,
    }
  }
  return undefined
}

/** Whether any entry holds a version; undefined when none says anything about versions. */
function holds(entries: readonly AffectedEntry[], version: string, order: VersionOrder): boolean | undefined {
  const verdicts = entries.map((entry) => judge(entry, version, order))
  if (verdicts.includes('affected')) return true
  return verdicts.includes('unaffected') ? false : undefined
}

/** Bounds of ranges, where sources differ first, and listed versions. */
function versionsIn(entries: readonly AffectedEntry[]): ReadonlySet<string> {
  const versions = new Set<string>()
  const add = (version: string | undefined) => {
    if (version !== undefined && version !== '0' && version !== '*' && versions.size < MOST_VERSIONS)
      versions.add(version)
  }
  for (const { ranges } of entries)
    for (const { type, events } of ranges)
      if (type !== 'GIT') for (const event of events) for (const version of Object.values(event)) add(version)
  for (const entry of entries) for (const version of entry.versions) add(version)
  return versions
}

/** Two steps are more than taste: `low` and `high`. */
const STEPS = 2

function severitiesOf(
  mine: readonly AffectedEntry[],
  theirs: readonly AffectedEntry[],
  session: Session,
): Difference | undefined {
  const [one, other] = [mine, theirs].map((entries) => {
    const record = session.record(entries[0].recordId)
    return record === undefined ? undefined : chooseSeverity(statementsOf(record, entries)).value
  })
  if (one === undefined || other === undefined || one === 'unknown' || other === 'unknown') return undefined
  if (Math.abs(SEVERITIES.indexOf(one) - SEVERITIES.indexOf(other)) < STEPS) return undefined
  return { kind: 'severity', one: { id: mine[0].recordId, says: one }, other: { id: theirs[0].recordId, says: other } }
}
