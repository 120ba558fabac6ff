import type { EffectivePom, PomSet, SettledDependency } from './effective-pom.ts'
import { managementKey } from './effective-pom.ts'
import type { PomDependency } from './pom.ts'

/** An artifact that a project needs, directly or through others. */
export interface NeededArtifact {
  readonly group: string
  readonly artifact: string
  /** As required: it may be a range, or hold a placeholder that nothing fills. Undefined where no file of the target says it. */
  readonly version?: string
  readonly scope: 'runtime' | 'development' | 'unknown'
  readonly direct: boolean
  /** The declaration, where it is a direct one. */
  readonly declared?: SettledDependency
  /** `group:artifact` of what it needs in turn. */
  readonly needs: readonly string[]
}

const MAX_NEEDED = 20_000
const MAX_EXCLUSIONS = 1000

interface Step {
  readonly dependency: PomDependency
  readonly declared?: SettledDependency
  readonly scope: NeededArtifact['scope']
  readonly exclusions: readonly string[]
}

/**
 * What a project resolves to, as Maven does (https://maven.apache.org/guides/introduction/introduction-to-dependency-mechanism.html): breadth
 * first, so that the nearest declaration of an artifact wins, and of equally near ones the first; the project's `dependencyManagement`
 * over what dependencies say of theirs; the widest scope of all ways; without test, provided and optional dependencies of dependencies, and without exclusions. Transitive
 * ones are known as far as their project files lie in the target (a local repository).
 */
export function neededArtifacts(project: EffectivePom, poms: PomSet): NeededArtifact[] {
  const queue: Step[] = project.dependencies.map((dependency) => {
    const managed = project.managed.get(managementKey(dependency))
    const merged = withManaged(dependency, managed, false)
    return { dependency: merged, declared: dependency, scope: scopeOf(merged.scope), exclusions: merged.exclusions }
  })
  const found = new Map<string, NeededArtifact>()
  for (let at = 0; at < queue.length && found.size < MAX_NEEDED; at++) {
    const step = queue[at]
    const { group, artifact, version } = step.dependency
    const key = managementKey(step.dependency)
    const known = found.get(key)
    if (known !== undefined) {
      // Whatever is needed for tests and also at run time is there at run time, with all that it brings along.
      if (known.scope !== 'development' || known.direct || step.scope !== 'runtime') continue
      found.set(key, { ...known, scope: 'runtime' })
      const same = { ...step.dependency, ...(known.version !== undefined && { version: known.version }) }
      queue.push(...stepsOf({ ...step, dependency: same }, project, poms))
      continue
    }
    const needs = stepsOf(step, project, poms)
    const here = needs.map(({ dependency }) => `${dependency.group}:${dependency.artifact}`)
    found.set(key, {
      group,
      artifact,
      ...(version !== undefined && { version }),
      scope: step.scope,
      direct: step.declared !== undefined,
      ...(step.declared && { declared: step.declared }),
      needs: here,
    })
    if (queue.length < MAX_NEEDED * 10) queue.push(...needs)
  }
  return [...found.values()]
}

/** What one dependency brings along. */
function stepsOf(step: Step, project: EffectivePom, poms: PomSet): Step[] {
  const { group, artifact, version } = step.dependency
  const placed = version === undefined ? undefined : poms.find(group, artifact, version)
  if (placed === undefined) return []
  const effective = poms.effective(placed)
  return effective.dependencies.flatMap((one): Step[] => {
    const own = withManaged(one, effective.managed.get(managementKey(one)), false)
    const dependency = withManaged(own, project.managed.get(managementKey(one)), true)
    if (dependency.optional || !/^(compile|runtime)?$/.test(own.scope ?? '')) return []
    if (step.exclusions.some((pattern) => excludes(pattern, dependency))) return []
    const exclusions = [...new Set([...step.exclusions, ...dependency.exclusions])].slice(0, MAX_EXCLUSIONS)
    return [{ dependency, scope: step.scope, exclusions }]
  })
}

/** For the project's own dependencies their own words win over management, for those of dependencies management does. */
function withManaged(
  dependency: PomDependency,
  managed: PomDependency | undefined,
  managedWins: boolean,
): PomDependency {
  if (managed === undefined) return dependency
  const version = managedWins ? (managed.version ?? dependency.version) : (dependency.version ?? managed.version)
  const scope = managedWins ? (managed.scope ?? dependency.scope) : (dependency.scope ?? managed.scope)
  return {
    ...dependency,
    ...(version !== undefined && { version }),
    ...(scope !== undefined && { scope }),
    exclusions: [...dependency.exclusions, ...managed.exclusions],
  }
}

function excludes(pattern: string, { group, artifact }: PomDependency): boolean {
  const [groups, artifacts] = pattern.split(':')
  return (groups === '*' || groups === group) && (artifacts === '*' || artifacts === artifact)
}

/** `provided` and `system` are there at run time, but somebody else brings them. */
function scopeOf(scope: string | undefined): NeededArtifact['scope'] {
  if (scope === 'test') return 'development'
  return scope === 'provided' || scope === 'system' || scope === 'import' ? 'unknown' : 'runtime'
}
