import * as z from 'zod'
import { JSON_SCHEMA_VERSION } from './json.ts'

const digest = z.string().regex(/^sha(256|512):[0-9a-f]+$/)
const severity = z.enum(['critical', 'high', 'medium', 'low', 'negligible', 'unknown'])
const share = z.number().min(0).max(1)
const count = z.int().min(0)

const layer = z.object({ diffId: digest, index: count, createdBy: z.string().optional() })

const evidence = z.object({
  path: z.string(),
  lines: z.tuple([z.int(), z.int()]).optional(),
  offset: count.optional().describe('position in bytes, in a file that is no text'),
  layer: layer.optional().describe('the layer whose copy was read'),
  since: layer.optional().describe('the layer that brought the record'),
  confidence: share,
})

const operatingSystem = z.object({
  id: z.string(),
  name: z.string(),
  version: z.string(),
  release: z.string(),
  codename: z.string().optional(),
  idLike: z.array(z.string()),
  ecosystem: z.string().optional(),
  support: z
    .object({
      endOfLife: z.string().optional(),
      endOfExtendedSupport: z.string().optional(),
      extendedBy: z.string().optional(),
      source: z.string(),
    })
    .optional(),
  evidence: z.array(evidence),
})

const component = z.object({
  id: z.string(),
  kind: z.enum(['os', 'library']),
  purl: z.string(),
  name: z.string(),
  version: z.string(),
  ecosystem: z.string(),
  source: z.object({ name: z.string(), version: z.string() }).optional(),
  architecture: z.string().optional(),
  supplier: z.string().optional(),
  module: z.string().optional(),
  licences: z.array(z.string()),
  hashes: z.array(digest),
  cpes: z.array(z.string()),
  direct: z.union([z.boolean(), z.literal('unknown')]),
  scope: z.enum(['runtime', 'development', 'unknown']),
  presence: z.enum(['installed', 'declared']),
  evidence: z.array(evidence),
  ownedBy: z.string().optional(),
  origin: z.enum(['base', 'own', 'unknown']),
  lost: z
    .object({ layer, how: z.enum(['removed', 'replaced']) })
    .optional()
    .describe('not in the final image (--all-layers): the layer that removed or replaced it'),
})

const disposition = z.discriminatedUnion('state', [
  z.object({ state: z.literal('open') }),
  z.object({ state: z.literal('excepted'), reason: z.string(), by: z.string(), until: z.string().optional() }),
  z.object({ state: z.literal('not-affected'), justification: z.string(), statedBy: z.string() }),
])

const finding = z.object({
  id: z.string().describe('survives a rebuild: never of a layer or an image'),
  kind: z.enum([
    'vulnerability',
    'malicious-package',
    'secret',
    'misconfiguration',
    'licence',
    'end-of-life',
    'withdrawn-package',
    'unmaintained-package',
    'drift',
    'policy',
    'runtime',
  ]),
  title: z.string(),
  description: z.string().optional(),
  names: z.array(z.string()).describe('CVE first, then every other name'),
  component: z.string().optional().describe('id of the component it is about'),
  evidence: z.array(evidence),
  severity: z.object({ value: severity, source: z.string(), score: z.number().optional() }),
  severities: z.array(
    z.object({ value: severity, source: z.string(), vector: z.string().optional(), score: z.number().optional() }),
  ),
  vendorStatus: z
    .enum(['affected', 'fixed', 'deferred', 'will-not-fix', 'end-of-life', 'under-investigation', 'not-affected'])
    .optional(),
  fixes: z.array(
    z.object({
      kind: z.enum(['upgrade', 'change']),
      to: z.string().optional(),
      patch: z.string().optional(),
      availableSince: z.string().optional(),
    }),
  ),
  remarks: z.array(z.string()),
  exploit: z.object({
    knownSince: z.string().optional(),
    ransomware: z.boolean().optional(),
    maturity: z.enum(['none-known', 'public', 'weaponised']),
    proofs: z
      .array(
        z.object({
          source: z.string(),
          exploit: z.enum(['public', 'weaponised']),
          reference: z.string().optional(),
          since: z.string().optional(),
        }),
      )
      .optional()
      .describe('where exploits are published'),
    ssvc: z
      .object({ exploitation: z.string(), automatable: z.string(), technicalImpact: z.string() })
      .optional()
      .describe("CISA's decision points"),
    epss: z.object({ probability: share, percentile: share, on: z.string() }).optional(),
  }),
  reachable: z
    .enum(['yes', 'no', 'unknown'])
    .describe('whether what runs loads it: by the entry point of the image, or the functions of a Go program'),
  reachability: z
    .object({ reason: z.string(), path: z.array(z.string()).describe('files on the way, from the entry point') })
    .optional()
    .describe('how that is known, or why it is not'),
  confidence: share,
  disposition,
  advisories: z.array(
    z.object({ id: z.string(), source: z.string(), published: z.string().optional(), modified: z.string().optional() }),
  ),
  references: z.array(z.string()),
})

const diagnostic = z.object({
  code: z.string(),
  message: z.string(),
  path: z.string().optional(),
  layer: z.object({ index: count, diffId: z.string().optional() }).optional(),
  effect: z.enum(['blind', 'partial', 'notice']),
})

/** The form of the JSON report, from which docs/scan-result.schema.json is made. Readers must accept fields that they do not know. */
export const scanResultSchema = z
  .object({
    schemaVersion: z.literal(JSON_SCHEMA_VERSION),
    tool: z.object({ name: z.literal('bulwark'), version: z.string() }),
    subject: z.object({
      kind: z.enum(['image', 'container', 'tree', 'file']),
      name: z.string(),
      digest: digest.nullable().optional(),
      imageId: digest.optional(),
      platform: z.string().optional(),
    }),
    os: operatingSystem.nullable(),
    complete: z
      .boolean()
      .describe('false when something is blind: a layer, a package database or an ecosystem was not seen'),
    whole: z.boolean().describe('false when something is blind or a single file could not be read'),
    summary: z.object({
      components: count,
      findings: count,
      suppressed: count,
      fixable: count,
      exploited: count,
      severities: z.object({
        critical: count,
        high: count,
        medium: count,
        low: count,
        negligible: count,
        unknown: count,
      }),
    }),
    findings: z.array(finding),
    leftOut: z.array(z.object({ filter: z.string(), count, unknownSeverity: count })),
    collapsed: z
      .array(z.object({ component: z.string(), name: z.string(), version: z.string(), count, statement: z.string() }))
      .describe('settled findings that the table shows as one line each'),
    diagnostics: z.array(diagnostic),
    scanners: z.object({ ran: z.array(z.string()), notRun: z.array(z.string()) }),
    advisories: z
      .object({
        id: z.string(),
        from: z.string(),
        newestRecordAt: z.string(),
        checkedAt: z.string(),
        warnings: z.array(z.string()),
      })
      .nullable(),
    layers: z.array(layer),
    layerCount: z.object({ total: count }),
    components: z.array(component),
    relations: z.array(
      z.object({ from: z.string(), to: z.string(), kind: z.enum(['depends-on', 'contains', 'built-from']) }),
    ),
    startedAt: z.string(),
    durationMs: z.number(),
  })
  .meta({ title: 'Bulwark scan result', description: 'What `bulwark scan --format json` writes.' })

/** The JSON Schema (2020-12) text of the report, as published. */
export function publishedSchema(): string {
  return `${JSON.stringify(z.toJSONSchema(scanResultSchema, { target: 'draft-2020-12', io: 'input' }), null, 2)}\n`
}
