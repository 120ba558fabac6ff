import type { Component } from '../../model/component.ts'
import type { Disposition, Finding, FindingKind, Fix, SeverityStatement, VendorStatus } from '../../model/finding.ts'
import { isSystemEcosystem } from '../ecosystems.ts'
import { type StatedStatus, statedStatus } from '../feeds/stated-status.ts'
import { cveOf } from '../names.ts'
import { compareNames, publisherOf, vendorSource } from '../publisher.ts'
import type { AdvisoryDatabase, AffectedEntry, OsvRecord, WeaknessFact } from '../types.ts'
import type { Decided } from './decide.ts'
import { readAs } from './ecosystems.ts'
import { findingId } from './finding-id.ts'
import { newerBranchRemark, smallestFix } from './fixes.ts'
import type { Hit } from './judgement.ts'
import type { Session } from './session.ts'
import { chooseSeverity, type RankedStatement, statementsOf } from './severity.ts'

/** References kept of one finding. */
const MOST_REFERENCES = 200

/** The finding that a component has a weakness. */
export function findingOf(
  component: Component,
  decided: Decided,
  session: Session,
  disposition: Disposition = { state: 'open' },
): Finding {
  const records = [...new Map(decided.said.map((hit) => [hit.record.id, hit.record])).values()]
  const names = [...new Set([...decided.names, ...carriedIds(records, decided.names)])].sort(compareNames)
  const kind = kindOf(decided, names)
  const own =
    kind === 'malicious-package'
      ? MALICIOUS
      : decided.said.flatMap((hit) => statementsOf(hit.record, hit.main.length > 0 ? hit.main : hit.extended))
  const titled = records.some((record) => record.summary && !publisherOf(record.id).bundle)
  const wanted = session.severitySources?.some((source) => source !== 'auto') === true
  const lent =
    own.length > 0 && titled && !wanted
      ? undefined
      : session.borrowed(names[0], new Set(records.map((record) => record.id)))
  const others = vendorFirst(lent?.statements ?? [], component)
  const statements = own.length > 0 ? (wanted ? [...own, ...others] : own) : others
  const { fixes, remarks } = fixOf(component, decided)
  return {
    id: findingId(kind, decided.names[0], component.id),
    kind,
    title: titleOf(records, lent?.summary, names[0], component.name),
    ...describe(records, lent?.details),
    names,
    component: component.id,
    evidence: component.evidence,
    severity: chooseSeverity(statements, session.severitySources),
    severities: distinctStatements(statements),
    ...statusOf(component, decided, fixes),
    fixes,
    remarks: [...remarks, ...reasonRemarks(decided, fixes), ...informationalRemarks(decided, kind)],
    exploit: exploitOf(names, session.db),
    reachable: 'unknown',
    confidence: Math.max(0, ...component.evidence.map((evidence) => evidence.confidence)),
    disposition,
    advisories: records.map(({ id, published, modified }) => ({
      id,
      source: publisherOf(id).source,
      ...(published !== undefined && { published }),
      modified,
    })),
    references: [...new Set(records.flatMap((record) => record.references.map(({ url }) => url)))].slice(
      0,
      MOST_REFERENCES,
    ),
  }
}

/** Of what others state, the word of whoever built the package comes first. */
function vendorFirst(statements: readonly RankedStatement[], component: Component): readonly RankedStatement[] {
  const vendor = vendorSource(readAs(component.ecosystem))
  return statements.toSorted((a, b) => Number(b.statement.source === vendor) - Number(a.statement.source === vendor))
}

/** Ids of updates that mend this weakness among others; never the name of another weakness. */
function carriedIds(records: readonly OsvRecord[], names: readonly string[]): readonly string[] {
  const ids = records.map((record) => record.id)
  return ids.filter((id) => {
    const cve = cveOf(id)
    return cve === undefined || names.includes(cve)
  })
}

