import type { NetworkSettings } from '../image/index.ts'
import type { HttpOptions } from '../lib/http.ts'
import type { FeedReport } from './feeds/fetch.ts'
import type { EcosystemReport, UpdateProgress } from './sources/source.ts'
import type { FeedOptions } from './sources/take-feeds.ts'
import type { DatabaseStatus } from './types.ts'

export interface UpdateOptions {
  readonly cacheDir: string
  /** URL, folder or packed file; else `BULWARK_ADVISORIES_URL`, else OSV's public bucket. */
  readonly from?: string
  /** Exactly these, with or without release; all others stay as they are. */
  readonly ecosystems?: readonly string[]
  /** Everything that the source lists. */
  readonly all?: boolean
  /** Takes states that lose more than a tenth of their records. */
  readonly force?: boolean
  /** Which feeds beside the bucket, and where from. */
  readonly feeds?: FeedOptions
}

export interface UpdateIo {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly now: () => Date
  readonly signal?: AbortSignal
  readonly progress?: (event: UpdateProgress) => void
  /** Patience with the network, where it differs from the usual. */
  readonly http?: Partial<HttpOptions>
  /** How registries are reached, where advisories come from one. */
  readonly network?: Partial<NetworkSettings>
  /** How long to wait for another update; ten minutes unless said otherwise. */
  readonly lockWaitMs?: number
}

export interface UpdateReport {
  readonly status: DatabaseStatus
  readonly ecosystems: readonly EcosystemReport[]
  /** What was done with each feed that was asked. */
  readonly feeds: readonly FeedReport[]
  /** What went wrong and was kept from before, and what the source does not have. */
  readonly warnings: readonly string[]
  /** Whether every ecosystem that was asked for is now as the source has it. */
  readonly complete: boolean
  /** Whether another process made this update while this one waited: nothing was fetched. */
  readonly byAnother: boolean
}
