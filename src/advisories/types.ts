import type { FindingKind } from '../model/finding.ts'

// ---------------------------------------------------------------- records (OSV schema 1.7, https://ossf.github.io/osv-schema/)

export interface OsvEvent {
  readonly introduced?: string
  readonly fixed?: string
  readonly last_affected?: string
  readonly limit?: string
}

export interface OsvRange {
  readonly type: 'SEMVER' | 'ECOSYSTEM' | 'GIT'
  readonly events: readonly OsvEvent[]
}

export interface OsvSeverity {
  /** `CVSS_V2`, `CVSS_V3`, `CVSS_V4`, `Ubuntu`, … */
  readonly type: string
  /** A vector, or a word for types such as `Ubuntu`. */
  readonly score: string
}

export interface OsvAffected {
  readonly package?: { readonly ecosystem: string; readonly name: string; readonly purl?: string }
  readonly ranges?: readonly OsvRange[]
  readonly versions?: readonly string[]
  readonly severity?: readonly OsvSeverity[]
  readonly ecosystem_specific?: Readonly<Record<string, unknown>>
  readonly database_specific?: Readonly<Record<string, unknown>>
}

/** One advisory as OSV publishes it, parsed and bounded. Unknown fields are dropped; an unknown ID prefix is no reason to refuse. */
export interface OsvRecord {
  readonly id: string
  readonly modified: string
  readonly published?: string
  readonly withdrawn?: string
  readonly aliases: readonly string[]
  readonly upstream: readonly string[]
  readonly related: readonly string[]
  readonly summary?: string
  readonly details?: string
  readonly severity: readonly OsvSeverity[]
  readonly affected: readonly OsvAffected[]
  readonly references: readonly { readonly type: string; readonly url: string }[]
  readonly database_specific?: Readonly<Record<string, unknown>>
}

// ---------------------------------------------------------------- database

/** What one record says about one package: all that matching needs before it opens the record itself. */
export interface AffectedEntry {
  readonly recordId: string
  /** With the release, as the record has it: `Debian:12`, `Ubuntu:Pro:22.04:LTS`, `npm`. */
  readonly ecosystem: string
  /** As the record has it. */
  readonly name: string
  readonly ranges: readonly OsvRange[]
  readonly versions: readonly string[]
  /** The affected entry's own objects as they are: `{ ecosystem_specific?: …, database_specific?: … }`. */
  readonly specific?: Readonly<Record<string, unknown>>
  readonly severity: readonly OsvSeverity[]
}

export interface KevEntry {
  readonly cve: string
  readonly dateAdded: string
  readonly dueDate?: string
  readonly ransomware: boolean
  readonly name: string
}

export interface EpssEntry {
  readonly probability: number
  readonly percentile: number
  /** ISO date of the model's run. */
  readonly on: string
}

/** What a catalogue says about a weakness beside advisories. */
export interface WeaknessFact {
  readonly cve: string
  /** `public`: a proof is published; `weaponised`: a tool uses it. */
  readonly exploit?: 'public' | 'weaponised'
  /** CISA's SSVC decision points as published by Vulnrichment. */
  readonly ssvc?: { readonly exploitation: string; readonly automatable: string; readonly technicalImpact: string }
  /** Address of the proof or the decision. */
  readonly reference?: string
  /** ISO date. */
  readonly since?: string
}

/** The same with the feed that says it. */
export type SourcedFact = WeaknessFact & { readonly source: string }

