import type { Finding } from '../../model/finding.ts'
import type { Inventory } from '../../model/inventory.ts'
import type { LeftOut } from '../../model/scan-result.ts'
import type { Severity } from '../../model/severity.ts'

/** Which findings an answer keeps. */
export interface FindingFilter {
  /** All when undefined. */
  readonly severities?: readonly Severity[]
  /** Leave out vulnerabilities that no version fixes. */
  readonly ignoreUnfixed: boolean
  /** Kinds of packages whose findings are kept. Findings about no package are always kept by this. */
  readonly pkgTypes: readonly ('os' | 'library')[]
}

/**
 * The findings that pass, in their order, and how many open ones each filter left out: each counted once, for the first that it
 * fails, in the order `--pkg-types`, `--ignore-unfixed`, `--severity`. Settled findings (excepted, not affected) are filtered alike
 * but not counted: nobody misses them.
 */
export function filterFindings(
  findings: readonly Finding[],
  inventory: Pick<Inventory, 'components'>,
  filter: FindingFilter,
): { readonly kept: readonly Finding[]; readonly leftOut: readonly LeftOut[] } {
  const kinds = new Map(inventory.components.map((component) => [component.id, component.kind]))
  const counts = new Map<string, { count: number; unknownSeverity: number }>()
  const kept = findings.filter((finding) => {
    const by = failedBy(finding, kinds, filter)
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

/** The flag of the first filter that a finding fails. */
function failedBy(
  finding: Finding,
  kinds: ReadonlyMap<string, 'os' | 'library'>,
  filter: FindingFilter,
): string | undefined {
  const kind = finding.component === undefined ? undefined : kinds.get(finding.component)
  if (kind !== undefined && !filter.pkgTypes.includes(kind)) return '--pkg-types'
  if (filter.ignoreUnfixed && finding.kind === 'vulnerability' && finding.fixes.length === 0) return '--ignore-unfixed'
  if (filter.severities !== undefined && !filter.severities.includes(finding.severity.value)) return '--severity'
  return undefined
}
