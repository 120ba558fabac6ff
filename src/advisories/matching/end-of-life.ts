import type { Finding } from '../../model/finding.ts'
import type { Inventory } from '../../model/inventory.ts'
import { findingId } from './finding-id.ts'

/**
 * The finding that a target's operating system is past its end of life on `now`: its packages get no more fixes, and its advisories
 * stop. Undefined while it is supported or when nobody says until when. Nobody grades this, so the severity is ours and says so:
 * `high` when all support has ended, `medium` while extended support can be had.
 */
export function endOfLifeFinding(inventory: Pick<Inventory, 'os'>, now: Date): Finding | undefined {
  const os = inventory.os
  const support = os?.support
  const today = now.toISOString().slice(0, 10)
  if (os === undefined || support?.endOfLife === undefined || support.endOfLife >= today) return undefined
  const extendedUntil = support.endOfExtendedSupport
  const extended = extendedUntil !== undefined && extendedUntil >= today
  const value = extended ? 'medium' : 'high'
  return {
    id: findingId('end-of-life', `${os.id}:${os.release}`, ''),
    kind: 'end-of-life',
    title: `${os.name} reached its end of life on ${support.endOfLife}`,
    description: 'Its packages get no more security fixes, and no more advisories are written for them.',
    names: [`end-of-life:${os.id}:${os.release}`],
    evidence: os.evidence,
    severity: { value, source: 'bulwark' },
    severities: [{ value, source: 'bulwark' }],
    fixes: [],
    remarks: supportRemarks(support.extendedBy, extendedUntil, extended),
    exploit: { maturity: 'none-known' },
    reachable: 'unknown',
    confidence: 1,
    disposition: { state: 'open' },
    advisories: [],
    references: /^https?:\/\//.test(support.source) ? [support.source] : [],
  }
}

function supportRemarks(by: string | undefined, until: string | undefined, extended: boolean): readonly string[] {
  if (until === undefined) return []
  const name = by ?? 'extended support'
  return [extended ? `${name} continues to ${until}` : `${name} ended on ${until} too`]
}
