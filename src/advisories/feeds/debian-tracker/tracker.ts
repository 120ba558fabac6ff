import * as z from 'zod/mini'
import { isRecordId } from '../../ecosystems.ts'
import type { OsvAffected } from '../../types.ts'
import { jsonMembers } from '../json-members.ts'
import { type StatedPackage, statedAffected } from '../stated-status.ts'
import type { FeedItem, OpenDocument } from '../types.ts'
import { debianEcosystem } from './releases.ts'

const releaseShape = z.object({
  status: z.string(),
  urgency: z.optional(z.string()),
  fixed_version: z.optional(z.string()),
  nodsa: z.optional(z.string()),
  nodsa_reason: z.optional(z.string()),
})
const issueShape = z.object({
  description: z.optional(z.string()),
  scope: z.optional(z.string()),
  debianbug: z.optional(z.number()),
  // PHP-like writers give an empty list where an empty object is meant.
  releases: z.union([z.record(z.string(), z.unknown()), z.array(z.unknown())]),
})

type Release = z.infer<typeof releaseShape>

/**
 * Debian's tracker (https://security-tracker.debian.org/tracker/data/json): for each source package, weakness and release whether it is open,
 * in which version it was resolved (`0`: never affected), and why nobody hurries (no-dsa, postponed, ignored, unimportant, end of life).
 * One record for each package and weakness, `DEBIAN-CVE-…` as OSV names it: those of one weakness are joined where they are kept.
 */
export async function* readTracker({ chunks, input, at }: OpenDocument): AsyncGenerator<FeedItem> {
  for await (const { key: name, value } of jsonMembers(chunks, input)) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      yield { wrong: name, reason: 'no list of weaknesses' }
      continue
    }
    for (const [issue, said] of Object.entries(value)) {
      const parsed = issueShape.safeParse(said)
      if (!isRecordId(issue) || !parsed.success) {
        yield { wrong: `${name} ${issue}`, reason: 'not the form of the tracker' }
        continue
      }
      const { description, debianbug, releases } = parsed.data
      const affected: OsvAffected[] = []
      for (const [codeName, of] of Array.isArray(releases) ? [] : Object.entries(releases)) {
        const release = releaseShape.safeParse(of)
        const ecosystem = debianEcosystem(codeName)
        if (!release.success || ecosystem === undefined)
          yield { wrong: `${name} ${issue} ${codeName}`, reason: 'a release that is not known' }
        else affected.push(statedAffected(statedOf(ecosystem, name, release.data)))
      }
      if (affected.length === 0) continue
      yield {
        record: {
          id: `DEBIAN-${issue}`,
          modified: at,
          aliases: [],
          upstream: [issue],
          related: [],
          severity: [],
          affected,
          ...(description === undefined ? {} : { details: description }),
          references: [
            { type: 'ADVISORY', url: `https://security-tracker.debian.org/tracker/${issue}` },
            ...(debianbug === undefined ? [] : [{ type: 'REPORT', url: `https://bugs.debian.org/${debianbug}` }]),
          ],
        },
      }
    }
  }
}

/** What the tracker's words mean (https://security-team.debian.org/security_tracker.html#issue-status). */
function statedOf(ecosystem: string, name: string, release: Release): StatedPackage {
  const { urgency = '', fixed_version: fixed, nodsa, nodsa_reason: why = '' } = release
  const severity = urgency === '' ? {} : { severity: [{ type: 'Debian', score: urgency }] }
  const base = { ecosystem, name, ...severity }
  if (release.status === 'resolved' && fixed === '0')
    return { ...base, status: 'not-affected', reason: 'vulnerable code not present' }
  if (release.status === 'resolved' && fixed !== undefined) return { ...base, status: 'fixed', fixed }
  if (urgency === 'end-of-life')
    return { ...base, status: 'end-of-life', reason: 'not supported any more in this release' }
  if (release.status === 'undetermined') return { ...base, status: 'under-investigation', reason: release.status }
  if (nodsa !== undefined || why !== '') {
    const reason = [why === '' ? 'no-dsa' : why, nodsa].filter(Boolean).join(': ')
    return { ...base, status: why === 'ignored' ? 'will-not-fix' : 'deferred', reason }
  }
  return { ...base, status: 'affected', ...(urgency === 'unimportant' ? { reason: urgency } : {}) }
}
