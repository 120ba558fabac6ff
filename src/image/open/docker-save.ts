import { Failure } from '../../lib/failure.ts'
import type { Digest } from '../../model/digest.ts'
import type { ResolvedArchive } from '../types.ts'
import type { ContentStore } from './content-store.ts'
import {
  configSchema,
  digestOfDocument,
  parseDocument,
  type SaveManifest,
  saveManifestSchema,
  verifyDocument,
} from './documents.ts'
import { assembleImage, type NamedLayer } from './image-layers.ts'
import { type Platform, platformMatches, platformText } from './platform.ts'
import { type ImageChoice, tagMatches } from './reference.ts'

/**
 * The image of a `docker save` archive (moby, image/spec/v1.2.md): legacy with a folder for each layer, or modern with an OCI layout
 * inside, whose `manifest.json` names blobs.
 * @throws Failure naming the archive: `not-an-image-archive`, `document-invalid`, `image-choice-needed`, `no-such-image`,
 * `platform-not-found`, `digest-mismatch`, `layer-count-mismatch`.
 */
export function resolveDockerSave(
  store: ContentStore,
  choice: ImageChoice | undefined,
  platform: Platform | undefined,
): ResolvedArchive {
  const bytes = store.document('manifest.json')
  if (bytes === undefined) {
    throw new Failure('not-an-image-archive', 'the archive holds no manifest.json', {
      input: store.reference,
      hints: store.has('repositories')
        ? ['it is in the format of Docker before 1.10: load it and save it again with a newer Docker']
        : [],
    })
  }
  const manifests = parseDocument(saveManifestSchema, bytes, store.reference, 'manifest.json')
  const chosen = chooseManifest(store.reference, manifests, choice)
  const configBytes = store.document(chosen.Config)
  if (configBytes === undefined) {
    throw new Failure('document-missing', `the archive does not hold the image's config ${chosen.Config}`, {
      input: store.reference,
    })
  }
  const stated = digestInName(chosen.Config)
  if (stated !== undefined) verifyDocument(configBytes, stated, store.reference, `config (${chosen.Config})`)
  const config = parseDocument(configSchema, configBytes, store.reference, chosen.Config)
  if (platform !== undefined && config.os && config.architecture) {
    const offered = {
      os: config.os,
      architecture: config.architecture,
      ...(config.variant ? { variant: config.variant } : {}),
    }
    if (!platformMatches(offered, platform)) throw platformNotFound(store.reference, platform, [platformText(offered)])
  }
  return assembleImage(store, {
    tags: chosen.RepoTags,
    imageId: stated ?? digestOfDocument(configBytes),
    config,
    layers: (chosen.Layers ?? []).map(namedLayer),
  })
}

function namedLayer(name: string): NamedLayer {
  const blob = /^blobs\//.test(name) ? digestInName(name) : undefined
  return { name, ...(blob === undefined ? {} : { blob }), missing: `the archive does not hold ${name}` }
}

/** Docker names configs `<hex>.json`, and in OCI form `blobs/sha256/<hex>`: the name is a promise about the bytes. */
function digestInName(name: string): Digest | undefined {
  const hex = /^(?:blobs\/sha256\/)?([0-9a-f]{64})(?:\.json)?$/.exec(name)?.[1]
  return hex === undefined ? undefined : `sha256:${hex}`
}

function chooseManifest(
  reference: string,
  manifests: readonly SaveManifest[],
  choice: ImageChoice | undefined,
): SaveManifest {
  if (manifests.length === 0) {
    throw new Failure('not-an-image-archive', 'its manifest.json names no image', { input: reference })
  }
  if (choice === undefined) {
    if (new Set(manifests.map((manifest) => manifest.Config)).size === 1) return manifests[0]
    throw choiceNeeded(reference, manifests.map(manifestName))
  }
  const found = manifests.find((manifest, index) => isChosen(manifest, index, choice))
  if (found !== undefined) return found
  throw noSuchImage(reference, manifests.map(manifestName))
}

function isChosen(manifest: SaveManifest, index: number, choice: ImageChoice): boolean {
  switch (choice.by) {
    case 'index':
      return choice.index === index
    case 'digest':
      return digestInName(manifest.Config) === choice.digest
    case 'tag':
      return manifest.RepoTags.some((tag) => tagMatches(tag, choice.tag))
  }
}

function manifestName(manifest: SaveManifest, index: number): string {
  return manifest.RepoTags.length > 0 ? manifest.RepoTags.join(', ') : `@${index}`
}

/** Several images and none chosen: says which there are and how to choose. */
export function choiceNeeded(reference: string, names: readonly string[]): Failure {
  return new Failure('image-choice-needed', `holds ${names.length} images: ${shortList(names)}`, {
    input: reference,
    hints: [`name one of them: ${reference}${names[0]?.startsWith('@') ? '' : ':'}${names[0]?.split(', ')[0]}`],
  })
}

/** A failure that names what was asked for and lists the images that there are. */
export function noSuchImage(reference: string, names: readonly string[]): Failure {
  return new Failure(
    'no-such-image',
    `holds no such image; there ${names.length === 1 ? 'is' : 'are'}: ${shortList(names)}`,
    {
      input: reference,
    },
  )
}

/** A failure that names the platform that was wanted and lists those that are offered. */
export function platformNotFound(reference: string, wanted: Platform, offered: readonly string[]): Failure {
  return new Failure(
    'platform-not-found',
    `has no image for ${platformText(wanted)}; there is: ${shortList(offered)}`,
    {
      input: reference,
      hints: offered.length > 0 ? [`choose one with --platform ${offered[0]}`] : [],
    },
  )
}

function shortList(names: readonly string[]): string {
  const shown = names.slice(0, 20).map((name) => name.slice(0, 200))
  return names.length > shown.length ? `${shown.join('; ')}; and ${names.length - shown.length} more` : shown.join('; ')
}
