import type { MatchResult } from '../advisories/index.ts'
import type { Component } from '../model/component.ts'
import type { Finding } from '../model/finding.ts'
import type { Inventory } from '../model/inventory.ts'
import type { LeftOut } from '../model/scan-result.ts'

/** What the count under "Left out" calls it. */
const BECAUSE = 'ownership (files of OS packages: the advisories of those count)'

/**
 * Leaves out findings of library packages that are proven to be files of an OS package: the distribution repairs them under its own
 * version, and its advisories say whether it did. Only where these were examined; else the library's findings are all there is.
 */
export function leaveToOwners(
  findings: readonly Finding[],
  inventory: Pick<Inventory, 'components'>,
  coverage: MatchResult['coverage'],
): { readonly kept: readonly Finding[]; readonly leftOut: readonly LeftOut[] } {
  const examined = new Set(coverage.filter(({ state }) => state === 'examined').map(({ ecosystem }) => ecosystem))
  const components = new Map(inventory.components.map((component) => [component.id, component]))
  const isOwned = (component: Component | undefined): boolean => {
    const owner = component?.ownedBy === undefined ? undefined : components.get(component.ownedBy)
    return owner !== undefined && examined.has(owner.ecosystem)
  }
  const kept: Finding[] = []
  const owned: Finding[] = []
  for (const finding of findings) {
    const component = finding.component === undefined ? undefined : components.get(finding.component)
    ;(isOwned(component) ? owned : kept).push(finding)
  }
  if (owned.length === 0) return { kept: findings, leftOut: [] }
  const unknownSeverity = owned.filter((finding) => finding.severity.value === 'unknown').length
  return { kept, leftOut: [{ filter: BECAUSE, count: owned.length, unknownSeverity }] }
}
