import type { StoredDatabase } from '../database/read.ts'
import { entriesOf } from '../entries.ts'
import { lendersOf } from '../matching/session.ts'
import { statementsOf } from '../matching/severity.ts'
import { namesOf } from '../names.ts'
import { publisherOf } from '../publisher.ts'
import type { OsvRecord } from '../types.ts'

/** Lenders that are remembered at a time. */
const MOST_REMEMBERED = 20_000

/**
 * What a shard has to hold of other ecosystems, so that it can be matched alone: for a record that grades nothing or has no title, the
 * records from which matching would borrow them (`session.borrowed`), without the packages that they are about.
 */
export function lenderSearch(database: StoredDatabase): (record: OsvRecord) => readonly OsvRecord[] {
  const bySet = new Map<string, readonly OsvRecord[]>()
  return (record) => {
    if (!needsLender(record)) return []
    const { covers } = namesOf(record)
    const found: OsvRecord[] = []
    for (const name of covers.length > 0 ? covers : [record.id]) {
      const [key] = database.names(name)
      let lenders = bySet.get(key)
      if (lenders === undefined) {
        lenders = lendersFor(database, name)
        if (bySet.size >= MOST_REMEMBERED) bySet.clear()
        bySet.set(key, lenders)
      }
      found.push(...lenders.filter((lender) => lender.id !== record.id))
    }
    return found
  }
}

function needsLender(record: OsvRecord): boolean {
  if (record.withdrawn !== undefined) return false
  if (!record.summary || publisherOf(record.id).bundle) return true
  const entries = entriesOf(record).map(({ entry }) => entry)
  return statementsOf(record, entries).length === 0
}

/** In the order in which they are asked, up to the first that grades the weakness. */
function lendersFor(database: StoredDatabase, name: string): readonly OsvRecord[] {
  const lenders: OsvRecord[] = []
  for (const id of lendersOf(database, name)) {
    const record = database.record(id)
    if (record === undefined || record.withdrawn !== undefined) continue
    const graded = record.affected.find((affected) => (affected.severity?.length ?? 0) > 0)
    lenders.push({
      ...record,
      severity: record.severity.length > 0 ? record.severity : (graded?.severity ?? []),
      affected: [],
      references: [],
    })
    const said = statementsOf(record, [])
    const usable = publisherOf(id).kind === 'distribution' ? said.some((one) => one.rank > 0) : said.length > 0
    if (usable || graded !== undefined) break
  }
  return lenders
}
