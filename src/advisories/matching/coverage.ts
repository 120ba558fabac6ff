import type { Diagnostic } from '../../model/diagnostic.ts'
import type { Inventory } from '../../model/inventory.ts'
import { knownEcosystems } from '../ecosystems.ts'
import { bareEcosystem, ecosystemRelease } from '../package-key.ts'
import type { DatabaseStatus } from '../types.ts'
import { readAs } from './ecosystems.ts'
import { releaseRules, releaseScope } from './releases.ts'

/**
 * Whether the advisories of an ecosystem were there: `examined`; `missing`: they exist and the database lacks them;
 * `unpublished`: nobody publishes any that are read; `unrecognised`: OS packages of a system that was not recognised.
 */
export type CoverageState = 'examined' | 'missing' | 'unpublished' | 'unrecognised'

/** One ecosystem of an inventory. */
export interface EcosystemCoverage {
  /** With release, as components have it. */
  readonly ecosystem: string
  readonly components: number
  readonly state: CoverageState
}

/** Packages without any advisories that are named before they are only counted. */
const MOST_NAMED = 5

function listed(named: readonly string[], components: number): string {
  const more = components - named.length
  return `${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}

/** The names that OS packages have as their ecosystem when their system is not known: their package manager's. */
const PACKAGE_MANAGERS: ReadonlySet<string> = new Set(['', 'dpkg', 'apk', 'rpm', 'pacman', 'portage', 'opkg'])

/** For every ecosystem that occurs in an inventory, whether its advisories were read, and a diagnostic where not: unknown is never clean. */
export function coverageOf(
  inventory: Pick<Inventory, 'components'>,
  status: DatabaseStatus,
): { readonly coverage: readonly EcosystemCoverage[]; readonly diagnostics: readonly Diagnostic[] } {
  const counts = new Map<string, { components: number; os: boolean; named: string[] }>()
  for (const { ecosystem, kind, name, version } of inventory.components) {
    const entry = counts.get(ecosystem) ?? { components: 0, os: false, named: [] }
    entry.components++
    if (entry.named.length < MOST_NAMED) entry.named.push(`${name} ${version}`)
    if (kind === 'os') entry.os = true
    counts.set(ecosystem, entry)
  }
  const coverage = [...counts]
    .map(([ecosystem, { components, os, named }]) => ({
      ecosystem,
      components,
      named,
      state: stateOf(ecosystem, os, status),
    }))
    .sort((a, b) => (a.ecosystem < b.ecosystem ? -1 : 1))
  return {
    coverage: coverage.map(({ ecosystem, components, state }) => ({ ecosystem, components, state })),
    diagnostics: coverage.flatMap((entry) => diagnosticOf(entry, entry.named)),
  }
}

/** Ecosystems, with release, that an inventory needs and the database does not hold: what a scan fetches before it matches. */
export function missingEcosystems(inventory: Pick<Inventory, 'components'>, status: DatabaseStatus): readonly string[] {
  const { coverage } = coverageOf(inventory, status)
  const missing = coverage.filter(({ state }) => state === 'missing')
  return [...new Set(missing.map(({ ecosystem }) => readAs(ecosystem)))]
}

function stateOf(component: string, os: boolean, status: DatabaseStatus): CoverageState {
  if (os && PACKAGE_MANAGERS.has(component)) return 'unrecognised'
  const ecosystem = readAs(component)
  const bare = bareEcosystem(ecosystem)
  const held = status.ecosystems.find(({ name }) => name === bare)
  if (held === undefined || held.records === 0) return isPublished(bare, status) ? 'missing' : 'unpublished'
  if (!releaseRules.has(bare) || held.releases.length === 0) return 'examined'
  const release = ecosystemRelease(ecosystem)
  const here = held.releases.some((of) => releaseScope(ecosystem, `${bare}:${of}`, '') !== undefined)
  return release !== '' && here ? 'examined' : 'missing'
}

function isPublished(bare: string, status: DatabaseStatus): boolean {
  return knownEcosystems.includes(bare) || status.listed.some((name) => bareEcosystem(name) === bare)
}

function diagnosticOf(
  { ecosystem, components, state }: EcosystemCoverage,
  named: readonly string[],
): readonly Diagnostic[] {
  const packages = components === 1 ? '1 package' : `${components} packages`
  const name = ecosystem === '' ? 'no ecosystem' : ecosystem
  switch (state) {
    case 'examined':
      return []
    case 'missing':
      return [
        {
          code: 'advisories-missing',
          message: `the database has no advisories for ${name}: ${packages} not examined`,
          effect: 'blind',
        },
      ]
    case 'unpublished':
      return [
        {
          code: 'no-advisories-published',
          message: `nobody publishes advisories for ${name} that are read: ${packages} not examined (${listed(named, components)})`,
          effect: 'notice',
        },
      ]
    case 'unrecognised':
      return [
        {
          code: 'operating-system-unknown',
          message: `${packages} of ${name} belong to no operating system that was recognised: not examined (--distro NAME:VERSION says which it is)`,
          effect: 'blind',
        },
      ]
  }
}
