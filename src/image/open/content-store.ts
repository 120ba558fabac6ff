import type { Digest } from '../../model/digest.ts'
import type { LayerLocator } from '../types.ts'

/** What holds an image's documents and layers by name: an archive, a folder, or what passed by. */
export interface ContentStore {
  /** As the user named it: the input of every Failure. */
  readonly reference: string
  has(name: string): boolean
  /** The bytes of a small document, undefined when it is not there. @throws Failure `document-too-large`, `document-unreadable`. */
  document(name: string): Uint8Array | undefined
  /** Where a layer is; undefined when it is not there. */
  layer(name: string): StoredContent | undefined
}

export interface StoredContent {
  readonly locator?: LayerLocator
  readonly sizeBytes?: number
  /** Why it is named but cannot be read. */
  readonly absent?: string
  /** Name of the entry that holds it, after links. */
  readonly entry?: string
  /** What its bytes hashed to, where they have passed already. */
  readonly digests?: { readonly blob: Digest; readonly diffId: Digest }
}

/** The target of a link between entries of an archive: a hard link's counts from the root, a symbolic one's from its folder. */
export function linkTarget(name: string, type: 'hardlink' | 'symlink', linkName: string): string {
  if (type === 'hardlink' || linkName.startsWith('/')) return linkName
  const slash = name.lastIndexOf('/')
  return slash < 0 ? linkName : `${name.slice(0, slash)}/${linkName}`
}

const MAX_LINKS = 16

/** Follows links by name, at most a few: a circle ends nowhere. */
export function followLinks(name: string, links: ReadonlyMap<string, string>): string | undefined {
  let at: string | undefined = name
  for (let i = 0; i < MAX_LINKS; i++) {
    const to: string | undefined = links.get(at)
    if (to === undefined) return at
    at = to
  }
  return undefined
}
