import type { Component } from '../../model/component.ts'
import type { Finding, SeverityStatement, VendorStatus } from '../../model/finding.ts'
import { statedStatus } from '../feeds/stated-status.ts'
import { matchInventory } from '../matching/match.ts'
import { session as openSession, type Session } from '../matching/session.ts'
import { statementsOf } from '../matching/severity.ts'
import { type TracedEntry, traceEntries } from '../matching/trace.ts'
import { compareNames, publisherOf, vendorSource } from '../publisher.ts'
import type {
  AdvisoryDatabase,
  AffectedEntry,
  EpssEntry,
  KevEntry,
  MatchOptions,
  OsvAffected,
  OsvRecord,
  SourcedFact,
} from '../types.ts'

/** What one source says about one package of one release. */
export interface PackageStatement {
  readonly ecosystem: string
  readonly name: string
  readonly ranges: AffectedEntry['ranges']
  readonly versions: readonly string[]
  readonly status?: VendorStatus
  readonly reason?: string
  /** What became of it when the component that was asked about was judged; absent where it names another package. */
  readonly judged?: Pick<TracedEntry, 'verdict' | 'why'>
}

/** What one record says. */
export interface SourceStatement {
  readonly id: string
  /** Who says it: `debian`, `ghsa`. */
  readonly source: string
  /** Where it was had, and when. */
  readonly origin?: { readonly source: string; readonly fetchedAt: string }
  readonly published?: string
  readonly modified: string
  readonly withdrawn?: string
  /** It mends several weaknesses at once. */
  readonly bundle: boolean
  readonly summary?: string
  readonly severities: readonly SeverityStatement[]
  readonly packages: readonly PackageStatement[]
  /** Packages that are not listed here. */
  readonly more: number
}

/** Everything that is known about one weakness, and what follows for one component. */
export interface Explanation {
  readonly asked: string
  /** All names of it, CVE first. */
  readonly names: readonly string[]
  readonly statements: readonly SourceStatement[]
  readonly kev: readonly KevEntry[]
  readonly epss: readonly EpssEntry[]
  /** Published exploits and decision points, by feed. */
  readonly facts: readonly SourcedFact[]
  /** For the component that was asked about. */
  readonly component?: {
    readonly purl: string
    readonly ecosystem: string
    readonly finding?: Finding
    /** Why it is a finding, or none, in a sentence. */
    readonly because: string
    /** Whose severity was taken and by which rule. */
    readonly severityRule?: string
  }
}

/** Packages listed of one record when no component narrows them. */
const MOST_PACKAGES = 40

/**
 * What every source says about the weakness that goes by `name`, and, with a component, which statements were judged, how, and what came of
 * it. Undefined where no record goes by that name.
 */
export function explainWeakness(
  db: AdvisoryDatabase,
  name: string,
  component?: Component,
  options: MatchOptions = { includeKernelHeaders: true, image: true },
): Explanation | undefined {
  const session = openSession(db, options.severitySources)
  const records = [...new Set([name, ...db.recordsNamed(name)])]
    .map((id) => db.record(id))
    .filter((record) => record !== undefined)
  if (records.length === 0) return undefined
  const traced = component === undefined ? [] : traceEntries(component, session)
  const statements = records
    .map((record) => statementOf(record, session, traced, component))
    .sort((a, b) => rankOf(a) - rankOf(b) || compareNames(a.id, b.id))
  const bundles = new Set(records.filter(({ id }) => db.covers(id).length > 0).map(({ id }) => id))
  const names = [...new Set([name, ...records.flatMap(({ id }) => (bundles.has(id) ? [] : db.names(id)))])].sort(
    compareNames,
  )
  const cves = names.filter((one) => one.startsWith('CVE-'))
  return {
    asked: name,
    names,
    statements,
    kev: cves.map((cve) => db.kev(cve)).filter((entry) => entry !== undefined),
    epss: cves.map((cve) => db.epss(cve)).filter((entry) => entry !== undefined),
    facts: cves.flatMap((cve) => db.facts(cve)),
    ...(component === undefined
      ? {}
      : { component: outcomeFor(component, names, traced, { records, statements, db, options }) }),
  }
}

