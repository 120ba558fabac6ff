import { severityOfWord } from '../../../src/advisories/matching/severity.ts'
import type { OsvAffected, OsvRecord } from '../../../src/advisories/types.ts'

/** A case of the feeds' data: facts about an advisory within a group (a release), or the whole `record` of a catalogue. */
export interface FeedCase {
  readonly feed: string
  readonly group: string
  readonly id: string
  readonly namespace?: string
  readonly severity?: string
  readonly cves?: readonly string[]
  readonly packages?: readonly PackageFacts[]
  readonly record?: Readonly<Record<string, unknown>>
}

export interface PackageFacts {
  readonly name: string
  /** `None`: no fix; `0`: not affected. */
  readonly fixed: string
  readonly module: string | null
  readonly wontFix: boolean
  /** `<= VERSION`, `< VERSION` where the feed states it. */
  readonly range: string | null
}

/** What came out of a feed for one advisory in one group. */
export interface FeedFacts {
  readonly group: string
  readonly id: string
  readonly severity: string
  readonly cves: readonly string[]
  readonly packages: readonly PackageFacts[]
}

/** How the cases of one feed are answered. `answer` gives one line of what came out, to be compared with `expected`. */
export interface FeedPlace {
  readonly feed: string
  /** Prepares what all cases share: reads every input below the feed's folder with the real reader. */
  open(folder: string): Promise<FeedAnswers>
}

export interface FeedAnswers {
  /** Facts for a case with `packages`; undefined where nothing came out. */
  facts?(of: FeedCase): FeedFacts | undefined
  /** For a case with `record`: what of it Bulwark keeps, expected and actual, to be equal as JSON. */
  record?(of: FeedCase): { readonly expected: unknown; readonly actual: unknown }
  /** Inputs without cases: each must be read, or refused with a reason. */
  readonly further?: readonly { readonly name: string; readonly passed: boolean; readonly detail?: string }[]
}

const WORDS: Readonly<Record<string, string>> = {
  critical: 'Critical',
  high: 'High',
  medium: 'Medium',
  low: 'Low',
  negligible: 'Negligible',
}

/** The case's word for the severity of an entry or its record: words of the publisher only. */
export function severityWord(record: OsvRecord, affected?: OsvAffected): string {
  for (const { type, score } of [...(affected?.severity ?? []), ...record.severity]) {
    const value = type.startsWith('CVSS') ? undefined : severityOfWord(score)
    if (value !== undefined) return WORDS[value] ?? 'Unknown'
  }
  return 'Unknown'
}

/** CVE numbers that a record is about, sorted. */
export function cvesOf(record: OsvRecord): readonly string[] {
  const all = [record.id, ...record.aliases, ...record.upstream].filter((id) => /^CVE-\d{4}-\d+$/.test(id))
  return [...new Set(all)].sort()
}

/** An affected entry in the form of the cases. */
export function packageFacts(affected: OsvAffected): PackageFacts {
  const events = affected.ranges?.flatMap((range) => range.events) ?? []
  const fixed = events.find((event) => event.fixed !== undefined)?.fixed
  const last = events.find((event) => event.last_affected !== undefined)?.last_affected
  const specific = affected.ecosystem_specific ?? {}
  return {
    name: affected.package?.name ?? '',
    fixed: fixed ?? 'None',
    module: typeof specific.module === 'string' ? specific.module : null,
    wontFix: specific.status === 'will-not-fix',
    range: last === undefined ? null : `<= ${last}`,
  }
}
