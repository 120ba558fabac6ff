import type { EcosystemDraft } from '../database/write.ts'
import { parseRecord } from '../record.ts'
import type { UpdateRun } from './source.ts'

/** The feeds whose records belong into an ecosystem of this update. */
export interface EcosystemFeeds {
  /** Each with the time of its last change; those of the last database whose stores are not on this machine among them. */
  readonly stamps: Readonly<Record<string, string>>
  /** Whether they are the ones, and as they were, that the last database has filed. */
  readonly same: boolean
  /** Files their records, before those of anybody else. */
  file(draft: EcosystemDraft): void
}

/** What feeds say about an ecosystem, see {@link EcosystemFeeds}. */
export function ecosystemFeeds(run: UpdateRun, name: string): EcosystemFeeds {
  const filed = run.previous?.ecosystem(name)?.feeds ?? {}
  const here = run.feeds.stamps(name)
  // A packed database brings what feeds said elsewhere: it stays until the feed is fetched here, or turned off.
  const carried = Object.entries(filed).filter(([id]) => !Object.hasOwn(here, id) && !run.feeds.off.has(id))
  const stamps = { ...Object.fromEntries(carried), ...here }
  const sources = new Set(carried.map(([id]) => id))
  return {
    stamps,
    same: textOf(stamps) === textOf(filed),
    file(draft) {
      for (const { record, source, fetchedAt } of run.feeds.records(name)) {
        run.signal?.throwIfAborted()
        draft.add(record, '', { source, fetchedAt })
      }
      if (sources.size === 0 || run.previous === undefined) return
      for (const one of run.previous.records(name)) {
        if (one.listed !== '' || !sources.has(one.source)) continue
        const parsed = parseRecord(one.body, one.id)
        if (parsed.ok) draft.add(parsed.record, '', { source: one.source, fetchedAt: one.fetchedAt })
      }
    },
  }
}

function textOf(stamps: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.entries(stamps).sort(([a], [b]) => (a < b ? -1 : 1)))
}