/** Nobody grades malware; that it must come first is our word, and the source says so. */
const MALICIOUS: readonly RankedStatement[] = [{ statement: { value: 'critical', source: 'bulwark' }, rank: 0 }]

function kindOf(decided: Decided, names: readonly string[]): FindingKind {
  if (names.some((name) => name.startsWith('MAL-'))) return 'malicious-package'
  const unmaintained = decided.said.every((hit) => informationalOf(hit) === 'unmaintained')
  return unmaintained ? 'unmaintained-package' : 'vulnerability'
}

/** RustSec's `informational`: `unmaintained`, `unsound`, `notice` (https://github.com/rustsec/advisory-db, "Advisory Format"). */
function informationalOf(hit: Hit): string | undefined {
  for (const entry of hit.main) {
    const specific = entry.specific?.database_specific
    if (typeof specific !== 'object' || specific === null || !('informational' in specific)) continue
    if (typeof specific.informational === 'string') return specific.informational
  }
  return undefined
}

function informationalRemarks(decided: Decided, kind: FindingKind): readonly string[] {
  const words = decided.said.map(informationalOf).filter((word) => word !== undefined)
  return kind === 'vulnerability' ? [...new Set(words)].map((word) => `informational: ${word.slice(0, 40)}`) : []
}

function titleOf(records: readonly OsvRecord[], lent: string | undefined, name: string, component: string): string {
  const single = records.find((record) => record.summary && !publisherOf(record.id).bundle)?.summary
  const line = (single ?? lent ?? records.find((record) => record.summary)?.summary ?? '').split('\n', 1)[0].trim()
  return line === '' ? `${name} in ${component}` : line
}

function describe(records: readonly OsvRecord[], lent: string | undefined): { readonly description?: string } {
  const details =
    records.find((record) => record.details && !publisherOf(record.id).bundle)?.details ??
    lent ??
    records.find((record) => record.details)?.details
  return details === undefined ? {} : { description: details }
}

function distinctStatements(statements: readonly RankedStatement[]): readonly SeverityStatement[] {
  const seen = new Map<string, SeverityStatement>()
  for (const { statement } of statements) {
    const key = `${statement.value}\0${statement.source}\0${statement.vector ?? ''}\0${statement.score ?? ''}`
    if (!seen.has(key)) seen.set(key, statement)
  }
  return [...seen.values()]
}

/** Only a distribution speaks as the vendor of what it built. */
function statusOf(
  component: Component,
  decided: Decided,
  fixes: readonly Fix[],
): { readonly vendorStatus?: VendorStatus } {
  if (!isSystemEcosystem(readAs(component.ecosystem))) return {}
  if (fixes.length > 0) return { vendorStatus: 'fixed' }
  const entries = decided.deciding.flatMap((hit) => [...hit.main, ...hit.extended])
  const stated = statedBy(decided)
  // A fix that is stated and is none for this version is no fix.
  if (stated !== undefined && stated.status !== 'fixed') return { vendorStatus: stated.status }
  return { vendorStatus: entries.some(isEndOfLife) ? 'end-of-life' : 'affected' }
}

/** What the publisher's own feed says about what is not fixed, for everybody rather than for subscribers. */
function statedBy(decided: Decided): StatedStatus | undefined {
  for (const hit of decided.deciding)
    for (const entry of hit.main.length > 0 ? hit.main : hit.extended) {
      const stated = statedStatus(entry.specific?.ecosystem_specific)
      if (stated !== undefined) return stated
    }
  return undefined
}

/** The publisher's reason for what it says about a weakness without a fix: `no-dsa: Minor issue`. */
function reasonRemarks(decided: Decided, fixes: readonly Fix[]): readonly string[] {
  const stated = fixes.length > 0 ? undefined : statedBy(decided)
  if (stated?.reason === undefined || stated.status === 'fixed') return []
  return [`${publisherOf(decided.deciding[0].record.id).source} says: ${stated.reason.slice(0, 200)}`]
}

