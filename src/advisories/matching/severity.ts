import type { SeverityStatement } from '../../model/finding.ts'
import type { Severity } from '../../model/severity.ts'
import { scoreCvss } from '../cvss/index.ts'
import { compareText } from '../names.ts'
import { publisherOf } from '../publisher.ts'
import type { AffectedEntry, OsvRecord, OsvSeverity } from '../types.ts'

/**
 * Words of publishers. Debian's urgencies (https://security-team.debian.org/security_tracker.html#severity-levels: `unimportant`
 * is a flaw that cannot be used), Ubuntu's priorities (https://ubuntu.com/security/cves/about#priority), Red Hat's, AlmaLinux's,
 * Rocky's and SUSE's impacts, Fedora's `urgent`, GitHub's `moderate`, CVSS's `none`. Words that say that nobody has judged yet (`untriaged`, `not yet
 * assigned`, `unknown`, `pending`) are no statement.
 */
const WORDS: ReadonlyMap<string, Severity> = new Map([
  ['critical', 'critical'],
  ['urgent', 'critical'],
  ['high', 'high'],
  ['important', 'high'],
  ['medium', 'medium'],
  ['moderate', 'medium'],
  ['low', 'low'],
  ['minor', 'low'],
  ['negligible', 'negligible'],
  ['unimportant', 'negligible'],
  ['none', 'negligible'],
])

/** Where publishers keep their word, in `ecosystem_specific` and `database_specific` of an entry and of the record. */
const WORD_FIELDS = ['severity', 'urgency', 'priority', 'ubuntu_priority', 'impact', 'cvss_severity']

/** A publisher's word as a severity, undefined when it is no statement. Case and Debian's `**` mean nothing. */
export function severityOfWord(word: string): Severity | undefined {
  return WORDS.get(word.replaceAll('*', '').trim().toLowerCase())
}

/** A statement, and what decides which one is shown: a word comes before a computed score, CVSS 4 before 3 before 2. */
export interface RankedStatement {
  readonly statement: SeverityStatement
  /** 0: a word of the publisher; 1: CVSS 4.0; 2: CVSS 3.x; 3: CVSS 2. */
  readonly rank: number
}

/**
 * All that a record says about severity: the publisher's words, then scores computed from its vectors, for the entries that
 * matched (an entry's own severity replaces the record's, per the OSV schema). `source` overrides the publisher's name where the record
 * is another's: `osv:CVE-2019-1549`.
 */
export function statementsOf(
  record: OsvRecord,
  entries: readonly AffectedEntry[],
  source = publisherOf(record.id).source,
): readonly RankedStatement[] {
  const found: RankedStatement[] = []
  const word = (text: unknown) => {
    const value = typeof text === 'string' ? severityOfWord(text) : undefined
    if (value !== undefined) found.push({ statement: { value, source }, rank: 0 })
  }
  for (const entry of entries)
    for (const bag of bagsOf(entry.specific)) for (const field of WORD_FIELDS) word(bag[field])
  const own = entries.flatMap((entry) => entry.severity)
  const severities = own.length > 0 ? own : record.severity
  for (const { type, score } of severities) if (!type.startsWith('CVSS')) word(score)
  for (const bag of bagsOf(record.database_specific)) for (const field of WORD_FIELDS) word(bag[field])
  word(impactOf(record))
  for (const severity of severities) found.push(...scored(severity, source))
  for (const entry of entries) for (const bag of bagsOf(entry.specific)) found.push(...vectorsIn(bag, source))
  for (const bag of bagsOf(record.database_specific)) found.push(...vectorsIn(bag, source))
  found.push(...statedByOthers(record))
  return distinct(found)
}

/**
 * What a record passes on of others' severities, in `database_specific.stated_by`: `{ nvd: [{ type, score }], redhat: … }`. NVD first,
 * since it grades every weakness alike.
 */
function statedByOthers(record: OsvRecord): readonly RankedStatement[] {
  const stated = record.database_specific?.stated_by
  if (typeof stated !== 'object' || stated === null) return []
  const sources = Object.keys(stated).sort((a, b) => Number(b === 'nvd') - Number(a === 'nvd') || compareText(a, b))
  return sources.flatMap((source) => {
    const said = (stated as Readonly<Record<string, unknown>>)[source]
    const severities = (Array.isArray(said) ? said : []).filter(isSeverity)
    return severities.flatMap((one) => {
      const value = one.type.startsWith('CVSS') ? undefined : severityOfWord(one.score)
      return value === undefined ? scored(one, source) : [{ statement: { value, source }, rank: 0 as const }]
    })
  })
}

