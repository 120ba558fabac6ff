import { type Platform, platformMatches } from '../open/platform.ts'
import type { ImageName } from '../types.ts'
import type { StoredImage } from './graph-root.ts'

/** What a name leads to: images in the order in which they are meant, or why there is none. */
export type Matches = readonly StoredImage[] | { readonly absent: string }

/**
 * The images that a name means, as podman looks for them here (containers/common, libimage, `LookupImage`): by digest; by name, one
 * without a registry first below `localhost`; by a beginning of the ID; and with `loosely`, a short name in any registry.
 */
export function findImages(images: readonly StoredImage[], name: ImageName, loosely: boolean): Matches {
  if (name.digest !== undefined) {
    const { digest } = name
    const found = images.filter((image) => image.digest === digest || image.documents.includes(`manifest-${digest}`))
    return found.length > 0 ? found : { absent: 'it has no image of this digest' }
  }
  for (const full of fullNames(name)) {
    const found = images.filter(({ names }) => names.includes(full))
    if (found.length > 0) return found
  }
  const byId = findById(images, name.text)
  if (byId !== undefined) return byId
  return (loosely ? findLoosely(images, name) : undefined) ?? { absent: 'it has no image of this name' }
}

/** A name as the storage may have it, with its tag. */
function fullNames(name: ImageName): readonly string[] {
  const full = `${name.domain}/${name.path}:${name.tag}`
  return isShort(name) ? [`localhost/${barePath(name)}:${name.tag}`, full] : [full]
}

/** Without a registry: `alpine`, `library/alpine`. */
function isShort({ text, domain }: ImageName): boolean {
  return !text.startsWith(`${domain}/`) && !text.startsWith('index.docker.io/')
}

function barePath({ text, path }: ImageName): string {
  return path.startsWith('library/') && !text.startsWith('library/') ? path.slice('library/'.length) : path
}

function findById(images: readonly StoredImage[], text: string): Matches | undefined {
  const prefix = /^(?:sha256:)?([0-9a-f]{3,64})$/.exec(text)?.[1]
  if (prefix === undefined) return undefined
  const found = images.filter(({ id }) => id.startsWith(prefix))
  return found.length > 1
    ? { absent: `${found.length} images have an ID that begins so` }
    : found.length === 1
      ? found
      : undefined
}

function findLoosely(images: readonly StoredImage[], name: ImageName): Matches | undefined {
  if (!isShort(name)) return undefined
  const end = `/${barePath(name)}:${name.tag}`
  const found = images.filter(({ names }) => names.some((one) => one.endsWith(end)))
  if (found.length <= 1) return found.length === 1 ? found : undefined
  const names = found.flatMap((image) => image.names.filter((one) => one.endsWith(end)))
  return { absent: `several images have this name, say which: ${names.slice(0, 5).join(', ')}` }
}

/** Whether an image of this platform is what is wanted; a variant counts only where the image states one. */
export function fits(offered: Platform, wanted: Platform | undefined): boolean {
  if (wanted === undefined) return true
  const { os, architecture } = wanted
  return platformMatches(offered, offered.variant === undefined ? { os, architecture } : wanted)
}