/** Debian's tracker marks packages that it has stopped to support within a release by the urgency `end-of-life`. */
function isEndOfLife(entry: AffectedEntry): boolean {
  const specific = entry.specific?.ecosystem_specific
  return (
    typeof specific === 'object' && specific !== null && 'urgency' in specific && specific.urgency === 'end-of-life'
  )
}

/** The least upgrade that all deciding records call enough, and what must be said beside it. */
function fixOf(
  component: Component,
  decided: Decided,
): { readonly fixes: readonly Fix[]; readonly remarks: readonly string[] } {
  const remarks: string[] = []
  const { installed, order } = decided.deciding[0]
  const hits = decided.deciding.filter((hit) => hit.installed === installed)
  const fixIn = (of: readonly Hit[], scope: 'main' | 'extended') =>
    smallestFix(
      of.flatMap((hit) => hit[scope]),
      installed,
      order,
    )
  let to = fixIn(hits, 'main')
  if (to === undefined) {
    const naming = hits.filter((hit) => fixIn([hit], 'main') !== undefined)
    to = fixIn(naming, 'main')
    if (to !== undefined) {
      for (const hit of hits) if (!naming.includes(hit)) remarks.push(`${hit.record.id} names no fixed version`)
    }
  }
  to ??= fixIn(
    decided.said.filter((hit) => hit.installed === installed),
    'main',
  )
  if (to === undefined) {
    to = fixIn(
      decided.said.filter((hit) => hit.installed === installed),
      'extended',
    )
    if (to !== undefined) remarks.push('fixed with Ubuntu Pro only')
  }
  if (to === undefined) return { fixes: [], remarks }
  if (!isSystemEcosystem(readAs(component.ecosystem))) {
    const remark = newerBranchRemark(installed, to)
    if (remark !== undefined) remarks.push(remark)
  }
  const since = decided.said.filter(({ record }) => publisherOf(record.id).bundle && record.published !== undefined)
  const availableSince = since
    .map(({ record }) => record.published?.slice(0, 10) ?? '')
    .sort()
    .at(-1)
  return { fixes: [{ kind: 'upgrade', to, ...(availableSince !== undefined && { availableSince }) }], remarks }
}

function maturityOf(exploited: boolean, facts: readonly WeaknessFact[]): Finding['exploit']['maturity'] {
  if (exploited || facts.some(({ exploit }) => exploit === 'weaponised')) return 'weaponised'
  return facts.some(({ exploit }) => exploit === 'public') ? 'public' : 'none-known'
}

/** In the catalogue of known exploited vulnerabilities, and the chance that EPSS gives, over every CVE number of the weakness. */
function exploitOf(names: readonly string[], db: AdvisoryDatabase): Finding['exploit'] {
  const cves = names.filter((name) => /^CVE-\d/.test(name))
  const known = cves.map((cve) => db.kev(cve)).filter((entry) => entry !== undefined)
  const scores = cves.map((cve) => db.epss(cve)).filter((entry) => entry !== undefined)
  const epss = scores.toSorted((a, b) => b.probability - a.probability)[0]
  const facts = cves.flatMap((cve) => db.facts(cve))
  const proofs = facts.flatMap(({ exploit, source, reference, since }) =>
    exploit === undefined
      ? []
      : [{ source, exploit, ...(reference !== undefined && { reference }), ...(since !== undefined && { since }) }],
  )
  const ssvc = facts.find((fact) => fact.ssvc !== undefined)?.ssvc
  const knownSince = known.map((entry) => entry.dateAdded).sort()[0]
  return {
    ...(knownSince !== undefined && { knownSince, ransomware: known.some((entry) => entry.ransomware) }),
    maturity: maturityOf(knownSince !== undefined, facts),
    ...(proofs.length > 0 && { proofs }),
    ...(ssvc !== undefined && { ssvc }),
    ...(epss !== undefined && { epss: { probability: epss.probability, percentile: epss.percentile, on: epss.on } }),
  }
}
