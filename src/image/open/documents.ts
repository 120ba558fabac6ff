import { createHash } from 'node:crypto'
import * as z from 'zod/mini'
import { Failure } from '../../lib/failure.ts'
import type { Digest } from '../../model/digest.ts'
import { algorithmOf, verifyDigest } from '../layer/stream.ts'
import type { ImageConfig } from '../types.ts'

/** Layers that one image may name; Docker allows 127. */
const MAX_LAYERS = 4096
const MAX_MANIFESTS = 10_000

const digest = z.pipe(
  z.string().check(z.regex(/^(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/)),
  z.transform((text) => text as Digest),
)
const text = z.nullish(z.string())
const strings = z.pipe(
  z.nullish(z.array(z.string())),
  z.transform((list) => list ?? []),
)
/** Old builders wrote a command as one string. */
const command = z.pipe(
  z.nullish(z.union([z.array(z.string()), z.string()])),
  z.transform((value) => (typeof value === 'string' ? [value] : (value ?? []))),
)
const map = z.pipe(
  z.nullish(z.record(z.string(), z.unknown())),
  z.transform((value: Record<string, unknown> | null | undefined) => textMap(value)),
)

const platform = z.object({ os: z.string(), architecture: z.string(), variant: z.optional(z.string()) })

const descriptor = z.object({
  mediaType: z.optional(z.string()),
  digest,
  size: z.int().check(z.nonnegative()),
  annotations: map,
  platform: z.nullish(platform),
  artifactType: z.optional(z.string()),
})
export type Descriptor = z.infer<typeof descriptor>

/** OCI image-spec, image-index.md; Docker's manifest list has the same shape. */
export const indexSchema = z.object({
  manifests: z.array(descriptor).check(z.maxLength(MAX_MANIFESTS)),
  annotations: map,
})

/** OCI image-spec, manifest.md; Docker's image manifest, version 2 schema 2. */
export const manifestSchema = z.object({
  mediaType: z.optional(z.string()),
  config: descriptor,
  layers: z.array(descriptor).check(z.maxLength(MAX_LAYERS)),
})

/** `manifest.json` of `docker save` (moby, image/spec/v1.2.md, "Combined Image JSON + Filesystem Changeset Format"). */
export const saveManifestSchema = z
  .array(
    z.object({
      Config: z.string(),
      RepoTags: strings,
      Layers: z.nullish(z.array(z.string()).check(z.maxLength(MAX_LAYERS))),
    }),
  )
  .check(z.maxLength(MAX_MANIFESTS))
export type SaveManifest = z.infer<typeof saveManifestSchema>[number]

/** OCI image-spec, config.md. */
export const configSchema = z.object({
  os: text,
  architecture: text,
  variant: text,
  created: text,
  config: z.nullish(
    z.object({ User: text, Env: strings, Entrypoint: command, Cmd: command, WorkingDir: text, Labels: map }),
  ),
  rootfs: z.object({ diff_ids: z.nullish(z.array(digest).check(z.maxLength(MAX_LAYERS))) }),
  history: z.nullish(z.array(z.object({ created_by: text, empty_layer: z.nullish(z.boolean()) }))),
})
export type ConfigDocument = z.infer<typeof configSchema>

/** The text values of a JSON object, in an object without a prototype: its keys are the input's. */
function textMap(value: unknown): Readonly<Record<string, string>> {
  const result: Record<string, string> = Object.create(null)
  if (typeof value !== 'object' || value === null) return result
  for (const [key, text] of Object.entries(value)) if (typeof text === 'string') result[key] = text
  return result
}

/**
 * Parses a JSON document of an image.
 * @throws Failure `document-invalid` naming the image and the document, and saying what is wrong with it.
 */
export function parseDocument<Schema extends z.ZodMiniType>(
  schema: Schema,
  bytes: Uint8Array,
  reference: string,
  name: string,
): z.infer<Schema> {
  let json: unknown
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    throw new Failure('document-invalid', `${name} is not valid JSON`, { input: reference })
  }
  const parsed = schema.safeParse(json)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  const where = issue.path.length > 0 ? ` at ${issue.path.join('.')}` : ''
  throw new Failure('document-invalid', `${name} is not what it should be${where}: ${issue.message}`, {
    input: reference,
  })
}

/** @throws Failure `digest-mismatch` when the bytes are not those that `expected` names. */
export function verifyDocument(bytes: Uint8Array, expected: Digest, reference: string, which: string): void {
  const algorithm = algorithmOf(expected)
  verifyDigest(reference, which, expected, `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`)
}

/** The digest of a document: a config's is the image ID. */
export function digestOfDocument(bytes: Uint8Array): Digest {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

/** The config document (OCI image-spec, config.md) as the model has it: absent lists empty, an absent system `linux`. */
export function toImageConfig(document: ConfigDocument): ImageConfig {
  const { config } = document
  return {
    os: document.os ?? 'linux',
    architecture: document.architecture ?? 'unknown',
    ...(document.variant ? { variant: document.variant } : {}),
    ...(document.created ? { created: document.created } : {}),
    ...(config?.User ? { user: config.User } : {}),
    env: config?.Env ?? [],
    entrypoint: config?.Entrypoint ?? [],
    command: config?.Cmd ?? [],
    ...(config?.WorkingDir ? { workingDir: config.WorkingDir } : {}),
    labels: config?.Labels ?? Object.create(null),
  }
}

/**
 * The command that made each layer: history entries that made none left out. Undefined for all when the counts differ, since
 * then nobody knows which is whose.
 */
export function layerCommands(document: ConfigDocument, layers: number): readonly (string | undefined)[] {
  const made = (document.history ?? []).filter((step) => step.empty_layer !== true)
  if (made.length !== layers) return new Array(layers).fill(undefined)
  return made.map((step) => step.created_by ?? undefined)
}
