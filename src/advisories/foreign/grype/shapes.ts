import * as z from 'zod/mini'

/** What `blobs` holds of a weakness (https://github.com/anchore/grype, `grype/db/v6`, VulnerabilityBlob). */
export const weaknessShape = z.object({
  description: z.nullish(z.string()),
  refs: z.nullish(z.array(z.object({ url: z.string() }))),
  aliases: z.nullish(z.array(z.string())),
  severities: z.nullish(
    z.array(
      z.object({
        scheme: z.nullish(z.string()),
        value: z.union([z.string(), z.object({ vector: z.string() })]),
        source: z.nullish(z.string()),
      }),
    ),
  ),
})

export type GrypeWeakness = z.infer<typeof weaknessShape>

const dateShape = z.nullish(z.string())

/** What it holds of a package (PackageBlob). */
export const packageShape = z.object({
  cves: z.nullish(z.array(z.string())),
  qualifiers: z.nullish(
    z.object({ rpm_modularity: z.nullish(z.string()), platform_cpes: z.nullish(z.array(z.string())) }),
  ),
  ranges: z.nullish(
    z.array(
      z.object({
        version: z.nullish(z.object({ type: z.nullish(z.string()), constraint: z.nullish(z.string()) })),
        fix: z.nullish(
          z.object({
            version: z.nullish(z.string()),
            state: z.nullish(z.string()),
            detail: z.nullish(z.object({ timestamp: dateShape, available: z.nullish(z.object({ date: dateShape })) })),
          }),
        ),
      }),
    ),
  ),
})

export type GrypePackage = z.infer<typeof packageShape>

/** A known exploited vulnerability (KnownExploitedVulnerabilityBlob). */
export const kevShape = z.object({
  cve: z.string(),
  vendor_project: z.nullish(z.string()),
  product: z.nullish(z.string()),
  date_added: dateShape,
  due_date: dateShape,
  known_ransomware_campaign_use: z.nullish(z.string()),
})