function isSeverity(value: unknown): value is OsvSeverity {
  if (typeof value !== 'object' || value === null) return false
  const { type, score } = value as Partial<OsvSeverity>
  return typeof type === 'string' && typeof score === 'string'
}

/** The first word of an update's summary: `Important: nodejs:18 security update`. Only publishers of updates write it so. */
function impactOf(record: OsvRecord): string | undefined {
  if (!publisherOf(record.id).bundle) return undefined
  return /^(?:Red Hat Security Advisory: )?([A-Za-z]+): /.exec(record.summary ?? '')?.[1]
}

/** `specific` as it is, and what it may hold under the schema's own two names. */
function bagsOf(specific: Readonly<Record<string, unknown>> | undefined): readonly Readonly<Record<string, unknown>>[] {
  if (specific === undefined) return []
  const bags = [specific]
  for (const name of ['ecosystem_specific', 'database_specific']) {
    const inner = specific[name]
    if (typeof inner === 'object' && inner !== null && !Array.isArray(inner))
      bags.push(inner as Record<string, unknown>)
  }
  return bags
}

/** RustSec's `cvss` vector and ruby-advisory-db's scores without a vector, which are a database's statements like any other. */
function vectorsIn(bag: Readonly<Record<string, unknown>>, source: string): readonly RankedStatement[] {
  const found: RankedStatement[] = []
  if (typeof bag.cvss === 'string') found.push(...scored({ type: 'CVSS', score: bag.cvss }, source))
  for (const [field, rank] of [
    ['cvss_v4_score', 1],
    ['cvss_v3_score', 2],
    ['cvss_v2_score', 3],
  ] as const) {
    const score = bag[field]
    if (typeof score !== 'number' || !(score >= 0 && score <= 10)) continue
    found.push({ statement: { value: rating(score, rank === 3), source, score }, rank })
  }
  return found
}

function scored(severity: OsvSeverity, source: string): readonly RankedStatement[] {
  if (!severity.type.startsWith('CVSS')) return []
  const result = scoreCvss(severity.score)
  if ('failure' in result) return []
  const rank = result.version === '4.0' ? 1 : result.version === '2.0' ? 3 : 2
  const value = rating(result.overall, rank === 3)
  return [{ statement: { value, source, vector: severity.score, score: result.overall }, rank }]
}

/**
 * The qualitative rating of a score: CVSS 3 and 4 (https://www.first.org/cvss/v4-0/specification-document, table 22); for CVSS 2
 * NVD's scale (https://nvd.nist.gov/vuln-metrics/cvss), which knows no critical. 0.0 is `none`: `negligible` here.
 */
export function rating(score: number, second = false): Severity {
  if (score <= 0) return 'negligible'
  if (score < 4) return 'low'
  if (score < 7) return 'medium'
  return score < 9 || second ? 'high' : 'critical'
}

/** Whether a statement is by a source: `nvd` is also who says `osv:CVE-2019-1549`. */
function isBy(stated: string, source: string): boolean {
  return stated === source || (stated.startsWith('osv:') && publisherOf(stated.slice(4)).source === source)
}

/** Each statement once, as said first. */
function distinct(statements: readonly RankedStatement[]): readonly RankedStatement[] {
  const seen = new Map<string, RankedStatement>()
  for (const entry of statements) {
    const { value, source, vector, score } = entry.statement
    const key = `${value}\0${source}\0${vector ?? ''}\0${score ?? ''}`
    if (!seen.has(key)) seen.set(key, entry)
  }
  return [...seen.values()]
}

/** The statement shown: the least rank, of the first who said one; `unknown` by nobody when there is none. Statements in order of authority. With `sources`, of the first of them that said one; `auto` among them stands for all. */
export function chooseSeverity(
  statements: readonly RankedStatement[],
  sources: readonly string[] = ['auto'],
): {
  readonly value: Severity
  readonly source: string
  readonly score?: number
} {
  let best: RankedStatement | undefined
  for (const source of sources) {
    const said = source === 'auto' ? statements : statements.filter((entry) => isBy(entry.statement.source, source))
    for (const entry of said) if (best === undefined || entry.rank < best.rank) best = entry
    if (best !== undefined) break
  }
  if (best === undefined) return { value: 'unknown', source: 'none' }
  const { value, source, score } = best.statement
  // A word is shown with the score that the same source gives, where it gives one.
  const beside =
    score ??
    statements.find((entry) => entry.statement.source === source && entry.statement.score !== undefined)?.statement
      .score
  return beside === undefined ? { value, source } : { value, source, score: beside }
}
