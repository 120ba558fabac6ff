import * as z from 'zod/mini'
import type { KevEntry, WeaknessFact } from '../types.ts'
import type { DatabaseMeta, EcosystemState } from './schema.ts'

// What the database keeps as JSON: a file may come from elsewhere, so it is read as input.

export const metaShape: z.ZodMiniType<DatabaseMeta> = z.object({
  id: z.string(),
  builtAt: z.string(),
  from: z.string(),
  checkedAt: z.string(),
  warnings: z.array(z.string()),
  listed: z.array(z.string()),
  feeds: z.optional(
    z.array(
      z.object({
        id: z.string(),
        title: z.string(),
        publisher: z.string(),
        licence: z.string(),
        origin: z.string(),
        checkedAt: z.string(),
        changedAt: z.string(),
        failing: z.optional(z.object({ since: z.string(), why: z.string() })),
        records: z.number(),
        facts: z.number(),
        skipped: z.number(),
        newestRecordAt: z.string(),
      }),
    ),
  ),
  kev: z.optional(z.object({ entries: z.number(), released: z.string(), fetchedAt: z.string() })),
  epss: z.optional(z.object({ entries: z.number(), on: z.string(), fetchedAt: z.string() })),
})

export const stateShape: z.ZodMiniType<EcosystemState> = z.object({
  releases: z.array(z.string()),
  records: z.number(),
  withdrawn: z.number(),
  skipped: z.number(),
  newestRecordAt: z.string(),
  fetchedAt: z.string(),
  source: z.string(),
  feeds: z.optional(z.record(z.string(), z.string())),
})

export const namesShape = z.array(z.string())

export const kevShape: z.ZodMiniType<KevEntry> = z.object({
  cve: z.string(),
  dateAdded: z.string(),
  dueDate: z.optional(z.string()),
  ransomware: z.boolean(),
  name: z.string(),
})

export const factShape: z.ZodMiniType<WeaknessFact> = z.object({
  cve: z.string(),
  exploit: z.optional(z.enum(['public', 'weaponised'])),
  ssvc: z.optional(z.object({ exploitation: z.string(), automatable: z.string(), technicalImpact: z.string() })),
  reference: z.optional(z.string()),
  since: z.optional(z.string()),
})
