import type { SourcedFact } from '../types.ts'
import type { AdvisorySource } from './source.ts'

/** What feeds say about weaknesses themselves: published exploits, SSVC. */
export const facts: AdvisorySource = {
  id: 'facts',
  title: 'Facts about weaknesses',
  licence: 'by feed',
  async update(run) {
    const here = new Set(run.feeds.status.filter((feed) => feed.facts > 0).map(({ id }) => id))
    const carried = run.place.kind === 'packed' ? run.place.database : run.previous
    const kept = function* (): Generator<SourcedFact> {
      // What a feed said that is not on this machine stays, until the feed is fetched here or turned off.
      for (const fact of carried?.allFacts() ?? [])
        if (!here.has(fact.source) && !run.feeds.off.has(fact.source)) yield fact
      yield* run.feeds.facts()
    }
    run.draft.facts(byWeakness([...kept()]))
    return {}
  },
}

/** In the order of weaknesses, as the database takes them. */
function byWeakness(all: SourcedFact[]): readonly SourcedFact[] {
  return all.sort((a, b) => (a.cve < b.cve ? -1 : a.cve > b.cve ? 1 : 0))
}
