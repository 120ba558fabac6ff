import { join } from 'node:path'
import type { HttpClient } from '../../lib/http.ts'
import { type FeedReport, fetchFeed } from '../feeds/fetch.ts'
import { FEEDS } from '../feeds/index.ts'
import { chooseFeeds, type FeedSettings, feedAccess, NO_FEED_SETTINGS } from '../feeds/settings.ts'
import type { Feed } from '../feeds/types.ts'
import { type FiledFeeds, filedFeeds } from './filed-feeds.ts'
import { inParallel } from './parallel.ts'

/** What an update says about feeds. */
export interface FeedOptions {
  readonly settings?: FeedSettings
  /** Feeds by name, `all` or `none`. */
  readonly asked?: readonly string[]
  /** The feeds that there are; all of the program's unless given. */
  readonly known?: readonly Feed[]
}

const PARALLEL_FEEDS = 3

/**
 * Fetches the feeds that an update needs or was asked for, and opens what all feeds of this machine say. Their troubles are warnings, and
 * what was there before stays; rejects for wrong names and for this machine's troubles.
 */
export async function takeFeeds(
  folder: string,
  options: FeedOptions,
  need: { readonly wanted: ReadonlySet<string>; readonly published: ReadonlySet<string>; readonly open: boolean },
  io: {
    readonly client: HttpClient
    readonly env: Readonly<Record<string, string | undefined>>
    readonly now: () => Date
    readonly signal: AbortSignal | undefined
    readonly force: boolean
    warn(text: string): void
    progress(event: { readonly message: string }): void
  },
): Promise<FiledFeeds> {
  const known = options.known ?? FEEDS
  const settings = options.settings ?? NO_FEED_SETTINGS
  const stores = join(folder, 'feeds')
  const chosen = chooseFeeds(known, {
    settings,
    ...need,
    ...(options.asked === undefined ? {} : { asked: options.asked }),
  })
  const reports: FeedReport[] = []
  await inParallel(chosen, PARALLEL_FEEDS, async (feed) => {
    reports.push(
      await fetchFeed(feed, {
        folder: stores,
        client: io.client,
        ...feedAccess(feed, settings, io.env),
        now: io.now,
        force: io.force,
        ...(io.signal === undefined ? {} : { signal: io.signal }),
        progress: (message) => io.progress({ message }),
      }),
    )
  })
  reports.sort((a, b) => (a.feed < b.feed ? -1 : 1))
  for (const { warnings } of reports) for (const warning of warnings) io.warn(warning)
  const off = new Set(known.filter((feed) => settings.feeds.get(feed.id)?.fetch === false).map((feed) => feed.id))
  return filedFeeds(
    known.filter((feed) => !off.has(feed.id)),
    stores,
    reports,
    off,
  )
}
