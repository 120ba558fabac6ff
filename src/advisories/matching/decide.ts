import { isSystemEcosystem } from '../ecosystems.ts'
import { publisherOf } from '../publisher.ts'
import type { Hit, Judgement } from './judgement.ts'
import { type Merged, mergeWeaknesses } from './merge.ts'
import type { Session } from './session.ts'

/** One weakness that a component has, and whose records decide about it. */
export interface Decided extends Merged<Hit> {
  /** The hits of most authority: severity, status and fix come from these first. */
  readonly deciding: readonly Hit[]
}

/**
 * Merges what was said about a component into weaknesses, and settles disagreement:
 * - A distribution's record about one CVE (`DEBIAN-CVE-…`, `UBUNTU-CVE-…`, `ALPINE-CVE-…`) decides over its updates that bundle several
 *   (`DSA-…`, `USN-…`), and these over everybody else's: a CVE that the former clears is no finding.
 * - For libraries every record that says "affected" counts, whoever it is from, unless the ecosystem's own database (`GO-…`,
 *   `PYSEC-…`, `RUSTSEC-…` …) says that no version is affected.
 * All hits keep their names and advisories in the finding.
 */
export function decide(judgement: Judgement, ecosystem: string, session: Session): readonly Decided[] {
  const system = isSystemEcosystem(ecosystem)
  const statements = judgement.hits.flatMap((said) =>
    session.weaknesses(said.record).map((weakness) => ({ said, weakness })),
  )
  const vetoes = (system ? judgement.cleared : judgement.never).filter((id) => authority(id, system) === 0)
  const vetoed = new Set(vetoes)
  const decided: Decided[] = []
  for (const merged of mergeWeaknesses(statements)) {
    const said = merged.said.toSorted((a, b) => authority(a.record.id, system) - authority(b.record.id, system))
    const best = authority(said[0].record.id, system)
    if (vetoed.size > 0 && (!system || best > 0) && merged.names.some((name) => vetoed.has(name))) continue
    const deciding = system ? said.filter((hit) => authority(hit.record.id, system) === best) : said
    decided.push({ names: merged.names, said, deciding })
  }
  return decided
}

/** 0 decides over 1, 1 over 2. */
function authority(id: string, system: boolean): number {
  const { kind, bundle } = publisherOf(id)
  if (!system) return kind === 'registry' ? 0 : 1
  return kind === 'distribution' ? (bundle ? 1 : 0) : 2
}
