import type { Component } from '../../model/component.ts'
import type { AffectedEntry } from '../types.ts'
import { isRpm, judgedVersion, queriesFor, readAs } from './ecosystems.ts'
import { beginsAfter, scopeOf } from './judgement.ts'
import { judge } from './ranges.ts'
import type { Session } from './session.ts'

/** What became of one entry when a component was judged. */
export interface TracedEntry {
  readonly entry: AffectedEntry
  /** `passed-over`: it speaks about something else; `silent`: it names no versions. */
  readonly verdict: 'affected' | 'unaffected' | 'silent' | 'passed-over'
  /** Why: the version that was compared, or what else it is about. */
  readonly why: string
}

/** Every entry that names a component's package, or its source, with what became of it. */
export function traceEntries(component: Component, session: Session): readonly TracedEntry[] {
  const ecosystem = readAs(component.ecosystem)
  const order = session.order(ecosystem)
  const traced: TracedEntry[] = []
  for (const query of queriesFor(component)) {
    const of = query.name === component.name ? '' : ` of the source ${query.name}`
    for (const entry of session.db.affected(ecosystem, query.name)) {
      const scope = scopeOf(entry, component, query, isRpm(ecosystem))
      if (typeof scope === 'object') traced.push({ entry, verdict: 'passed-over', why: scope.passedOver })
      else if (order === undefined)
        traced.push({ entry, verdict: 'silent', why: 'nothing orders the versions of its ecosystem' })
      else {
        const installed = judgedVersion(ecosystem, query.version, [entry])
        const verdict = beginsAfter(entry, installed, order) ? 'unaffected' : judge(entry, installed, order)
        const where = verdict === 'affected' ? 'within' : verdict === 'unaffected' ? 'outside' : 'named by nothing'
        const paid = scope === 'extended' ? ', for subscribers' : ''
        traced.push({ entry, verdict, why: `${installed}${of} is ${where}${paid}` })
      }
    }
  }
  return traced
}