/** The one door to the advisories: opened read-only, shared by any number of processes. */
export interface AdvisoryDatabase {
  /**
   * What all not withdrawn records say about a package. `ecosystem` is OSV's name, `name` as `packageKey` normalises it. With a release
   * (`Debian:12`) at least the entries that speak about it come back; the caller picks.
   */
  affected(ecosystem: string, name: string): readonly AffectedEntry[]
  /** The same for every package of an ecosystem, one after another, in no particular order. */
  packages(ecosystem: string): Iterable<readonly AffectedEntry[]>
  /** The whole record, withdrawn ones too. */
  record(id: string): OsvRecord | undefined
  /** The record's origin: source id and the time of fetching. */
  origin(id: string): { readonly source: string; readonly fetchedAt: string } | undefined
  /**
   * Every name of the one weakness that the record is about: its alias set over all records (aliases and upstream), itself
   * included, sorted. A set never holds two CVE numbers. For a bundle (see {@link covers}) its own name alone.
   */
  names(id: string): readonly string[]
  /**
   * The weaknesses that a bundle names: a record that lists two or more CVE numbers (DSA, USN, RLSA, ALSA, some of Go's) is
   * about each of them, but they are not one. Sorted CVE numbers (GHSA ids where it has none), each with its own `names`;
   * empty for a record about one weakness.
   */
  covers(id: string): readonly string[]
  /** Ids of records, sorted, that go by this name or another of its set, and of the bundles that cover it. */
  recordsNamed(name: string): readonly string[]
  kev(cve: string): KevEntry | undefined
  epss(cve: string): EpssEntry | undefined
  /** What catalogues say about a weakness, by source; at most one of each. */
  facts(cve: string): readonly SourcedFact[]
  status(): DatabaseStatus
  close(): void
}

/** One feed beside OSV's bucket, as the database holds it. */
export interface FeedStatus {
  readonly id: string
  readonly title: string
  readonly publisher: string
  readonly licence: string
  readonly origin: string
  /** Last time that its publisher was asked with success. */
  readonly checkedAt: string
  /** Last time that it had something new. */
  readonly changedAt: string
  readonly failing?: { readonly since: string; readonly why: string }
  readonly records: number
  readonly facts: number
  readonly skipped: number
  /** `modified` of the newest record that does not lie in the future: its age. */
  readonly newestRecordAt: string
}

export interface DatabaseStatus {
  /** Identity of this build: hash of its contents' states. */
  readonly id: string
  readonly builtAt: string
  /** URL or folder of the last update. */
  readonly from: string
  /** Last time that the source was asked successfully. */
  readonly checkedAt: string
  /** Whether everything that the source lists is in it. */
  readonly everything: boolean
  readonly ecosystems: readonly EcosystemStatus[]
  readonly kev?: { readonly entries: number; readonly released: string; readonly fetchedAt: string }
  readonly epss?: { readonly entries: number; readonly on: string; readonly fetchedAt: string }
  /** What went wrong with the last update and was kept from before, and what the source does not have. */
  readonly warnings: readonly string[]
  /** Ecosystems, with release suffix, that the source says it has. */
  readonly listed: readonly string[]
  /** Ecosystems of which only some releases are here, where they come one by one. */
  readonly partial?: readonly string[]
  /** Feeds beside the bucket. */
  readonly feeds?: readonly FeedStatus[]
}

export interface EcosystemStatus {
  /** Without release: `Debian`. */
  readonly name: string
  /** Releases that occur in its records: `12`, `v3.10`, empty for ecosystems without. */
  readonly releases: readonly string[]
  readonly records: number
  readonly withdrawn: number
  readonly skipped: number
  /** `modified` of the newest record: the age that is shown. */
  readonly newestRecordAt: string
  readonly fetchedAt: string
  readonly source: string
  readonly licence: string
}

// ---------------------------------------------------------------- matching

/**
 * Who decides whether a component has a weakness: `specific`, the most specific source (the vendor for its own packages, the ecosystem's
 * database for a library); `any`, whoever says so; `agreed`, nobody while a source says that this version is not affected.
 */
export type MatchPolicy = 'specific' | 'any' | 'agreed'

export interface MatchOptions {
  /** `specific` unless said. */
  readonly policy?: MatchPolicy
  /** Sources of severity in the order in which they are asked, `auto` for the usual rules; those unless said. */
  readonly severitySources?: readonly string[]
  readonly includeKernelHeaders: boolean
  /** The target is an image or container: the host's kernel runs. */
  readonly image: boolean
}

export type { FindingKind }
