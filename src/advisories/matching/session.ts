import { schemeFor } from '../../versions/index.ts'
import { compareNames, publisherOf } from '../publisher.ts'
import type { AdvisoryDatabase, OsvRecord } from '../types.ts'
import { type RankedStatement, statementsOf } from './severity.ts'
import { type VersionOrder, versionOrder } from './version-order.ts'
import { type Weakness, weaknessesOf } from './weaknesses.ts'

/** What is borrowed from records of other publishers about the same weakness. */
export interface Borrowed {
  readonly statements: readonly RankedStatement[]
  readonly summary?: string
  readonly details?: string
}

/** One scan's view of the database: a record is decoded once, a version parsed once, an alias followed once. */
export interface Session {
  readonly db: AdvisoryDatabase
  record(id: string): OsvRecord | undefined
  weaknesses(record: OsvRecord): readonly Weakness[]
  /** Undefined for an ecosystem whose versions nothing orders. */
  order(ecosystem: string): VersionOrder | undefined
  borrowed(name: string, except: ReadonlySet<string>): Borrowed
  /** Whose severity counts, in this order; the usual rules when undefined. */
  readonly severitySources?: readonly string[]
}

/** Records opened to find a severity for one weakness. */
const MOST_BORROWED_FROM = 16

/** A session over an open database; with `severitySources`, whatever anybody says about a weakness's severity is borrowed. */
export function session(db: AdvisoryDatabase, severitySources?: readonly string[]): Session {
  const all = severitySources?.some((source) => source !== 'auto') === true
  const records = new Map<string, OsvRecord | undefined>()
  const weaknesses = new Map<string, readonly Weakness[]>()
  const orders = new Map<string, VersionOrder | undefined>()
  const lent = new Map<string, Borrowed>()
  const record = (id: string) => remember(records, id, () => db.record(id))
  return {
    db,
    record,
    weaknesses: (of) => remember(weaknesses, of.id, () => weaknessesOf(of, db)),
    order: (ecosystem) =>
      remember(orders, ecosystem, () => {
        const scheme = schemeFor(ecosystem)
        return scheme === undefined ? undefined : versionOrder(scheme)
      }),
    borrowed: (name, except) =>
      remember(lent, [name, ...except].join('\0'), () => borrow(name, except, db, record, all)),
    ...(severitySources === undefined ? {} : { severitySources }),
  }
}

function remember<Key, Value>(known: Map<Key, Value>, key: Key, find: () => Value): Value {
  if (known.has(key)) return known.get(key) as Value
  const value = find()
  known.set(key, value)
  return value
}

/**
 * What other publishers say about the weakness `name`: CVE records first, then GHSA, then the rest, up to the first that grades
 * it. Updates that bundle weaknesses grade none of them, and a distribution's word is about its own builds, so of those only
 * vectors count. Each statement names the record: `osv:CVE-2019-1549`.
 */
function borrow(
  name: string,
  except: ReadonlySet<string>,
  db: AdvisoryDatabase,
  record: (id: string) => OsvRecord | undefined,
  all: boolean,
): Borrowed {
  const lenders = lendersOf(db, name).filter((id) => !except.has(id))
  let summary: string | undefined
  let details: string | undefined
  const statements: RankedStatement[] = []
  for (const id of lenders.slice(0, MOST_BORROWED_FROM)) {
    const lender = record(id)
    if (lender === undefined || lender.withdrawn !== undefined) continue
    summary ??= lender.summary
    details ??= lender.details || undefined
    const said = statementsOf(lender, withSeverity(lender), `osv:${id}`)
    statements.push(
      ...(publisherOf(id).kind === 'distribution' && !all ? said.filter((entry) => entry.rank > 0) : said),
    )
    if (statements.length > 0 && !all) break
  }
  return { statements, ...(summary !== undefined && { summary }), ...(details !== undefined && { details }) }
}

/** Records from which a severity or a title for the weakness `name` is borrowed, in the order in which they are asked. */
export function lendersOf(db: Pick<AdvisoryDatabase, 'recordsNamed'>, name: string): readonly string[] {
  return db
    .recordsNamed(name)
    .filter((id) => !publisherOf(id).bundle)
    .sort((a, b) => lenderRank(a) - lenderRank(b) || compareNames(a, b))
}

function lenderRank(id: string): number {
  return publisherOf(id).kind === 'distribution' ? 1 : 0
}

/** A lender's affected entries that grade the weakness themselves (Bitnami keeps its vectors there). */
function withSeverity(lender: OsvRecord): Parameters<typeof statementsOf>[1] {
  const graded = lender.affected.find((affected) => (affected.severity?.length ?? 0) > 0)
  if (graded === undefined) return []
  const { ecosystem = '', name = '' } = graded.package ?? {}
  return [{ recordId: lender.id, ecosystem, name, ranges: [], versions: [], severity: graded.severity ?? [] }]
}
