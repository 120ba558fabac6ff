import { compareNames } from '../publisher.ts'
import type { Weakness } from './weaknesses.ts'

/** What several advisories say about one weakness of one component. */
export interface Merged<Said> {
  /** Every identity, CVE first. */
  readonly names: readonly string[]
  /** In the order in which they came, each once. */
  readonly said: readonly Said[]
}

/**
 * Puts together what is about the same weakness: two belong together when they share a name, and so do those that they lead to.
 * No name is in two of the results.
 */
export function mergeWeaknesses<Said>(
  statements: readonly { readonly said: Said; readonly weakness: Weakness }[],
): readonly Merged<Said>[] {
  const parents = statements.map((_, index) => index)
  const rootOf = (index: number): number => {
    while (parents[index] !== index) {
      parents[index] = parents[parents[index]]
      index = parents[index]
    }
    return index
  }
  const firstWith = new Map<string, number>()
  for (const [index, { weakness }] of statements.entries()) {
    for (const name of weakness.names) {
      const first = firstWith.get(name)
      if (first === undefined) firstWith.set(name, index)
      else join(parents, rootOf(first), rootOf(index))
    }
  }
  const groups = new Map<number, { names: Set<string>; said: Set<Said> }>()
  for (const [index, { said, weakness }] of statements.entries()) {
    const root = rootOf(index)
    let group = groups.get(root)
    if (group === undefined) groups.set(root, (group = { names: new Set(), said: new Set() }))
    group.said.add(said)
    for (const name of weakness.names) group.names.add(name)
  }
  return [...groups.values()].map(({ names, said }) => ({ names: [...names].sort(compareNames), said: [...said] }))
}

/** The older root wins, so that groups come in the order of their first statement. */
function join(parents: number[], a: number, b: number): void {
  if (a < b) parents[b] = a
  else parents[a] = b
}
