import { readFileSync } from 'node:fs'
import type { Feed } from '../../../src/advisories/feeds/types.ts'
import type { OsvAffected, OsvRecord } from '../../../src/advisories/types.ts'
import { feedRecords } from '../../support/feed.ts'
import { cvesOf, type FeedAnswers, type FeedCase, type FeedFacts, packageFacts, severityWord } from './facts.ts'

/** Every record of these files, read by the real reader. */
export async function recordsOf(
  feed: Feed,
  files: readonly { readonly path: string; readonly file: string }[],
): Promise<readonly OsvRecord[]> {
  const all = await Promise.all(files.map(({ path, file }) => feedRecords(feed, path, readFileSync(file))))
  return all.flat()
}

/** How a feed's records are named in the cases. */
export interface CaseNames {
  /** Whether an entry's ecosystem is what a case's group means. */
  readonly inGroup: (ecosystem: string, of: FeedCase) => boolean
  /** The case's id of a record. */
  readonly id: (record: OsvRecord) => string
  /** Whether the cases' project lists CVE numbers beside the id. */
  readonly cves?: boolean
  /** Entries that the cases' project leaves out. */
  /** What the cases' project calls not to be fixed. */
  readonly wontFix?: (affected: OsvAffected) => boolean
  /** A case's range of an entry, where the cases' project states one. */
  readonly range?: (affected: OsvAffected) => string
  readonly leavesOut?: (affected: OsvAffected) => boolean
}

/** Answers cases of facts from records. */
export function factAnswers(records: readonly OsvRecord[], names: CaseNames): FeedAnswers {
  return {
    facts(of): FeedFacts | undefined {
      const about = records.filter((record) => names.id(record) === of.id)
      const entries = about.flatMap((record) =>
        record.affected
          .filter((one) => names.inGroup(one.package?.ecosystem ?? '', of) && !names.leavesOut?.(one))
          .map((affected) => ({ record, affected })),
      )
      const [first] = entries
      if (first === undefined) return undefined
      return {
        group: of.group,
        id: of.id,
        severity: severityWord(first.record, first.affected),
        cves: names.cves ? cvesOf(first.record) : [],
        packages: entries.map(({ affected }) => ({
          ...packageFacts(affected),
          ...(names.wontFix === undefined ? {} : { wontFix: names.wontFix(affected) }),
          ...(names.range === undefined ? {} : { range: names.range(affected) }),
        })),
      }
    },
  }
}
