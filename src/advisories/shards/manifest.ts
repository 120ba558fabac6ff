import * as z from 'zod/mini'
import { Failure } from '../../lib/failure.ts'
import { isEcosystemName } from '../ecosystems.ts'
import type { FeedStatus } from '../types.ts'

/** Form of the manifest and the shards that it names. */
export const SHARDS_FORMAT = 1
/** Name of the manifest in a folder of shards. */
export const MANIFEST_NAME = 'manifest.json'
export const MAX_MANIFEST_BYTES = 32 * 1024 ** 2
/** Bytes that one shard may have, unpacked: a window that every machine can hold, since deltas are read against the old one. */
export const MAX_SHARD_BYTES = 2 * 1024 ** 3

/** Something that is fetched: named by what is in it. */
export interface Blob {
  /** SHA-256, hex. */
  readonly digest: string
  readonly bytes: number
}

/** One file of the database. */
export interface Shard extends Blob {
  /** It as it is fetched: zstd. */
  readonly packed: Blob
  /** What makes it from an older one: zstd with the older one's bytes as dictionary. */
  readonly deltas: readonly (Blob & { readonly from: string })[]
}

/** The shard of one release of an ecosystem, or of an ecosystem without releases. */
export interface ReleaseShard extends Shard {
  /** As `shardRelease` names it. */
  readonly release: string
  /** Releases that its entries name: `12`, `Pro:22.04:LTS`. */
  readonly releases: readonly string[]
  readonly records: number
}

/** One ecosystem: what the database knows of it, and its shards. */
export interface ShardedEcosystem {
  readonly name: string
  readonly records: number
  readonly withdrawn: number
  readonly skipped: number
  readonly newestRecordAt: string
  readonly fetchedAt: string
  readonly source: string
  readonly feeds?: Readonly<Record<string, string>>
  readonly shards: readonly ReleaseShard[]
}

/** What a database of shards is made of: small, and the only part that ever changes its content under one name. */
export interface ShardManifest {
  readonly format: typeof SHARDS_FORMAT
  /** Identity of its content. */
  readonly id: string
  readonly builtAt: string
  readonly checkedAt: string
  /** Where the advisories came from before they were cut. */
  readonly from: string
  readonly warnings: readonly string[]
  readonly listed: readonly string[]
  readonly feeds?: readonly FeedStatus[]
  readonly kev?: { readonly entries: number; readonly released: string; readonly fetchedAt: string }
  readonly epss?: { readonly entries: number; readonly on: string; readonly fetchedAt: string }
  /** Known exploitation and its likelihood. */
  readonly exploitation: Shard
  readonly ecosystems: readonly ShardedEcosystem[]
}

const digest = z.string().check(z.regex(/^[0-9a-f]{64}$/))
const bytes = z.number().check(z.int(), z.minimum(0), z.maximum(MAX_SHARD_BYTES))
const time = z.string().check(z.maxLength(40))
const text = z.string().check(z.maxLength(2_000))
const count = z.number().check(z.int(), z.minimum(0))
const blob = { digest, bytes }
const shard = {
  ...blob,
  packed: z.object(blob),
  deltas: z.array(z.object({ ...blob, from: digest })).check(z.maxLength(50)),
}
const feed = z.object({
  id: text,
  title: text,
  publisher: text,
  licence: text,
  origin: text,
  checkedAt: time,
  changedAt: time,
  failing: z.optional(z.object({ since: time, why: text })),
  records: count,
  facts: count,
  skipped: count,
  newestRecordAt: time,
})

const manifestShape: z.ZodMiniType<ShardManifest> = z.object({
  format: z.literal(SHARDS_FORMAT),
  id: text,
  builtAt: time,
  checkedAt: time,
  from: text,
  warnings: z.array(z.string()).check(z.maxLength(10_000)),
  listed: z.array(text).check(z.maxLength(10_000)),
  feeds: z.optional(z.array(feed)),
  kev: z.optional(z.object({ entries: count, released: time, fetchedAt: time })),
  epss: z.optional(z.object({ entries: count, on: time, fetchedAt: time })),
  exploitation: z.object(shard),
  ecosystems: z
    .array(
      z.object({
        name: z.string().check(z.refine(isEcosystemName)),
        records: count,
        withdrawn: count,
        skipped: count,
        newestRecordAt: time,
        fetchedAt: time,
        source: text,
        feeds: z.optional(z.record(z.string(), z.string())),
        shards: z
          .array(
            z.object({
              ...shard,
              release: z.string().check(z.regex(/^[a-z0-9.-]{0,40}$/)),
              releases: z.array(text).check(z.maxLength(10_000)),
              records: count,
            }),
          )
          .check(z.maxLength(1_000)),
      }),
    )
    .check(z.maxLength(1_000)),
})

/** Whether JSON could be a manifest of shards at all, whatever its format. */
export function looksLikeManifest(value: unknown): boolean {
  return (
    typeof value === 'object' && value !== null && 'format' in value && 'ecosystems' in value && 'exploitation' in value
  )
}

/** A manifest from its bytes. Throws `Failure` that names `input` for anything else, and for one of another format. */
export function parseManifest(content: Uint8Array, input: string): ShardManifest {
  const refuse = (why: string, cause?: unknown) => new Failure('shard-manifest', `${input} ${why}`, { input, cause })
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder().decode(content))
  } catch (cause) {
    throw refuse('is no manifest of advisories: not JSON', cause)
  }
  if (!looksLikeManifest(value)) throw refuse('is no manifest of advisories')
  if ((value as { format: unknown }).format !== SHARDS_FORMAT)
    throw refuse(`was made by another version of Bulwark (format ${String((value as { format: unknown }).format)})`)
  const parsed = manifestShape.safeParse(value)
  if (!parsed.success)
    throw refuse(`is damaged: ${parsed.error.issues[0]?.path.join('.')} ${parsed.error.issues[0]?.message}`)
  return parsed.data
}
