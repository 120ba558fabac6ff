import * as z from 'zod/mini'
import { Failure } from '../../../lib/failure.ts'
import type { WeaknessFact } from '../../types.ts'
import { documentText } from '../document-text.ts'
import type { FeedItem, FeedReader, OpenDocument } from '../types.ts'

const MAX_RECORD = 16 * 1024 ** 2

const recordShape = z.object({
  cveMetadata: z.object({ cveId: z.string().check(z.regex(/^CVE-\d{4}-\d{4,12}$/)) }),
  containers: z.object({
    adp: z.optional(
      z.array(
        z.object({
          title: z.optional(z.string()),
          metrics: z.optional(
            z.array(z.object({ other: z.optional(z.object({ type: z.string(), content: z.unknown() })) })),
          ),
        }),
      ),
    ),
  }),
})
const ssvcShape = z.object({
  timestamp: z.optional(z.string()),
  options: z.array(z.record(z.string(), z.string())),
})

/** What an exploitation that CISA has seen makes of a weakness (https://www.cisa.gov/stakeholder-specific-vulnerability-categorization-ssvc). */
const EXPLOITS: ReadonlyMap<string, WeaknessFact['exploit']> = new Map([
  ['poc', 'public'],
  ['active', 'weaponised'],
])

/**
 * SSVC decision points in CVE records with CISA's container (https://github.com/cisagov/vulnrichment): exploitation, whether it can be
 * automated, technical impact.
 */
export const vulnrichmentReader: FeedReader = {
  documents: async () => [{ path: 'develop.tar.gz', maxBytes: 16 * 1024 ** 3, kind: 'archive' }],
  read: readRecord,
}

async function* readRecord(document: OpenDocument): AsyncGenerator<FeedItem> {
  const { path, input } = document
  // What else the repository holds is no record.
  if (!/\/CVE-\d{4}-\d+\.json$/.test(path)) return
  let value: unknown
  try {
    value = JSON.parse(await documentText(document, MAX_RECORD))
  } catch (cause) {
    if (cause instanceof Failure) throw cause
    throw new Failure('feed-form', `${input} is not JSON`, { input, cause })
  }
  const record = recordShape.safeParse(value).data
  if (record === undefined) {
    yield { wrong: path, reason: 'not the form of a CVE record' }
    return
  }
  const { cveId: cve } = record.cveMetadata
  for (const { other } of record.containers.adp?.flatMap(({ metrics = [] }) => metrics) ?? []) {
    const said = other?.type === 'ssvc' ? ssvcShape.safeParse(other.content).data : undefined
    if (said === undefined) continue
    const points = Object.assign({}, ...said.options) as Readonly<Record<string, string>>
    const exploitation = points.Exploitation?.toLowerCase() ?? ''
    const exploit = EXPLOITS.get(exploitation)
    const since = /^\d{4}-\d\d-\d\d/.exec(said.timestamp ?? '')?.[0]
    yield {
      fact: {
        cve,
        ...(exploit === undefined ? {} : { exploit }),
        ssvc: {
          exploitation,
          automatable: points.Automatable?.toLowerCase() ?? '',
          technicalImpact: points['Technical Impact']?.toLowerCase() ?? '',
        },
        reference: `https://www.cve.org/CVERecord?id=${cve}`,
        ...(since === undefined ? {} : { since }),
      },
    }
    return
  }
}
