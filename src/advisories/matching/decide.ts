import { isSystemEcosystem } from '../ecosystems.ts'
import { publisherOf } from '../publisher.ts'
import type { MatchPolicy } from '../types.ts'
import type { Hit, Judgement } from './judgement.ts'
import { type Merged, mergeWeaknesses } from './merge.ts'
import type { Session } from './session.ts'

/** One weakness that a component has, and whose records decide about it. */
export interface Decided extends Merged<Hit> {
  /** The hits of most authority: severity, status and fix come from these first. */
  readonly deciding: readonly Hit[]
  /** Id of the record whose publisher says that no version is affected, and decides. */
  readonly cleared?: string
}

/**
 * Merges what was said about a component into weaknesses, and settles disagreement:
 * - A distribution's record about one CVE (`DEBIAN-CVE-…`, `UBUNTU-CVE-…`, `ALPINE-CVE-…`) decides over its updates that bundle several
 *   (`DSA-…`, `USN-…`), and these over everybody else's: a CVE that the former clears is no finding.
 * - For libraries every record that says "affected" counts, whoever it is from, unless the ecosystem's own database (`GO-…`,
 *   `PYSEC-…`, `RUSTSEC-…` …) says that no version is affected.
 * All hits keep their names and advisories in the finding. What a source clears altogether, against others, comes with `cleared`; what it
 * holds repaired in this version is nothing. `policy` changes who may clear.
 */
export function decide(
  judgement: Judgement,
  ecosystem: string,
  session: Session,
  policy: MatchPolicy = 'specific',
): readonly Decided[] {
  const system = isSystemEcosystem(ecosystem)
  const statements = judgement.hits.flatMap((said) =>
    session.weaknesses(said.record).map((weakness) => ({ said, weakness })),
  )
  const vetoed = vetoesOf(judgement, system, session, policy)
  const decided: Decided[] = []
  for (const merged of mergeWeaknesses(statements)) {
    const said = merged.said.toSorted((a, b) => authority(a.record.id, system) - authority(b.record.id, system))
    const best = authority(said[0].record.id, system)
    const by = policy === 'agreed' || !system || best > 0 ? merged.names.find((name) => vetoed.has(name)) : undefined
    const cleared = by === undefined ? undefined : vetoed.get(by)
    if (cleared !== undefined && !judgement.never.includes(cleared)) continue
    const deciding = system ? said.filter((hit) => authority(hit.record.id, system) === best) : said
    decided.push({ names: merged.names, said, deciding, ...(cleared === undefined ? {} : { cleared }) })
  }
  return decided
}

/** Names of weaknesses that are cleared, and the record that clears each. */
function vetoesOf(
  judgement: Judgement,
  system: boolean,
  session: Session,
  policy: MatchPolicy,
): ReadonlyMap<string, string> {
  if (policy === 'any') return new Map()
  if (policy === 'agreed')
    return new Map(
      judgement.cleared.flatMap((id) =>
        [...session.db.names(id), ...session.db.covers(id), id].map((name) => [name, id]),
      ),
    )
  const vetoes = (system ? judgement.cleared : judgement.never).filter((id) => authority(id, system) === 0)
  return new Map(vetoes.map((id) => [id, id]))
}

/** 0 decides over 1, 1 over 2. */
function authority(id: string, system: boolean): number {
  const { kind, bundle } = publisherOf(id)
  if (!system) return kind === 'registry' ? 0 : 1
  return kind === 'distribution' ? (bundle ? 1 : 0) : 2
}
