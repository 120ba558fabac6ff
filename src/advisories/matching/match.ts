import type { Component } from '../../model/component.ts'
import type { Diagnostic } from '../../model/diagnostic.ts'
import type { Disposition, Finding } from '../../model/finding.ts'
import type { Inventory } from '../../model/inventory.ts'
import type { AffectedCode } from '../../model/reachability.ts'
import type { CollapsedFindings } from '../../model/scan-result.ts'
import { statedStatus } from '../feeds/stated-status.ts'
import { publisherOf } from '../publisher.ts'
import type { AdvisoryDatabase, MatchOptions } from '../types.ts'
import { affectedCodeOf } from './affected-code.ts'
import { coverageOf, type EcosystemCoverage } from './coverage.ts'
import { type Decided, decide } from './decide.ts'
import { readAs } from './ecosystems.ts'
import { findingOf } from './finding.ts'
import { judgeComponent } from './judgement.ts'
import { isKernelHeaders } from './kernel-headers.ts'
import { compareFindings } from './order.ts'
import { session as openSession, type Session } from './session.ts'

/** A component whose advisories could not be judged, and why. */
export interface Unexamined {
  readonly component: string
  readonly reason: string
}

/** What is known against an inventory. */
export interface MatchResult {
  /** In the order in which a person would work; those about kernel headers carry the disposition `not-affected`. */
  readonly findings: readonly Finding[]
  readonly diagnostics: readonly Diagnostic[]
  readonly collapsed: readonly CollapsedFindings[]
  readonly unexamined: readonly Unexamined[]
  /** Every ecosystem with release in the inventory, and whether its advisories were there to be read. */
  readonly coverage: readonly EcosystemCoverage[]
  /** By id of the finding, where the advisories say which code of the package is affected. */
  readonly affectedCode: ReadonlyMap<string, readonly AffectedCode[]>
}

const HEADERS_STATEMENT = 'not affected: vulnerable code not present'

const HEADERS_ONLY: Disposition = {
  state: 'not-affected',
  justification: 'vulnerable_code_not_present',
  statedBy: 'bulwark: kernel headers only, the host runs its own kernel',
}

/**
 * Matches every component of an inventory against the advisories, by the OSV schema's evaluation
 * (https://ossf.github.io/osv-schema/#evaluation): one finding for each weakness and component. Pure apart from look-ups;
 * whatever the database throws goes to the caller. What could not be examined is in the diagnostics, never left out.
 */
export function matchInventory(inventory: Inventory, db: AdvisoryDatabase, options: MatchOptions): MatchResult {
  const session = openSession(db, options.severitySources)
  const findings: Finding[] = []
  const collapsed: CollapsedFindings[] = []
  const unexamined: Unexamined[] = []
  const affectedCode = new Map<string, readonly AffectedCode[]>()
  const silent = new Map<string, string>()
  for (const component of inventory.components) {
    const judgement = judgeComponent(component, session)
    if (judgement.unexamined !== undefined) unexamined.push({ component: component.id, reason: judgement.unexamined })
    for (const id of judgement.silent) silent.set(`${id} (${component.name})`, id)
    if (judgement.hits.length === 0) continue
    const headers = options.image && !options.includeKernelHeaders && isKernelHeaders(component)
    const found = decide(judgement, readAs(component.ecosystem), session, options.policy).map((decided) => {
      const finding = findingOf(component, decided, session, headers ? HEADERS_ONLY : clearedBy(decided, session))
      const code = component.ecosystem === 'Go' ? affectedCodeOf(decided) : undefined
      if (code !== undefined) affectedCode.set(finding.id, code)
      return finding
    })
    for (const finding of found) findings.push(finding)
    if (headers && found.length > 0) collapsed.push(collapse(component, found.length))
  }
  const { coverage, diagnostics } = coverageOf(inventory, db.status())
  return {
    findings: findings.sort(compareFindings),
    diagnostics: [
      ...diagnostics,
      ...unexaminedNotice(unexamined, inventory.components),
      ...silentNotice([...silent.keys()]),
    ],
    collapsed,
    unexamined,
    coverage,
    affectedCode,
  }
}

/** What a publisher clears altogether stays visible as such: others hold it affected. */
function clearedBy({ cleared }: Decided, session: Session): Disposition | undefined {
  if (cleared === undefined) return undefined
  const stated = session.record(cleared)?.affected.map((one) => statedStatus(one.ecosystem_specific)?.reason)
  const justification = stated?.find((reason) => reason !== undefined) ?? 'no version is affected'
  return {
    state: 'not-affected',
    justification: justification.slice(0, 200),
    statedBy: `${publisherOf(cleared).source} (${cleared})`,
  }
}

function collapse(component: Component, count: number): CollapsedFindings {
  const { id, name, version } = component
  return { component: id, name, version, count, statement: HEADERS_STATEMENT }
}

/** Names that a notice lists before it only counts. */
const MOST_NAMED = 5

function unexaminedNotice(unexamined: readonly Unexamined[], components: readonly Component[]): readonly Diagnostic[] {
  const names = new Map(components.map((component) => [component.id, component.name]))
  const byReason = Map.groupBy(unexamined, ({ reason }) => reason)
  return [...byReason].map(([reason, group]) => ({
    code: 'component-not-examined',
    message: `${listed(group.map(({ component }) => names.get(component) ?? component))} could not be matched: ${reason}`,
    effect: 'notice',
  }))
}

function silentNotice(advisories: readonly string[]): readonly Diagnostic[] {
  if (advisories.length === 0) return []
  const message = `${listed(advisories)} name a package and none of its versions: they were not matched`
  return [{ code: 'advisory-without-versions', message, effect: 'notice' }]
}

function listed(names: readonly string[]): string {
  const distinct = [...new Set(names)]
  const shown = distinct.slice(0, MOST_NAMED).join(', ')
  return distinct.length > MOST_NAMED ? `${shown} and ${distinct.length - MOST_NAMED} more` : shown
}
