import type { StoredDatabase } from '../database/read.ts'
import type { Draft } from '../database/write.ts'
import type { ForeignDatabase } from '../foreign/types.ts'
import type { FiledFeeds } from './filed-feeds.ts'
import type { Layout } from './layout.ts'

/** Where an update reads from: a place in the bucket's layout, a packed database, or another scanner's. */
export type Place =
  | { readonly kind: 'layout'; readonly layout: Layout }
  | { readonly kind: 'packed'; readonly origin: string; readonly database: StoredDatabase }
  | { readonly kind: 'foreign'; readonly origin: string; readonly database: ForeignDatabase }

/** URL, folder or file of a place, without credentials. */
export function originOf(place: Place): string {
  return place.kind === 'layout' ? place.layout.origin : place.origin
}

/** What every source is given for one update. */
export interface UpdateRun {
  readonly place: Place
  readonly previous: StoredDatabase | undefined
  readonly draft: Draft
  /** ISO time of this update. */
  readonly at: string
  /** Ecosystems to ask for, without release; the others are taken over as they are. */
  readonly selected: ReadonlySet<string>
  /** Names that the place lists, with release. */
  readonly listed: readonly string[]
  readonly force: boolean
  /** What feeds say beside the place. */
  readonly feeds: FiledFeeds
  readonly signal: AbortSignal | undefined
  warn(text: string): void
  progress(event: UpdateProgress): void
}

/** Something to show while an update runs. */
export interface UpdateProgress {
  readonly message: string
  readonly doneBytes?: number
  readonly totalBytes?: number
}

/** What an update did with one ecosystem. */
export interface EcosystemReport {
  readonly name: string
  /**
   * `taken`: all its records anew; `changed`: only what is new; `unchanged`: asked, nothing new; `kept`: from before because
   * the source failed or would lose too much; `missing`: neither there nor here; `carried`: not asked for.
   */
  readonly outcome: 'taken' | 'changed' | 'unchanged' | 'kept' | 'missing' | 'carried'
  readonly records: number
  readonly added: number
  readonly changed: number
  readonly removed: number
  readonly skipped: number
}

/** What a source leaves behind in the database's own notes. */
export interface SourceResult {
  readonly ecosystems?: readonly EcosystemReport[]
  readonly kev?: { readonly entries: number; readonly released: string; readonly fetchedAt: string }
  readonly epss?: { readonly entries: number; readonly on: string; readonly fetchedAt: string }
}

/** One source of advisories or of facts about them. It fills the draft, and keeps what was there when it cannot. */
export interface AdvisorySource {
  readonly id: string
  readonly title: string
  readonly licence: string
  update(run: UpdateRun): Promise<SourceResult>
}
