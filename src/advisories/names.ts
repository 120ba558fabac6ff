import { isSystemEcosystem } from './ecosystems.ts'
import type { OsvRecord } from './types.ts'

/**
 * What a record is called, reduced to what alias sets need: `same` are names of the very weakness that the record is about,
 * `covers` the weaknesses (CVE numbers, else GHSA ids) that a bundle names, empty for a record about one.
 */
export interface RecordNames {
  readonly id: string
  readonly same: readonly string[]
  readonly covers: readonly string[]
}

const CVE = /(?:^|-)(CVE-\d{4}-\d{4,})$/

/** The CVE number that an ID is or ends in (`UBUNTU-CVE-2020-1234`), else undefined. */
export function cveOf(id: string): string | undefined {
  return CVE.exec(id)?.[1]
}

/**
 * The names of a record. A CVE number stands for one weakness, so a record whose aliases and upstream name two or more (a
 * DSA, USN, RLSA; also some Go records) is a bundle: it joins none of them, or unrelated weaknesses would become one finding.
 * Without a CVE number, two or more GHSA ids in `upstream` make a bundle too. Distribution advisories that have neither
 * aliases nor upstream (AlmaLinux) name their CVEs in `related`, which counts for these alone.
 */
export function namesOf(record: OsvRecord): RecordNames {
  const own = cveOf(record.id)
  let listed = [...record.aliases, ...record.upstream]
  if (listed.length === 0 && own === undefined && isDistributionAdvisory(record))
    listed = record.related.filter((id) => cveOf(id) !== undefined)
  if (own !== undefined && own !== record.id) listed.push(own)
  const names = [...new Set(listed)].filter((name) => name !== record.id)
  const weaknesses = new Set(names.flatMap((name) => cveOf(name) ?? []))
  if (own !== undefined) weaknesses.add(own)
  if (weaknesses.size === 0) {
    const upstream = record.upstream.filter((name) => name.startsWith('GHSA-') && name !== record.id)
    if (upstream.length > 1) for (const name of upstream) weaknesses.add(name)
  }
  if (weaknesses.size < 2) return { id: record.id, same: names, covers: [] }
  const same = own === undefined ? [] : names.filter((name) => cveOf(name) === own)
  return { id: record.id, same, covers: [...weaknesses].sort() }
}

function isDistributionAdvisory(record: OsvRecord): boolean {
  const first = record.affected.find((affected) => affected.package !== undefined)?.package
  return first !== undefined && isSystemEcosystem(first.ecosystem)
}

/** Alias sets over all records: who is whom. */
export interface AliasSets {
  /** The set of a name, sorted, itself included. */
  names(name: string): readonly string[]
  /** Every set of more than one name, once. */
  all(): Iterable<readonly string[]>
}

/**
 * Joins the names of all records into sets (union by size, path halving). A set never holds two different CVE numbers: edges
 * to CVE numbers are joined first, and an edge that would bring two together is left out. The order of records does not matter.
 */
export function aliasSets(records: Iterable<{ readonly id: string; readonly same: readonly string[] }>): AliasSets {
  const numbers = new Map<string, number>()
  const names: string[] = []
  const parent: number[] = []
  const size: number[] = []
  const cve: (string | undefined)[] = []
  const number = (name: string): number => {
    const known = numbers.get(name)
    if (known !== undefined) return known
    const next = names.length
    numbers.set(name, next)
    names.push(name)
    parent.push(next)
    size.push(1)
    cve.push(cveOf(name))
    return next
  }
  const root = (of: number): number => {
    while (parent[of] !== of) of = parent[of] = parent[parent[of]]
    return of
  }
  const join = (a: number, b: number): void => {
    let big = root(a)
    let small = root(b)
    if (big === small || (cve[big] !== undefined && cve[small] !== undefined && cve[big] !== cve[small])) return
    if (size[big] < size[small]) [big, small] = [small, big]
    parent[small] = big
    size[big] += size[small]
    cve[big] ??= cve[small]
  }
  const later: [string, string][] = []
  for (const record of records) {
    for (const name of record.same) {
      if (cveOf(name) !== undefined) join(number(record.id), number(name))
      else later.push([record.id, name])
    }
  }
  later.sort((a, b) => compareText(a[0], b[0]) || compareText(a[1], b[1]))
  for (const [id, name] of later) join(number(id), number(name))

  const sets = (): Map<number, string[]> => {
    const members = new Map<number, string[]>()
    names.forEach((name, index) => {
      const of = root(index)
      const set = members.get(of)
      if (set === undefined) members.set(of, [name])
      else set.push(name)
    })
    for (const set of members.values()) set.sort(compareText)
    return members
  }
  let members: Map<number, string[]> | undefined
  return {
    names(name) {
      const known = numbers.get(name)
      if (known === undefined) return [name]
      members ??= sets()
      return members.get(root(known)) ?? [name]
    },
    *all() {
      members ??= sets()
      for (const set of members.values()) if (set.length > 1) yield set
    },
  }
}

/** Order by UTF-16 code units: the same on every machine, whatever its locale. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
