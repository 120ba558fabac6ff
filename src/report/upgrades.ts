import type { Component } from '../model/component.ts'
import type { Finding } from '../model/finding.ts'
import type { ScanResult } from '../model/scan-result.ts'
import { SEVERITIES, type Severity } from '../model/severity.ts'
import { schemeFor } from '../versions/index.ts'

/** One thing to do, and what it settles. */
export interface Upgrade {
  /** Packages that one upgrade moves: those built from one source, by name. */
  readonly packages: readonly string[]
  readonly from: string
  /** The smallest version that settles all of its findings. */
  readonly to: string
  readonly ecosystem: string
  readonly findings: number
  readonly worst: Severity
  readonly exploited: number
  readonly component: Component
}

interface Group {
  readonly component: Component
  readonly packages: Set<string>
  to: string
  findings: number
  worst: Severity
  exploited: number
}

/**
 * What to do first: open findings that a newer version settles, one line for all packages built from one source, ordered by known
 * exploitation, then severity, then how many findings it settles.
 */
export function upgradesOf(result: ScanResult): readonly Upgrade[] {
  const components = new Map(result.inventory.components.map((component) => [component.id, component]))
  const groups = new Map<string, Group>()
  for (const finding of result.findings) {
    const component = finding.component === undefined ? undefined : components.get(finding.component)
    const to = finding.fixes.find((fix) => fix.kind === 'upgrade' && fix.to !== undefined)?.to
    if (component === undefined || to === undefined || finding.disposition.state !== 'open') continue
    addTo(groups, component, finding, to)
  }
  return [...groups.values()]
    .map((group) => ({
      packages: [...group.packages].sort(),
      from: group.component.version,
      to: group.to,
      ecosystem: group.component.ecosystem,
      findings: group.findings,
      worst: group.worst,
      exploited: group.exploited,
      component: group.component,
    }))
    .sort(byUrgency)
}

function addTo(groups: Map<string, Group>, component: Component, finding: Finding, to: string): void {
  const source = component.source?.name ?? component.name
  // Every copy of a library is upgraded where it lies; an OS package once for the whole image.
  const place = component.kind === 'os' ? '' : (component.evidence[0]?.path ?? '')
  const key = JSON.stringify([component.ecosystem, source, component.version, place])
  const known = groups.get(key)
  const group = known ?? { component, packages: new Set(), to, findings: 0, worst: 'unknown', exploited: 0 }
  if (known === undefined) groups.set(key, group)
  group.packages.add(component.name)
  if (isNewer(component.ecosystem, to, group.to)) group.to = to
  group.findings++
  if (finding.exploit.knownSince !== undefined) group.exploited++
  if (SEVERITIES.indexOf(finding.severity.value) < SEVERITIES.indexOf(group.worst)) group.worst = finding.severity.value
}

function isNewer(ecosystem: string, a: string, b: string): boolean {
  const scheme = schemeFor(ecosystem)
  return scheme === undefined ? false : scheme.compare(scheme.parse(a), scheme.parse(b)) > 0
}

function byUrgency(a: Upgrade, b: Upgrade): number {
  return (
    b.exploited - a.exploited ||
    SEVERITIES.indexOf(a.worst) - SEVERITIES.indexOf(b.worst) ||
    b.findings - a.findings ||
    (a.packages[0] < b.packages[0] ? -1 : 1)
  )
}
