import type { Component } from '../../model/component.ts'
import type { AdvisoryDatabase } from '../types.ts'
import { queriesFor, readAs } from './ecosystems.ts'
import { releaseScope } from './releases.ts'

/**
 * Every name of every weakness about which the publisher of a component's own advisories says something for its release, whatever it says:
 * affected, or fixed in an older version than the installed one.
 */
export function vendorNames(component: Component, db: AdvisoryDatabase): ReadonlySet<string> {
  const names = new Set<string>()
  for (const query of queriesFor(component)) {
    for (const entry of db.affected(readAs(component.ecosystem), query.name)) {
      if (releaseScope(readAs(component.ecosystem), entry.ecosystem, query.version) === undefined) continue
      for (const name of [entry.recordId, ...db.names(entry.recordId), ...db.covers(entry.recordId)]) names.add(name)
    }
  }
  return names
}
