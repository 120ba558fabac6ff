import type { Component } from '../../src/model/component.ts'
import type { Finding } from '../../src/model/finding.ts'
import type { ScanResult } from '../../src/model/scan-result.ts'

/** A component with everything that a test does not care about filled in. */
export function component(over: Partial<Component> & { readonly name: string; readonly version: string }): Component {
  return {
    id: `component-${over.name}`,
    kind: 'os',
    purl: `pkg:deb/debian/${over.name}@${over.version}`,
    ecosystem: 'Debian:12',
    licences: [],
    hashes: [],
    cpes: [],
    direct: 'unknown',
    scope: 'unknown',
    presence: 'installed',
    evidence: [{ path: 'var/lib/dpkg/status', confidence: 1 }],
    origin: 'unknown',
    ...over,
  }
}

/** An open vulnerability with everything that a test does not care about filled in. */
export function finding(over: Partial<Finding> & { readonly names: readonly string[] }): Finding {
  return {
    id: `finding-${over.names[0]}-${over.component ?? ''}`,
    kind: 'vulnerability',
    title: 'a weakness',
    evidence: [],
    severity: { value: 'high', source: 'nvd' },
    severities: [],
    fixes: [],
    remarks: [],
    exploit: { maturity: 'none-known' },
    reachable: 'unknown',
    confidence: 1,
    disposition: { state: 'open' },
    advisories: [],
    references: [],
    ...over,
  }
}

/** A whole, empty answer about an image, with what a test wants to say. */
export function scanResult(
  over: Partial<Omit<ScanResult, 'inventory'>> & { readonly inventory?: Partial<ScanResult['inventory']> } = {},
): ScanResult {
  return {
    findings: [],
    leftOut: [],
    collapsed: [],
    diagnostics: [],
    scanners: { ran: ['vuln'], notRun: [] },
    complete: true,
    whole: true,
    layers: { total: 1, known: 0 },
    startedAt: '2026-08-01T00:00:00.000Z',
    durationMs: 420,
    ...over,
    inventory: {
      subject: { kind: 'image', name: 'shop.tar' },
      layers: [],
      components: [],
      relations: [],
      diagnostics: [],
      ...over.inventory,
    },
  }
}