function rankOf({ source, id }: SourceStatement): number {
  const { kind, bundle } = publisherOf(id)
  return source === 'nvd' ? 3 : kind === 'distribution' ? (bundle ? 1 : 0) : 2
}

function statementOf(
  record: OsvRecord,
  session: Session,
  traced: readonly TracedEntry[],
  component: Component | undefined,
): SourceStatement {
  const { id, affected } = record
  const { source, bundle } = publisherOf(id)
  const own = traced.filter(({ entry }) => entry.recordId === id)
  const shown = component === undefined ? affected : affected.filter((one) => own.some(({ entry }) => isOf(entry, one)))
  const origin = session.db.origin(id)
  const graded = own.filter(({ verdict }) => verdict !== 'passed-over').map(({ entry }) => entry)
  return {
    id,
    source,
    ...(origin === undefined ? {} : { origin }),
    ...(record.published === undefined ? {} : { published: record.published }),
    modified: record.modified,
    ...(record.withdrawn === undefined ? {} : { withdrawn: record.withdrawn }),
    bundle,
    ...(record.summary === undefined ? {} : { summary: record.summary }),
    severities: distinctSeverities(record, graded.length > 0 ? graded : entriesOf(record)),
    packages: shown.slice(0, MOST_PACKAGES).flatMap((one) => packageOf(one, own)),
    more: affected.length - Math.min(shown.length, MOST_PACKAGES),
  }
}

/** The record's own statements of severity, each once, whatever package they are about. */
function distinctSeverities(record: OsvRecord, entries: readonly AffectedEntry[]): readonly SeverityStatement[] {
  const said =
    entries.length === 0 ? statementsOf(record, []) : entries.flatMap((entry) => statementsOf(record, [entry]))
  return [...new Map(said.map(({ statement }) => [JSON.stringify(statement), statement])).values()]
}

function entriesOf(record: OsvRecord): readonly AffectedEntry[] {
  return record.affected.slice(0, MOST_PACKAGES).map((one) => ({
    recordId: record.id,
    ecosystem: one.package?.ecosystem ?? '',
    name: one.package?.name ?? '',
    ranges: [],
    versions: [],
    severity: one.severity ?? [],
    specific: { ecosystem_specific: one.ecosystem_specific, database_specific: one.database_specific },
  }))
}

function isOf(entry: AffectedEntry, { package: of, ranges = [] }: OsvAffected): boolean {
  if (entry.ecosystem !== of?.ecosystem || entry.name !== of.name) return false
  const bounds = (all: AffectedEntry['ranges']) =>
    JSON.stringify(all.filter(({ type }) => type !== 'GIT').map(({ events }) => events))
  return bounds(entry.ranges) === bounds(ranges)
}

function packageOf(affected: OsvAffected, traced: readonly TracedEntry[]): readonly PackageStatement[] {
  if (affected.package === undefined) return []
  const { ecosystem, name } = affected.package
  const stated = statedStatus(affected.ecosystem_specific)
  const judged = traced.find(({ entry }) => isOf(entry, affected))
  return [
    {
      ecosystem,
      name,
      ranges: affected.ranges ?? [],
      versions: affected.versions ?? [],
      ...(stated === undefined ? {} : { status: stated.status }),
      ...(stated?.reason === undefined ? {} : { reason: stated.reason }),
      ...(judged === undefined ? {} : { judged: { verdict: judged.verdict, why: judged.why } }),
    },
  ]
}

