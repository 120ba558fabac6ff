import * as z from 'zod/mini'

const metric = z.array(
  z.object({ source: z.string(), cvssData: z.object({ vectorString: z.string(), baseScore: z.number() }) }),
)
const time = z.string().check(z.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d/))

const match = z.object({
  vulnerable: z.boolean(),
  criteria: z.string().check(z.maxLength(2_000)),
  versionStartIncluding: z.optional(z.string()),
  versionStartExcluding: z.optional(z.string()),
  versionEndIncluding: z.optional(z.string()),
  versionEndExcluding: z.optional(z.string()),
})

const configuration = z.object({
  operator: z.optional(z.string()),
  negate: z.optional(z.boolean()),
  nodes: z.array(z.object({ operator: z.string(), negate: z.optional(z.boolean()), cpeMatch: z.array(match) })),
})

/** One member of `vulnerabilities` (https://csrc.nist.gov/schema/nvd/api/2.0/cve_api_json_2.0.schema), as far as it is kept. */
export const shape = z.object({
  cve: z.object({
    id: z.string().check(z.regex(/^CVE-\d{4}-\d{4,12}$/)),
    sourceIdentifier: z.optional(z.string()),
    published: time,
    lastModified: time,
    vulnStatus: z.optional(z.string()),
    descriptions: z.array(z.object({ lang: z.string(), value: z.string() })),
    metrics: z.object({
      cvssMetricV40: z.optional(metric),
      cvssMetricV31: z.optional(metric),
      cvssMetricV30: z.optional(metric),
      cvssMetricV2: z.optional(metric),
    }),
    weaknesses: z.optional(z.array(z.object({ description: z.array(z.object({ value: z.string() })) }))),
    configurations: z.optional(z.array(configuration)),
    references: z.optional(z.array(z.object({ url: z.string() }))),
  }),
})

export type NvdCve = z.infer<typeof shape>['cve']
export type NvdMatch = z.infer<typeof match>
export type NvdConfiguration = z.infer<typeof configuration>
