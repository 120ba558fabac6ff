import { join } from 'node:path'
import { ensureDirectory } from '../../lib/cache-directory.ts'
import { Failure } from '../../lib/failure.ts'
import type { HttpClient } from '../../lib/http.ts'
import { plain } from '../sources/layout.ts'
import { DocumentFiling, type FilingOptions, LEAST_KEPT } from './filing.ts'
import { type FeedPlace, type FetchedDocument, feedPlace, isDocumentPath } from './place.ts'
import { type FeedState, type FeedStore, type FeedWriter, type HeldDocument, openFeedStore } from './store.ts'
import type { Feed, FeedDocument, FeedIo, FeedReader } from './types.ts'

const MAX_DOCUMENTS = 1_000_000
/** Clocks differ; a record from later than this is from the future. */
const CLOCK_TOLERANCE_MS = 24 * 60 * 60_000

export interface FeedFetch {
  /** Folder of the feeds' stores. */
  readonly folder: string
  readonly client: HttpClient
  /** Addresses or folders that stand in for the feed's own, by their names. */
  readonly mirror?: Readonly<Record<string, string>>
  /** Sent with every request: a key. */
  readonly headers?: Readonly<Record<string, string>>
  readonly now: () => Date
  /** Takes a state that loses more than a tenth of the records. */
  readonly force?: boolean
  readonly signal?: AbortSignal
  readonly progress?: (message: string) => void
}

/** What fetching did with one feed. */
export interface FeedReport {
  readonly feed: string
  /**
   * `taken`: for the first time; `changed`; `unchanged`: asked, nothing new; `kept`: all from before, because the publisher failed or
   * would lose too much; `partly`: some documents failed, and what they said before stays; `missing`: failed, and nothing is here.
   */
  readonly outcome: 'taken' | 'changed' | 'unchanged' | 'kept' | 'partly' | 'missing'
  readonly state?: FeedState
  readonly added: number
  readonly changed: number
  readonly removed: number
  /** What went wrong, ready to be shown. */
  readonly warnings: readonly string[]
}

/** File of a feed's store. */
export function feedStorePath(folder: string, feed: Pick<Feed, 'id'>): string {
  return join(folder, `${feed.id}.db`)
}

/**
 * Asks a feed's publisher for what is new and files it in the feed's store: all at once or, when the feed fails, shrinks or changes its
 * form, not at all. Whatever the publisher does wrong is told in the report; rejects only for this machine's troubles.
 */
export async function fetchFeed(feed: Feed, options: FeedFetch): Promise<FeedReport> {
  await ensureDirectory(options.folder)
  const store = openFeedStore(feedStorePath(options.folder, feed))
  try {
    return await new Fetching(feed, store, options).run()
  } finally {
    store.close()
  }
}

class Fetching {
  readonly #feed: Feed
  readonly #store: FeedStore
  readonly #options: FeedFetch
  readonly #places = new Map<string, FeedPlace>()
  readonly #warnings: string[] = []
  readonly #at: string
  #touched = 0
  #failed = 0
  #firstFailure: string | undefined

  constructor(feed: Feed, store: FeedStore, options: FeedFetch) {
    this.#feed = feed
    this.#store = store
    this.#options = options
    this.#at = options.now().toISOString()
  }

