import * as z from 'zod/mini'

const texts = z.nullish(z.array(z.string()))
/** Written as a number by most, as a word by some. */
const level = z.nullish(z.union([z.number(), z.string()]))

const entryShape = z.object({
  FixedVersion: z.nullish(z.string()),
  Affected: z.nullish(z.array(z.number())),
  Cves: z.nullish(z.array(z.object({ ID: z.nullish(z.string()), Severity: level }))),
  Arches: texts,
  Status: level,
  Severity: level,
  VendorIDs: texts,
})

/** What a bucket of a package says about one weakness (https://github.com/aquasecurity/trivy-db, `pkg/types`, Advisory). */
export const advisoryShape = z.object({
  VendorIDs: texts,
  Arches: texts,
  Status: level,
  Severity: level,
  FixedVersion: z.nullish(z.string()),
  AffectedVersion: z.nullish(z.string()),
  VulnerableVersions: texts,
  PatchedVersions: texts,
  UnaffectedVersions: texts,
  Entries: z.nullish(z.array(entryShape)),
})

export type TrivyAdvisory = z.infer<typeof advisoryShape>
export type TrivyEntry = z.infer<typeof entryShape>

/** What is said about a weakness itself (`pkg/types`, Vulnerability). */
export const detailShape = z.object({
  Title: z.nullish(z.string()),
  Description: z.nullish(z.string()),
  Severity: level,
  References: texts,
  PublishedDate: z.nullish(z.string()),
  LastModifiedDate: z.nullish(z.string()),
  CweIDs: texts,
  VendorSeverity: z.nullish(z.record(z.string(), z.union([z.number(), z.string()]))),
  CVSS: z.nullish(
    z.record(
      z.string(),
      z.object({ V2Vector: z.nullish(z.string()), V3Vector: z.nullish(z.string()), V40Vector: z.nullish(z.string()) }),
    ),
  ),
})

export type TrivyDetail = z.infer<typeof detailShape>

const SEVERITIES = ['unknown', 'low', 'medium', 'high', 'critical'] as const

/** A level as a word (`pkg/types`, Severity); undefined for `UNKNOWN` and for what is no level. */
export function severityWord(value: number | string | null | undefined): string | undefined {
  const word = typeof value === 'number' ? SEVERITIES[value] : value?.toLowerCase()
  return word === undefined || word === 'unknown' || !(SEVERITIES as readonly string[]).includes(word)
    ? undefined
    : word
}
