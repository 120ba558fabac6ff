import type { Crate, CratesFact } from './crates.ts'

/**
 * The scope of each crate of a lockfile, by position: needed at run time when the project's own crates lead to it without their
 * dependencies for development and building. Undefined where a crate of the project has no manifest among `manifests`: a lockfile does not
 * tell them apart (doc.rust-lang.org/cargo/reference/specifying-dependencies.html#development-dependencies).
 */
export function lockedScopes(
  crates: readonly Crate[],
  manifests: readonly CratesFact[],
): readonly ('runtime' | 'development')[] | undefined {
  const byName = new Map(manifests.map((fact) => [fact.crates[0]?.name, fact.crates.slice(1)]))
  const own = crates.flatMap((crate, at) => (crate.direct === undefined ? [at] : []))
  if (own.length === 0 || own.some((at) => !byName.has(crates[at]?.name))) return undefined
  const reached = new Set<number>(own)
  const waiting = [...own]
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    const crate = crates[at]
    const asked = crate?.direct === undefined ? byName.get(crate?.name) : undefined
    const running = new Set(asked?.filter(({ scope }) => scope === 'runtime').map(({ name }) => name))
    const developing = asked?.filter(({ name, scope }) => scope === 'development' && !running.has(name))
    const left = new Set(developing?.map(({ name }) => name))
    for (const next of crate?.dependsOn ?? []) {
      if (reached.has(next) || left.has(crates[next]?.name ?? '')) continue
      reached.add(next)
      waiting.push(next)
    }
  }
  return crates.map((_, at) => (reached.has(at) ? 'runtime' : 'development'))
}
