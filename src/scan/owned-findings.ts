import type { MatchResult } from '../advisories/index.ts'
import type { Component } from '../model/component.ts'
import type { Finding } from '../model/finding.ts'
import type { Inventory } from '../model/inventory.ts'
import type { LeftOut } from '../model/scan-result.ts'

/** What the count under "Left out" calls it. */
const BECAUSE = 'ownership (files of OS packages: the advisories of those count; --include-owned keeps them)'

/**
 * Distributions whose advisories also list what is not fixed, so that their silence about a weakness says something: Debian's tracker and
 * Ubuntu's. The others publish fixes only, and what they have not fixed yet would be lost.
 */
const LISTS_UNFIXED: ReadonlySet<string> = new Set(['Debian', 'Ubuntu'])

/** How sure a finding is whose package a distribution may have repaired under its own version. */
const OWNED_CONFIDENCE = 0.3

/** What decides about findings of libraries that belong to OS packages. */
export interface OwnersSay {
  readonly coverage: MatchResult['coverage']
  /** Names of the weaknesses of an OS package about which its vendor says anything at all. */
  readonly vendorNames: (owner: Component) => ReadonlySet<string>
  /** All findings stay. */
  readonly includeOwned?: boolean
}

/**
 * What becomes of weaknesses of library packages that are proven to be files of an OS package, which the distribution repairs under its
 * own version. Where its advisories were examined and also list what is not fixed, or speak of this very weakness, they decide, and the
 * library's findings are left out and counted. Elsewhere the findings stay, with the owner named and less confidence.
 */
export function leaveToOwners(
  findings: readonly Finding[],
  inventory: Pick<Inventory, 'components'>,
  { coverage, vendorNames, includeOwned = false }: OwnersSay,
): { readonly kept: readonly Finding[]; readonly leftOut: readonly LeftOut[] } {
  const examined = new Set(coverage.filter(({ state }) => state === 'examined').map(({ ecosystem }) => ecosystem))
  const components = new Map(inventory.components.map((component) => [component.id, component]))
  const spoken = new Map<string, ReadonlySet<string>>()
  const speaksOf = (owner: Component, { names }: Finding): boolean => {
    const known = spoken.get(owner.id) ?? vendorNames(owner)
    spoken.set(owner.id, known)
    return names.some((name) => known.has(name))
  }
  const decides = (owner: Component, finding: Finding): boolean =>
    examined.has(owner.ecosystem) && (LISTS_UNFIXED.has(owner.ecosystem.split(':')[0]) || speaksOf(owner, finding))
  const kept: Finding[] = []
  const left: Finding[] = []
  for (const finding of findings) {
    const owner = ownerOf(finding, components)
    if (owner === undefined) kept.push(finding)
    else if (!includeOwned && decides(owner, finding)) left.push(finding)
    else kept.push(doubted(finding, owner))
  }
  if (left.length === 0) return { kept, leftOut: [] }
  const unknownSeverity = left.filter((finding) => finding.severity.value === 'unknown').length
  return { kept, leftOut: [{ filter: BECAUSE, count: left.length, unknownSeverity }] }
}

/** The OS package whose file the component of a weakness is. */
function ownerOf(finding: Finding, components: ReadonlyMap<string, Component>): Component | undefined {
  if (finding.kind !== 'vulnerability' || finding.component === undefined) return undefined
  const owner = components.get(finding.component)?.ownedBy
  return owner === undefined ? undefined : components.get(owner)
}

function doubted(finding: Finding, owner: Component): Finding {
  const remark = `a file of the system's package ${owner.name} ${owner.version}, which may hold a repair of its own`
  return {
    ...finding,
    confidence: Math.min(finding.confidence, OWNED_CONFIDENCE),
    remarks: [...finding.remarks, remark],
  }
}

/** Says of findings about packages that are not in the final image any more where they went. */
export function remarkLost(findings: readonly Finding[], inventory: Pick<Inventory, 'components'>): readonly Finding[] {
  const lost = new Map(
    inventory.components.flatMap(({ id, lost }) => (lost === undefined ? [] : [[id, lost] as const])),
  )
  if (lost.size === 0) return findings
  return findings.map((finding) => {
    const where = finding.component === undefined ? undefined : lost.get(finding.component)
    if (where === undefined) return finding
    const remark = `not in the final image: ${where.how} by layer ${where.layer.index + 1}, but still in the layers that are shipped`
    return { ...finding, remarks: [...finding.remarks, remark] }
  })
}
