import type { Component } from '../../model/component.ts'
import type { Finding, VendorStatus } from '../../model/finding.ts'
import type { Inventory } from '../../model/inventory.ts'
import type { LeftOut } from '../../model/scan-result.ts'
import type { Severity } from '../../model/severity.ts'

/** Which findings an answer keeps. */
export interface FindingFilter {
  /** All when undefined. */
  readonly severities?: readonly Severity[]
  /** Leave out vulnerabilities that no version fixes. */
  readonly ignoreUnfixed: boolean
  /** Leave out vulnerabilities of which the vendor of the package says so. */
  readonly ignoreStatus?: readonly VendorStatus[]
  /** Keep findings about packages that only development needs. */
  readonly includeDevelopment?: boolean
  /** Leave out findings that are less sure than this, 0 to 1. */
  readonly minConfidence?: number
  /** Whether what they are about is loaded; all when undefined. */
  readonly reachable?: readonly Finding['reachable'][]
  /** Kinds of packages whose findings are kept. Findings about no package are always kept by this. */
  readonly pkgTypes: readonly ('os' | 'library')[]
}

/**
 * The findings that pass, in their order, and how many open ones each filter left out: each counted once, for the first that it
 * fails, in the order `--pkg-types`, development, `--min-confidence`, `--reachable`, `--ignore-unfixed`, `--ignore-status`, `--severity`. Settled findings (excepted, not affected) are filtered alike
 * but not counted: nobody misses them.
 */
export function filterFindings(
  findings: readonly Finding[],
  inventory: Pick<Inventory, 'components'>,
  filter: FindingFilter,
): { readonly kept: readonly Finding[]; readonly leftOut: readonly LeftOut[] } {
  const components = new Map(inventory.components.map((component) => [component.id, component]))
  const counts = new Map<string, { count: number; unknownSeverity: number }>()
  const kept = findings.filter((finding) => {
    const by = failedBy(finding, components, filter)
    if (by !== undefined && finding.disposition.state === 'open') {
      const entry = counts.get(by) ?? { count: 0, unknownSeverity: 0 }
      entry.count++
      if (finding.severity.value === 'unknown') entry.unknownSeverity++
      counts.set(by, entry)
    }
    return by === undefined
  })
  return { kept, leftOut: [...counts].map(([name, entry]) => ({ filter: name, ...entry })) }
}

/** What the count of findings about packages that only development needs is called. */
const DEVELOPMENT = 'scope (needed for development only; --include-dev-deps keeps them)'

/** The flag of the first filter that a finding fails. */
function failedBy(
  finding: Finding,
  components: ReadonlyMap<string, Component>,
  filter: FindingFilter,
): string | undefined {
  const component = finding.component === undefined ? undefined : components.get(finding.component)
  if (component !== undefined && !filter.pkgTypes.includes(component.kind)) return '--pkg-types'
  // What attacks whoever installs it attacks developers first.
  const isDevelopment = component?.scope === 'development' && finding.kind !== 'malicious-package'
  if (isDevelopment && filter.includeDevelopment === false) return DEVELOPMENT
  if (filter.minConfidence !== undefined && finding.confidence < filter.minConfidence) return '--min-confidence'
  if (filter.reachable !== undefined && !filter.reachable.includes(finding.reachable)) return '--reachable'
  if (filter.ignoreUnfixed && finding.kind === 'vulnerability' && finding.fixes.length === 0) return '--ignore-unfixed'
  if (finding.vendorStatus !== undefined && filter.ignoreStatus?.includes(finding.vendorStatus))
    return '--ignore-status'
  if (filter.severities !== undefined && !filter.severities.includes(finding.severity.value)) return '--severity'
  return undefined
}
