import * as z from 'zod/mini'
import type { VendorStatus } from '../../../model/finding.ts'
import { isRecordId } from '../../ecosystems.ts'
import { jsonMembers } from '../json-members.ts'
import { statedAffected } from '../stated-status.ts'
import type { FeedItem, FeedReader } from '../types.ts'

const shape = z.object({
  name: z.string().check(z.refine(isRecordId)),
  packages: z.array(z.string()),
  fixed: z.nullable(z.string()),
  severity: z.string(),
  status: z.string(),
  type: z.optional(z.string()),
  issues: z.array(z.string()),
  advisories: z.optional(z.array(z.string())),
})

/** The tracker's words (https://security.archlinux.org). A fix that is being tested is none that can be had. */
const STATUSES: ReadonlyMap<string, VendorStatus> = new Map([
  ['fixed', 'fixed'],
  ['vulnerable', 'affected'],
  ['testing', 'deferred'],
  ['not affected', 'not-affected'],
  ['unknown', 'under-investigation'],
])

/**
 * The groups of vulnerabilities of https://security.archlinux.org/all.json: one update for several packages built from one source, with the
 * CVE numbers that it mends. It states no dates: a record is as old as the document's last change.
 */
export const archReader: FeedReader = {
  documents: async () => [{ path: 'all.json', maxBytes: 256 * 1024 ** 2 }],
  async *read({ chunks, input, at }): AsyncGenerator<FeedItem> {
    for await (const { key, value } of jsonMembers(chunks, input, { maxMember: 4 * 1024 ** 2 })) {
      const parsed = shape.safeParse(value)
      if (!parsed.success) {
        yield {
          wrong: `group ${key}`,
          reason: `${parsed.error.issues[0]?.path.join('.')}: ${parsed.error.issues[0]?.message}`,
        }
        continue
      }
      // The version that was found affected is no first one: everything before the fix is.
      const { name, packages, fixed, severity, status, type, issues, advisories = [] } = parsed.data
      const stated = STATUSES.get(status.toLowerCase()) ?? 'affected'
      const fix = fixed === null || stated !== 'fixed' ? {} : { fixed }
      yield {
        record: {
          id: name,
          modified: at,
          aliases: [],
          upstream: issues.filter(isRecordId),
          related: advisories.filter(isRecordId),
          ...(type === undefined ? {} : { summary: `${type} in ${packages.slice(0, 5).join(', ')}` }),
          severity: [{ type: 'Arch', score: severity }],
          affected: packages.map((of) =>
            statedAffected({
              ecosystem: 'Arch Linux',
              name: of,
              status: stated === 'fixed' && fixed === null ? 'affected' : stated,
              reason: stated === 'deferred' && fixed !== null ? `${status}: ${fixed}` : status,
              ...fix,
            }),
          ),
          references: [{ type: 'ADVISORY', url: `https://security.archlinux.org/${name}` }],
        },
      }
    }
  },
}
