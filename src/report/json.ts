import type { ScanResult } from '../model/scan-result.ts'
import { SEVERITIES } from '../model/severity.ts'
import type { Reporter } from './types.ts'

/** Version of the document's form: the first number rises when a reader of the old one would break. */
export const JSON_SCHEMA_VERSION = '1.0'

/** The whole result as one JSON document in stable order; its schema is published as docs/scan-result.schema.json. */
export const json: Reporter = {
  id: 'json',
  summary: 'everything, versioned: docs/scan-result.schema.json',
  render(result, options) {
    return `${JSON.stringify(documentOf(result, options.version), null, 2)}\n`
  },
}

/** The document: plain data that `JSON.stringify` writes. Lone surrogates (names that are not UTF-8) come out as `\udcXX` escapes. */
export function documentOf(result: ScanResult, version: string): Record<string, unknown> {
  const { inventory } = result
  const open = result.findings.filter((finding) => finding.disposition.state === 'open')
  return {
    schemaVersion: JSON_SCHEMA_VERSION,
    tool: { name: 'bulwark', version },
    // Null where the door does not know it: a reader need not tell an absent member from an unknown one.
    subject:
      inventory.subject.kind === 'image'
        ? { ...inventory.subject, digest: inventory.subject.digest ?? null }
        : inventory.subject,
    os: inventory.os ?? null,
    complete: result.complete,
    whole: result.whole,
    summary: {
      components: inventory.components.length,
      findings: open.length,
      suppressed: result.findings.length - open.length,
      fixable: open.filter((finding) => finding.fixes.length > 0).length,
      exploited: open.filter((finding) => finding.exploit.knownSince !== undefined).length,
      severities: Object.fromEntries(
        SEVERITIES.map((severity) => [severity, open.filter((finding) => finding.severity.value === severity).length]),
      ),
    },
    findings: result.findings,
    leftOut: result.leftOut,
    collapsed: result.collapsed,
    diagnostics: result.diagnostics,
    scanners: result.scanners,
    advisories: result.advisories ?? null,
    layers: inventory.layers,
    // How many of them were known already is this machine's affair: the answer is the same from an empty cache.
    layerCount: { total: result.layers.total },
    components: inventory.components,
    relations: inventory.relations,
    startedAt: result.startedAt,
    durationMs: result.durationMs,
  }
}
