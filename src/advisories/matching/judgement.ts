import type { Component } from '../../model/component.ts'
import { statedStatus } from '../feeds/stated-status.ts'
import { isMaintenance } from '../publisher.ts'
import type { AffectedEntry, OsvRecord } from '../types.ts'
import { isRpm, judgedVersion, type Query, queriesFor, readAs } from './ecosystems.ts'
import { sameModularity, sameStream } from './modules.ts'
import { isNever, judge, type Verdict } from './ranges.ts'
import { releaseScope } from './releases.ts'
import type { Session } from './session.ts'
import type { VersionOrder } from './version-order.ts'

/** What one record says about one component, with the entries that speak about it. */
export interface Hit {
  readonly record: OsvRecord
  /** Entries for everybody. */
  readonly main: readonly AffectedEntry[]
  /** Entries for those who pay for longer support (Ubuntu Pro). */
  readonly extended: readonly AffectedEntry[]
  /** The version that was judged: the component's or its source package's. */
  readonly installed: string
  readonly order: VersionOrder
}

/** What all records say about one component. */
export interface Judgement {
  readonly hits: readonly Hit[]
  /** Records that speak about the component and do not hold its version affected. */
  readonly cleared: readonly string[]
  /** Of these, the ones that hold no version affected at all: their publisher says "not affected". */
  readonly never: readonly string[]
  /** Records that name the package and no version of it. */
  readonly silent: readonly string[]
  /** Why the component could not be judged. */
  readonly unexamined?: string
}

/** Versions that stand for "not known" in what builds them. */
const NO_VERSION = /^(?:|\(devel\)|\(none\)|unknown|unspecified)$/i

/** Asks the database about a component and judges every entry that speaks about its release. */
export function judgeComponent(component: Component, session: Session): Judgement {
  const ecosystem = readAs(component.ecosystem)
  const judgement = { hits: [] as Hit[], cleared: [] as string[], never: [] as string[], silent: [] as string[] }
  const done = new Set<string>()
  for (const query of queriesFor(component)) {
    const entries = session.db.affected(ecosystem, query.name)
    if (entries.length === 0) continue
    if (NO_VERSION.test(query.version.trim())) return { ...judgement, unexamined: 'its version is not known' }
    const order = session.order(ecosystem)
    if (order === undefined) return { ...judgement, unexamined: 'nothing orders the versions of its ecosystem' }
    for (const [id, said] of speaking(entries, component, query)) {
      if (done.has(id)) continue
      const verdict = verdictOf(said, judgedVersion(ecosystem, query.version, said.main), order, isRpm(ecosystem))
      if (verdict === 'silent') {
        judgement.silent.push(id)
        continue
      }
      done.add(id)
      const record = verdict === 'affected' ? session.record(id) : undefined
      if (record !== undefined && speaksOfWeakness(record, component, session))
        judgement.hits.push({ record, ...said, installed: query.version, order })
      else if (verdict === 'unaffected') {
        judgement.cleared.push(id)
        if ([...said.main, ...said.extended].every((entry) => isNever(entry, order))) judgement.never.push(id)
      }
    }
  }
  return judgement
}

/** A bug fix or enhancement that names no weakness is no finding, nor is what another stream of the module has. */
function speaksOfWeakness(record: OsvRecord, component: Component, session: Session): boolean {
  if (record.withdrawn !== undefined || !sameStream(record.summary, component.module)) return false
  return (
    !isMaintenance(record.id) ||
    session.weaknesses(record).some(({ names }) => names.some((name) => name !== record.id))
  )
}

interface Said {
  readonly main: AffectedEntry[]
  readonly extended: AffectedEntry[]
}

/** The entries about the component's release, module and build, by record. A record may have several for one package: all count. */
function speaking(entries: readonly AffectedEntry[], component: Component, query: Query): ReadonlyMap<string, Said> {
  const byRecord = new Map<string, Said>()
  const rpm = isRpm(readAs(component.ecosystem))
  for (const entry of entries) {
    const scope = scopeOf(entry, component, query, rpm)
    if (typeof scope === 'object') continue
    let said = byRecord.get(entry.recordId)
    if (said === undefined) byRecord.set(entry.recordId, (said = { main: [], extended: [] }))
    said[scope].push(entry)
  }
  return byRecord
}

