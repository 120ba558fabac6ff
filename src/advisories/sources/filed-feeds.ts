import { existsSync } from 'node:fs'
import type { FeedReport } from '../feeds/fetch.ts'
import { feedStorePath } from '../feeds/fetch.ts'
import { type FeedStore, openFeedStore } from '../feeds/store.ts'
import type { Feed } from '../feeds/types.ts'
import { bareEcosystem } from '../package-key.ts'
import type { FeedStatus, OsvRecord, WeaknessFact } from '../types.ts'

/** A record of a feed, with where and when it was had. */
export interface FeedRecord {
  readonly record: OsvRecord
  readonly source: string
  readonly fetchedAt: string
}

/** What the feeds of this machine say, to be filed beside OSV's records. */
export interface FiledFeeds {
  /** Ecosystems, without release, of which a feed says something. */
  readonly ecosystems: ReadonlySet<string>
  /** Feeds that speak about an ecosystem, each with the time of its last change: while they stay, nothing is filed anew. */
  stamps(ecosystem: string): Readonly<Record<string, string>>
  /** Their records about an ecosystem, feed by feed. */
  records(ecosystem: string): Iterable<FeedRecord>
  /** Feeds that are turned off: nothing of theirs stays. */
  readonly off: ReadonlySet<string>
  facts(): Iterable<WeaknessFact & { readonly source: string }>
  readonly status: readonly FeedStatus[]
  readonly reports: readonly FeedReport[]
  close(): void
}

/** Opens the stores of these feeds, those that there are. */
export function filedFeeds(
  feeds: readonly Feed[],
  folder: string,
  reports: readonly FeedReport[],
  off: ReadonlySet<string>,
): FiledFeeds {
  const open: {
    readonly feed: Feed
    readonly store: FeedStore
    readonly status: FeedStatus
    /** Differs whenever the feed has something new. */
    readonly stamp: string
    readonly about: ReadonlySet<string>
  }[] = []
  for (const feed of feeds) {
    const path = feedStorePath(folder, feed)
    if (!existsSync(path)) continue
    const store = openFeedStore(path)
    const state = store.state()
    if (state === undefined) {
      store.close()
      continue
    }
    const { feed: id, revision, ...rest } = state
    const status = { id, title: feed.title, publisher: feed.publisher, licence: feed.licence, ...rest }
    open.push({ feed, store, status, stamp: `${state.changedAt} ${revision}`, about: new Set(feed.ecosystems) })
  }
  return {
    ecosystems: new Set(open.flatMap(({ about, status }) => (status.records > 0 ? [...about] : []))),
    stamps: (ecosystem) =>
      Object.fromEntries(
        open.filter(({ about }) => about.has(ecosystem)).map(({ status, stamp }) => [status.id, stamp]),
      ),
    *records(ecosystem) {
      for (const { store, about, status } of open) {
        if (!about.has(ecosystem)) continue
        for (const record of store.records())
          if (
            record.affected.some(
              (one) => one.package !== undefined && bareEcosystem(one.package.ecosystem) === ecosystem,
            )
          )
            yield { record, source: status.id, fetchedAt: status.checkedAt }
      }
    },
    *facts() {
      for (const { store, status } of open) for (const fact of store.facts()) yield { ...fact, source: status.id }
    },
    off,
    status: open.map(({ status }) => status),
    reports,
    close: () => {
      for (const { store } of open) store.close()
    },
  }
}
