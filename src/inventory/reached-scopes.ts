/** A package of a lockfile as scopes see it. */
export interface Reaching {
  readonly key?: string
  readonly needs?: readonly string[]
}

/**
 * The scope of each package of a lockfile, by position: `runtime` for what the project's own requirements for run time lead to,
 * `development` for what only its others lead to, and undefined for what none of them leads to. Roots and needs are keys.
 */
export function reachedScopes(
  packages: readonly Reaching[],
  roots: { readonly runtime: Iterable<string>; readonly development: Iterable<string> },
): readonly ('runtime' | 'development' | undefined)[] {
  const byKey = Map.groupBy(packages, ({ key }) => key ?? '')
  const running = reachedFrom(roots.runtime, byKey)
  const developing = reachedFrom(roots.development, byKey)
  return packages.map(({ key = '' }) =>
    running.has(key) ? 'runtime' : developing.has(key) ? 'development' : undefined,
  )
}

function reachedFrom(roots: Iterable<string>, byKey: ReadonlyMap<string, readonly Reaching[]>): ReadonlySet<string> {
  const reached = new Set(roots)
  // A set that grows while it is walked is walked to its end.
  for (const key of reached)
    for (const { needs = [] } of byKey.get(key) ?? []) for (const need of needs) reached.add(need)
  return reached
}