function outcomeFor(
  component: Component,
  names: readonly string[],
  traced: readonly TracedEntry[],
  {
    records,
    statements,
    db,
    options,
  }: {
    readonly records: readonly OsvRecord[]
    readonly statements: readonly SourceStatement[]
    readonly db: AdvisoryDatabase
    readonly options: MatchOptions
  },
): NonNullable<Explanation['component']> {
  const inventory = {
    subject: { kind: 'file' as const, name: component.purl },
    layers: [],
    components: [component],
    relations: [],
    diagnostics: [],
  }
  const { findings, unexamined } = matchInventory(inventory, db, options)
  const finding = findings.find((one) => one.names.some((name) => names.includes(name)))
  const ids = new Set(records.map(({ id }) => id))
  const about = traced.filter(({ entry }) => ids.has(entry.recordId))
  const of = { purl: component.purl, ecosystem: component.ecosystem }
  if (finding === undefined) return { ...of, because: absence(component, about, unexamined[0]?.reason, records) }
  return {
    ...of,
    finding,
    because: presence(finding, about),
    severityRule: severityRule(finding, component, statements, options),
  }
}

function presence(finding: Finding, about: readonly TracedEntry[]): string {
  const { disposition } = finding
  if (disposition.state === 'not-affected')
    return `shown as not affected: ${disposition.statedBy} says so, and decides over the others`
  const by = [...new Set(about.filter(({ verdict }) => verdict === 'affected').map(({ entry }) => entry.recordId))]
  return `a finding: ${by.join(', ')} ${by.length === 1 ? 'holds' : 'hold'} this version affected`
}

function absence(
  component: Component,
  about: readonly TracedEntry[],
  unexamined: string | undefined,
  records: readonly OsvRecord[],
): string {
  if (unexamined !== undefined) return `not judged: ${unexamined}`
  if (records.every(({ withdrawn }) => withdrawn !== undefined)) return 'no finding: every record of it is withdrawn'
  if (about.length === 0) return `no finding: no record of it names ${component.name} in ${component.ecosystem}`
  const spoke = about.filter(({ verdict }) => verdict !== 'passed-over')
  if (spoke.length === 0) return `no finding: what names the package is ${about[0].why.replace(/^about /, 'about ')}`
  if (spoke.every(({ verdict }) => verdict === 'silent')) return 'no finding: nobody names versions'
  const cleared = spoke.filter(({ verdict }) => verdict === 'unaffected').map(({ entry }) => entry.recordId)
  const affected = spoke.filter(({ verdict }) => verdict === 'affected').map(({ entry }) => entry.recordId)
  if (affected.length === 0) return `no finding: ${component.version} is outside every range`
  return `no finding: ${[...new Set(cleared)].join(', ')} decides over ${[...new Set(affected)].join(', ')}`
}

/** In words, the rule by which the severity of a finding was taken. */
function severityRule(
  finding: Finding,
  component: Component,
  statements: readonly SourceStatement[],
  { severitySources }: MatchOptions,
): string {
  const { value, source, score } = finding.severity
  if (source === 'none') return 'nobody says how severe it is'
  const said = `${source} says ${value}${score === undefined ? '' : ` (${score})`}`
  const all = [...finding.severities, ...statements.flatMap(({ severities }) => severities)]
  const others = new Map(
    all.flatMap((one) =>
      one.source === source || source === `osv:${one.source}` || one.value === value
        ? []
        : [[one.source, one.value] as const],
    ),
  )
  const list = [...others].map(([by, says]) => `${by} (${says})`).join(', ')
  const over = list === '' ? '' : `, before ${list}`
  const preferred = severitySources?.find((one) => one !== 'auto' && (one === source || source.endsWith(one)))
  if (preferred !== undefined) return `${said}: asked for first (--severity-source)${over}`
  if (source.startsWith('osv:')) return `${said}: no source that decides about the package grades it${over}`
  const word = finding.severities.some(
    (one) => one.source === source && one.vector === undefined && one.value === value,
  )
  const who =
    source === vendorSource(component.ecosystem) ? 'the vendor of the package' : 'a source that decides about it'
  return `${said}: ${who}${word ? ', in its own words' : ', computed from its vector'}${over}`
}
