import * as z from 'zod/mini'
import { Failure } from '../../../lib/failure.ts'
import type { VendorStatus } from '../../../model/finding.ts'
import { isRecordId } from '../../ecosystems.ts'
import type { OsvAffected } from '../../types.ts'
import { jsonMembers } from '../json-members.ts'
import { statedAffected } from '../stated-status.ts'
import type { FeedItem, FeedReader, OpenDocument } from '../types.ts'

const versionsShape = z.object({ branches: z.array(z.string().check(z.regex(/^\d{1,2}\.\d{1,2}$/))) })
const shape = z.object({
  cve_id: z.string().check(z.refine(isRecordId)),
  pkg: z.string(),
  cve_score: z.nullish(z.number()),
  aff_ver: z.nullish(z.string()),
  res_ver: z.nullish(z.string()),
  status: z.optional(z.string()),
})

type Row = z.infer<typeof shape>

/**
 * Photon's list of weaknesses by package (https://packages.broadcom.com/photon/photon_cve_metadata/cve_data_photon5.0.json), one document a
 * release. It states CVSS scores without vectors and no dates: a record is as old as the document's last change.
 */
export const photonReader: FeedReader = {
  async documents(io) {
    const bytes = await io.bytes('photon_versions.json', 1024 ** 2)
    let branches: readonly string[]
    try {
      branches = versionsShape.parse(JSON.parse(new TextDecoder().decode(bytes))).branches
    } catch (cause) {
      throw new Failure('feed-index', 'photon_versions.json does not list branches', {
        input: 'photon_versions.json',
        cause,
      })
    }
    return branches.map((branch) => ({ path: `cve_data_photon${branch}.json`, maxBytes: 512 * 1024 ** 2 }))
  },
  read: readPhoton,
}

async function* readPhoton({ path, chunks, input, at }: OpenDocument): AsyncGenerator<FeedItem> {
  const release = /cve_data_photon(\d{1,2}\.\d{1,2})\.json$/.exec(path)?.[1]
  if (release === undefined)
    throw new Failure('feed-form', `${input} does not say which release it is about`, { input })
  const weaknesses = new Map<string, OsvAffected[]>()
  for await (const { key, value } of jsonMembers(chunks, input, { maxMember: 1024 ** 2 })) {
    const parsed = shape.safeParse(value)
    if (!parsed.success) {
      yield { wrong: `row ${key}`, reason: 'not the form of the list' }
      continue
    }
    const affected = weaknesses.get(parsed.data.cve_id) ?? []
    weaknesses.set(parsed.data.cve_id, affected)
    affected.push(affectedOf(`Photon OS:${release}`, parsed.data))
  }
  for (const [name, affected] of weaknesses)
    yield {
      record: {
        id: `PHOTON-${name}`,
        modified: at,
        aliases: [],
        upstream: [name],
        related: [],
        severity: [],
        affected,
        references: [{ type: 'WEB', url: 'https://github.com/vmware/photon/wiki/Security-Advisories' }],
      },
    }
}

function affectedOf(ecosystem: string, { pkg, cve_score: score, res_ver: fixed, status = '' }: Row): OsvAffected {
  const has = fixed !== null && fixed !== undefined && fixed !== '' && fixed !== 'NA'
  const stated: VendorStatus = /^not affected$/i.test(status) ? 'not-affected' : has ? 'fixed' : 'affected'
  const word = wordOf(score)
  return statedAffected({
    ecosystem,
    name: pkg,
    status: stated,
    ...(stated === 'fixed' && has ? { fixed } : {}),
    ...(status === '' ? {} : { reason: status }),
    ...(word === undefined ? {} : { severity: [{ type: 'Photon', score: word }] }),
  })
}

/** A score by the scale of CVSS 3.1 (https://www.first.org/cvss/v3.1/specification-document#Qualitative-Severity-Rating-Scale). */
function wordOf(score: number | null | undefined): string | undefined {
  if (score === null || score === undefined || !(score > 0 && score <= 10)) return undefined
  return score >= 9 ? 'critical' : score >= 7 ? 'high' : score >= 4 ? 'medium' : 'low'
}