/** Whom an entry speaks to about a component, or why it is about something else. */
export function scopeOf(
  entry: AffectedEntry,
  component: Component,
  query: Query,
  rpm: boolean,
): 'main' | 'extended' | { readonly passedOver: string } {
  const ecosystem = readAs(component.ecosystem)
  const scope = releaseScope(ecosystem, entry.ecosystem, query.version)
  if (scope === undefined) return { passedOver: 'about another release' }
  if (rpm && !sameModularity(entry, component)) return { passedOver: 'about another build: a module, or none' }
  if (!forArchitecture(entry, component)) return { passedOver: 'about other architectures' }
  if (query.by === 'source' && !namesBinary(entry, component.name))
    return { passedOver: 'about other packages of the same source' }
  return scope
}

/** Whether an entry that is limited to architectures is about the component's; one that is built for none (`noarch`) is everywhere. */
function forArchitecture(entry: AffectedEntry, { architecture }: Component): boolean {
  if (architecture === undefined || architecture === 'noarch') return true
  const stated = statedStatus(entry.specific?.ecosystem_specific)?.architectures
  return stated === undefined || stated.length === 0 || stated.includes(architecture)
}

/**
 * SUSE, openSUSE and Ubuntu list the packages built from a source in `ecosystem_specific.binaries`. SUSE's list is of what the update replaces,
 * and a package that is not on it was not touched; Ubuntu's leaves out what is not supported, so there it decides nothing.
 */
function namesBinary(entry: AffectedEntry, name: string): boolean {
  if (!/^(?:open)?SUSE\b/.test(entry.ecosystem)) return true
  const specific = entry.specific?.ecosystem_specific
  const binaries =
    typeof specific === 'object' && specific !== null && 'binaries' in specific ? specific.binaries : undefined
  if (!Array.isArray(binaries) || binaries.length === 0) return true
  return binaries.some((group) => typeof group === 'object' && group !== null && Object.hasOwn(group, name))
}

/** A package that carries Ubuntu Pro's fixes says so in its version: `+esm1`, `~esm1`. */
const PRO_BUILD = /[+~]esm\d/

/** The record's verdict: Pro's entries decide about Pro's builds, and about the others only when no entry is for everybody. */
function verdictOf(said: Said, installed: string, order: VersionOrder, rpm: boolean): Verdict {
  const pro = said.extended.length > 0 && (said.main.length === 0 || PRO_BUILD.test(installed))
  return verdictOfEntries(pro ? said.extended : said.main, installed, order, rpm)
}

/**
 * Affected by one entry is affected (OSV schema, evaluation). RPM updates may list several fixed builds of one package side by
 * side (AlmaLinux: `…el8` and `…el8.alma`, a module built for each minor release): what equals one of them is that fix.
 */
function verdictOfEntries(
  entries: readonly AffectedEntry[],
  installed: string,
  order: VersionOrder,
  rpm: boolean,
): Verdict {
  let spoken = false
  let affected = false
  for (const entry of entries) {
    const verdict = beginsAfter(entry, installed, order) ? 'unaffected' : judge(entry, installed, order)
    if (verdict === 'affected') affected = true
    if (verdict !== 'silent') spoken = true
  }
  if (affected && rpm && entries.length > 1 && isFixedBuild(entries, installed, order)) return 'unaffected'
  return affected ? 'affected' : spoken ? 'unaffected' : 'silent'
}

/** OSV's ranges hold where they begin; an entry that begins behind a version names it in `introduced_after`. */
export function beginsAfter(entry: AffectedEntry, installed: string, order: VersionOrder): boolean {
  const specific = entry.specific?.ecosystem_specific
  if (typeof specific !== 'object' || specific === null || !('introduced_after' in specific)) return false
  const { introduced_after: after } = specific
  const at = order.parse(installed)
  return [after].flat().some((one) => typeof one === 'string' && order.compare(order.parse(one), at) === 0)
}

function isFixedBuild(entries: readonly AffectedEntry[], installed: string, order: VersionOrder): boolean {
  const at = order.parse(installed)
  return entries.some((entry) =>
    entry.ranges.some((range) =>
      range.events.some(({ fixed }) => fixed !== undefined && order.compare(order.parse(fixed), at) === 0),
    ),
  )
}
