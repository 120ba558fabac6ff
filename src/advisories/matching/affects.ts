import { schemeFor } from '../../versions/index.ts'
import type { AffectedEntry } from '../types.ts'
import { judge } from './ranges.ts'
import { versionOrder } from './version-order.ts'

/**
 * Whether an affected entry holds a version, by its own ecosystem's order (https://ossf.github.io/osv-schema/#evaluation). An entry
 * that says nothing about versions, or whose ecosystem has no known order, is kept: unknown is not unaffected.
 */
export function entryAffects(entry: AffectedEntry, version: string): boolean {
  const scheme = schemeFor(entry.ecosystem)
  return scheme === undefined || judge(entry, version, versionOrder(scheme)) !== 'unaffected'
}
