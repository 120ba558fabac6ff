import type { MatchPolicy } from '../advisories/index.ts'
import type { EngineSettings, NetworkSettings, SharedResources } from '../image/index.ts'
import type { Limits } from '../lib/limits.ts'
import type { Timeline } from '../lib/timeline.ts'
import type { VendorStatus } from '../model/finding.ts'
import type { Severity } from '../model/severity.ts'
import type { FactStore, LayerRunner } from '../reading/index.ts'

/** What part of a progress line changed. Progress goes to stderr and is never part of the answer. */
export interface ScanProgress {
  readonly stage: 'open' | 'read' | 'advisories' | 'match'
  readonly message: string
  readonly doneBytes?: number
  readonly totalBytes?: number
  /** Which layer it is about: its name, and what is done with it. */
  readonly layer?: { readonly name: string; readonly state: 'downloading' | 'reading' | 'waiting' | 'known' | 'done' }
}

/** How declared packages (lockfiles) and installed ones count. `auto`: installed in images and root file systems, declared in source directories. */
export type ReadMode = 'auto' | 'installed' | 'declared' | 'both'

export interface ScanOptions {
  readonly reference: string
  /** What the answer calls the target; the reference when undefined. */
  readonly shownAs?: string
  /** The folder that relative paths start from, and where a `.trivyignore` is looked for. */
  readonly cwd: string
  readonly platform?: string
  readonly distro?: string
  readonly skipFiles: readonly string[]
  readonly skipDirs: readonly string[]
  readonly pkgTypes: readonly ('os' | 'library')[]
  /** Severities to keep; all when undefined. */
  readonly severities?: readonly Severity[]
  readonly ignoreUnfixed: boolean
  /** Statuses by the vendor that are left out. */
  readonly ignoreStatus?: readonly VendorStatus[]
  /** Who decides whether a package has a weakness. */
  readonly matchPolicy?: MatchPolicy
  /** Whose severity is shown, in this order. */
  readonly severitySources?: readonly string[]
  readonly includeKernelHeaders: boolean
  readonly read: ReadMode
  /** Keep findings about packages that only development needs. */
  readonly includeDevelopment?: boolean
  /** Keep findings about libraries that are files of OS packages, also where the vendor's advisories decide. */
  readonly includeOwned?: boolean
  /** Also packages that a later layer removed or replaced. */
  readonly allLayers?: boolean
  /** Leave out findings that are less sure than this, 0 to 1. */
  readonly minConfidence?: number
  /** Keep findings about what is loaded, is not, or where that is not known; all when undefined. */
  readonly reachable?: readonly ('yes' | 'no' | 'unknown')[]
  /** An exception file; without one, `.trivyignore` or `.trivyignore.yaml` in `cwd` is used where it exists. */
  readonly ignoreFile?: string
  /** Where layer facts and advisories are kept. */
  readonly cacheDir: string
  /** How many bytes of layer facts are kept; a default when undefined. */
  readonly cacheMaxBytes?: number
  /** A folder on shared storage with layer facts of several machines. */
  readonly sharedCache?: string
  /** A database file or packed file to use instead of the cache's. */
  readonly advisories?: string
  /** No network at all. */
  readonly offline: boolean
  readonly network: NetworkSettings
  readonly engines: EngineSettings
  /** Ids of the image sources that may be asked, in order; all of them when undefined. */
  readonly doors?: readonly string[]
  /** Do not look for newer advisories. */
  readonly noUpdate: boolean
  readonly limits: Limits
  readonly workers: number
}

/** What a scan needs of the world. */
export interface ScanIo {
  readonly signal: AbortSignal
  readonly now: () => Date
  readonly environment: Readonly<Record<string, string | undefined>>
  /** The worker entry of the bundle, or the source. */
  readonly workerUrl: URL
  readonly progress: (event: ScanProgress) => void
  /** Says a choice, for `--debug`. */
  readonly explain: (line: string) => void
  /** Where it is noted what took how long; nowhere when undefined. */
  readonly timeline?: Timeline
}

/** What all scans of one run share. */
export interface ScanSession {
  readonly shared: SharedResources
  readonly runner: LayerRunner
  readonly store: FactStore
  /** Runs steps that must not run side by side one after the other: two images need not update the advisories twice. */
  inTurn<Result>(step: () => Promise<Result>): Promise<Result>
}
