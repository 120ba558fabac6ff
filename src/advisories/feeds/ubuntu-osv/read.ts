import { Failure } from '../../../lib/failure.ts'
import { MAX_RECORD_BYTES, parseRecord } from '../../record.ts'
import type { OsvAffected, OsvRecord } from '../../types.ts'
import { documentText } from '../document-text.ts'
import type { FeedItem, FeedReader } from '../types.ts'

/**
 * The archive of OSV records that Canonical publishes (https://documentation.ubuntu.com/security/security-updates/osv/): one file a weakness
 * (`UBUNTU-CVE-…`) and one a notice (`USN-…`), with the priority that Ubuntu gave.
 */
export const ubuntuOsvReader: FeedReader = {
  documents: async () => [{ path: 'osv-all.tar.xz', maxBytes: 16 * 1024 ** 3, kind: 'archive' }],
  async *read(document): AsyncGenerator<FeedItem> {
    if (!/\.json$/.test(document.path)) return
    const parsed = parseRecord(await documentText(document, MAX_RECORD_BYTES))
    if (!parsed.ok) throw new Failure('feed-form', `${document.input}: ${parsed.reason}`, { input: document.input })
    yield { record: withStatus(parsed.record) }
  },
}

/** OSV's form says what is fixed by its ranges alone: the status stands beside it as in every feed. */
function withStatus(record: OsvRecord): OsvRecord {
  const affected = record.affected.map((one): OsvAffected => {
    const fixed = one.ranges?.some((range) => range.events.some((event) => event.fixed !== undefined)) ?? false
    return { ...one, ecosystem_specific: { status: fixed ? 'fixed' : 'affected', ...one.ecosystem_specific } }
  })
  return { ...record, affected }
}