  async run(): Promise<FeedReport> {
    const before = this.#store.state()
    const times = this.#store.times()
    let why: string | undefined
    const kept = await this.#store.change(async (writer) => {
      try {
        await this.#update(writer)
        why = this.#shrunk(times) ?? this.#lostFacts(before)
      } catch (error) {
        this.#options.signal?.throwIfAborted()
        if (!(error instanceof Failure)) throw error
        why = error.message
      }
      // A part that failed is a failure that goes on, although the rest is new.
      const since = before?.failing?.since ?? this.#at
      if (why === undefined)
        writer.state(this.#state(before, this.#failed === 0 ? undefined : { since, why: this.#warnings[0] }))
      return why === undefined
    })
    if (kept) return this.#report(before, times)
    const since = before?.failing?.since ?? this.#at
    const state = before && { ...before, failing: { since, why: why ?? '' } }
    if (state !== undefined)
      await this.#store.change(async (writer) => {
        writer.state(state)
        return true
      })
    const still = before === undefined ? 'it is not in the database' : `the state of ${before.checkedAt} stays`
    return {
      feed: this.#feed.id,
      outcome: before === undefined ? 'missing' : 'kept',
      ...(state === undefined ? {} : { state }),
      added: 0,
      changed: 0,
      removed: 0,
      warnings: [`${this.#feed.title}: ${why}; ${still}`],
    }
  }

  async #update(writer: FeedWriter): Promise<void> {
    const held = this.#store.documents()
    const reader = await this.#feed.load()
    const documents = await reader.documents(this.#io(held))
    this.#check(documents)
    const listed = new Set(documents.map((document) => document.path))
    const archives = new Set(documents.filter((one) => one.kind === 'archive').map((one) => one.path))
    for (const document of documents) {
      this.#options.signal?.throwIfAborted()
      await this.#document(writer, reader, document, held.get(document.path))
    }
    for (const [path] of held) {
      if (listed.has(path) || archives.has(path) || this.#store.isMember(path)) continue
      writer.drop(path)
      this.#touched++
    }
    if (this.#failed > 0 && this.#failed === documents.filter((one) => one.kind !== 'gone').length)
      throw new Failure('feed-failed', this.#firstFailure ?? 'no document could be read', { input: this.#feed.id })
  }

  #check(documents: readonly FeedDocument[]): void {
    const wrong = (what: string) => new Failure('feed-index', `the list of documents ${what}`, { input: this.#feed.id })
    if (documents.length === 0) throw wrong('is empty')
    if (documents.length > MAX_DOCUMENTS) throw wrong(`names more than ${MAX_DOCUMENTS}`)
    for (const { path, from = 'main' } of documents) {
      if (!isDocumentPath(path))
        throw wrong(`names ${JSON.stringify(path.slice(0, 200))}, which is no path below its address`)
      if (!Object.hasOwn(this.#feed.addresses, from)) throw wrong(`names the address ${from}, which there is not`)
    }
  }

  /** One document, whose failure leaves what it said before. */
  async #document(
    writer: FeedWriter,
    reader: FeedReader,
    document: FeedDocument,
    held: HeldDocument | undefined,
  ): Promise<void> {
    if (document.kind === 'gone') {
      if (held !== undefined) {
        writer.drop(document.path)
        this.#touched++
      }
      return
    }
    if (document.marker !== undefined && document.marker === held?.marker) return
    const place = this.#place(document.from)
    const input = place.locate(document.path)
    let fetched: FetchedDocument | 'same' | 'missing' | undefined
    try {
      this.#options.progress?.(`${this.#feed.title}: ${document.path}`)
      fetched = await place.fetch(document.path, document.maxBytes, held ?? {}, this.#options.headers)
      if (fetched === 'same') return
      if (fetched === 'missing') {
        if (!document.optional) throw new Failure('feed-missing', `${input} is not there`, { input })
        if (held !== undefined) {
          writer.drop(document.path)
          this.#touched++
        }
        return
      }
      const { path, digest, etag, lastModified } = fetched
      const now = {
        ...(document.marker === undefined ? {} : { marker: document.marker }),
        ...(etag === undefined ? {} : { etag }),
        ...(lastModified === undefined ? {} : { lastModified }),
        digest,
        fetchedAt: this.#at,
      }
      if (digest === held?.digest) return writer.hold(document.path, now)
      const filing = new DocumentFiling(this.#store, writer, reader, this.#filing)
      await writer.document(() => filing.file(document, input, path, now, held !== undefined))
      this.#touched++
    } catch (error) {
      this.#options.signal?.throwIfAborted()
      if (!(error instanceof Failure)) throw error
      this.#failed++
      this.#firstFailure ??= error.message
      this.#warnings.push(
        `${this.#feed.title}: ${error.message}${held === undefined ? '' : `; what it said on ${held.fetchedAt} stays`}`,
      )
    } finally {
      if (typeof fetched === 'object') await fetched.dispose()
    }
  }

  #io(held: ReadonlyMap<string, HeldDocument>): FeedIo {
    return {
      at: this.#at,
      held: new Map([...held].map(([path, one]) => [path, one.marker ?? ''])),
      bytes: async (path, maxBytes, from) => {
        const place = this.#place(from)
        if (path !== '' && !isDocumentPath(path))
          throw new Failure('feed-index', `${path} is no path below its address`, { input: path })
        const fetched = await place.fetch(path, maxBytes, {}, this.#options.headers)
        if (typeof fetched === 'string') return undefined
        try {
          const { readFile } = await import('node:fs/promises')
          return plain(await readFile(fetched.path), maxBytes, place.locate(path))
        } finally {
          await fetched.dispose()
        }
      },
    }
  }

  get #filing(): FilingOptions {
    const { force = false, signal } = this.#options
    return { at: this.#at, force, signal }
  }

  #place(name = 'main'): FeedPlace {
    const known = this.#places.get(name)
    if (known !== undefined) return known
    const base = this.#options.mirror?.[name] ?? this.#feed.addresses[name]
    if (base === undefined) throw new Failure('feed-index', `there is no address ${name}`, { input: this.#feed.id })
    const place = feedPlace(base, this.#options.client, join(this.#options.folder, 'fetch'), this.#options.signal)
    this.#places.set(name, place)
    return place
  }

  /** Why the new state is not believed. */
  #shrunk(before: ReadonlyMap<string, string>): string | undefined {
    if (this.#options.force || before.size === 0) return undefined
    const now = this.#store.times()
    let stayed = 0
    for (const id of before.keys()) if (now.has(id)) stayed++
    if (stayed >= before.size * LEAST_KEPT) return undefined
    return `${before.size - stayed} of its ${before.size} records would be lost, --force takes what is there`
  }

  #lostFacts(before: FeedState | undefined): string | undefined {
    if (this.#options.force || before === undefined || before.facts === 0) return undefined
    const { facts } = this.#store.counts()
    if (facts >= before.facts * LEAST_KEPT) return undefined
    return `${before.facts - facts} of its ${before.facts} facts would be lost, --force takes what is there`
  }

  #state(before: FeedState | undefined, failing: FeedState['failing']): FeedState {
    const soon = new Date(Date.parse(this.#at) + CLOCK_TOLERANCE_MS).toISOString()
    return {
      feed: this.#feed.id,
      origin: this.#place().origin,
      checkedAt: this.#at,
      revision: (before?.revision ?? 0) + (this.#touched > 0 ? 1 : 0),
      changedAt: this.#touched > 0 || before === undefined ? this.#at : before.changedAt,
      ...(failing === undefined ? {} : { failing }),
      ...this.#store.counts(),
      newestRecordAt: this.#store.newest(soon),
    }
  }

  #report(before: FeedState | undefined, times: ReadonlyMap<string, string>): FeedReport {
    const now = this.#store.times()
    let [added, changed] = [0, 0]
    for (const [id, time] of now) {
      const known = times.get(id)
      if (known === undefined) added++
      else if (known !== time) changed++
    }
    const removed = [...times.keys()].filter((id) => !now.has(id)).length
    const settled = before === undefined ? 'taken' : this.#touched > 0 ? 'changed' : 'unchanged'
    const state = this.#store.state()
    if (state !== undefined && state.skipped > 0)
      this.#warnings.push(`${this.#feed.title}: ${state.skipped} records are wrong and left out`)
    return {
      feed: this.#feed.id,
      outcome: this.#failed > 0 ? 'partly' : settled,
      ...(state === undefined ? {} : { state }),
      added,
      changed,
      removed,
      warnings: this.#warnings,
    }
  }
}
