import type { BoltBucket } from '../../../lib/bolt/database.ts'
import type { OsvRecord, OsvSeverity } from '../../types.ts'
import { sourceName } from './buckets.ts'
import { detailShape, severityWord, type TrivyDetail } from './shapes.ts'

const MAX_REFERENCES = 200
const MAX_BYTES = 4 * 1024 ** 2

/** What Trivy's database says about a weakness itself; undefined where there is nothing, or nothing that can be read. */
export function detailOf(bucket: BoltBucket | undefined, id: string): TrivyDetail | undefined {
  const bytes = bucket?.value(id)
  if (bytes === undefined || bytes.length > MAX_BYTES) return undefined
  try {
    return detailShape.safeParse(JSON.parse(new TextDecoder().decode(bytes))).data
  } catch {
    return undefined
  }
}

/** An RFC 3339 time as it is, or undefined. */
function timeOf(text: string | null | undefined): string | undefined {
  return text !== null && text !== undefined && /^\d{4}-\d\d-\d\dT/.test(text) && !Number.isNaN(Date.parse(text))
    ? text
    : undefined
}

/** Times of a record about a weakness; `at` where none is stated. */
export function timesOf(detail: TrivyDetail | undefined, at: string): Pick<OsvRecord, 'modified' | 'published'> {
  const published = timeOf(detail?.PublishedDate)
  return {
    modified: timeOf(detail?.LastModifiedDate) ?? published ?? at,
    ...(published === undefined ? {} : { published }),
  }
}

/** The severities that one source gives a weakness: its word, and its vectors. */
export function severitiesBy(detail: TrivyDetail | undefined, source: string): readonly OsvSeverity[] {
  const word = severityWord(detail?.VendorSeverity?.[source])
  const { V2Vector: v2, V3Vector: v3, V40Vector: v4 } = detail?.CVSS?.[source] ?? {}
  return [
    ...(word === undefined ? [] : [{ type: sourceName(source), score: word }]),
    ...(v4 ? [{ type: 'CVSS_V4', score: v4 }] : []),
    ...(v3 ? [{ type: 'CVSS_V3', score: v3 }] : []),
    ...(v2 ? [{ type: 'CVSS_V2', score: v2 }] : []),
  ]
}

/**
 * The weakness itself as a record that names no package: its texts, and what each source says about its severity in
 * `database_specific.stated_by`, by source.
 */
export function weaknessRecord(id: string, detail: TrivyDetail, at: string): OsvRecord {
  const sources = new Set([...Object.keys(detail.VendorSeverity ?? {}), ...Object.keys(detail.CVSS ?? {})])
  const stated = [...sources].sort().flatMap((source) => {
    const severity = severitiesBy(detail, source)
    return severity.length === 0 ? [] : [[sourceName(source), severity] as const]
  })
  return {
    id,
    ...timesOf(detail, at),
    aliases: [],
    upstream: [],
    related: [],
    severity: [],
    affected: [],
    references: (detail.References ?? []).slice(0, MAX_REFERENCES).map((url) => ({ type: 'WEB', url })),
    ...(detail.Title ? { summary: detail.Title } : {}),
    ...(detail.Description ? { details: detail.Description } : {}),
    database_specific: {
      stated_by: Object.fromEntries(stated),
      ...(detail.CweIDs?.length ? { cwe_ids: detail.CweIDs } : {}),
    },
  }
}
