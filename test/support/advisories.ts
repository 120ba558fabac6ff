import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseRecord } from '../../src/advisories/record.ts'
import type { OsvRecord } from '../../src/advisories/types.ts'
import { visitZip } from '../../src/advisories/zip-records.ts'
import type { Component } from '../../src/model/component.ts'
import type { Inventory } from '../../src/model/inventory.ts'
import { component } from './scan-result.ts'

/** The frozen slice of OSV's bucket beside the conformance data. */
export const MIRROR = resolve(process.env.BULWARK_CONFORMANCE ?? '../shared/conformance', '../osv-mirror')

/** Whether an ecosystem of the slice is there. */
export function hasMirror(ecosystem: string): boolean {
  return existsSync(`${MIRROR}/${ecosystem}/all.zip`)
}

/** The records of one ecosystem of the slice; `keep` sees the id first, so that few are parsed. */
export async function mirrorRecords(
  ecosystem: string,
  keep: (id: string) => boolean = () => true,
): Promise<OsvRecord[]> {
  const records: OsvRecord[] = []
  const path = `${MIRROR}/${ecosystem}/all.zip`
  await visitZip(path, path, (item) => {
    if (!('bytes' in item) || !keep(item.name)) return
    const parsed = parseRecord(item.bytes)
    if (parsed.ok) records.push(parsed.record)
  })
  return records
}

/** An OSV record with what a test does not say left empty. */
export function recordOf(record: Partial<OsvRecord> & { readonly id: string }): OsvRecord {
  return {
    modified: '2026-01-01T00:00:00Z',
    aliases: [],
    upstream: [],
    related: [],
    severity: [],
    affected: [],
    references: [],
    ...record,
  }
}

/** A component with what a test does not say left empty; its id is its purl. */
export function componentOf(of: Partial<Component> & Pick<Component, 'name' | 'version' | 'ecosystem'>): Component {
  const purl = of.purl ?? `pkg:generic/${encodeURIComponent(of.name)}@${encodeURIComponent(of.version)}`
  return component({
    id: purl,
    kind: of.ecosystem.includes(':') ? 'os' : 'library',
    purl,
    evidence: [{ path: 'somewhere', confidence: 1 }],
    ...of,
  })
}

/** An image that holds these components. */
export function inventoryOf(components: readonly Component[], more: Partial<Inventory> = {}): Inventory {
  return {
    subject: { kind: 'image', name: 'test' },
    layers: [],
    components,
    relations: [],
    diagnostics: [],
    ...more,
  }
}
