import type { Diagnostic } from '../model/diagnostic.ts'
import { compileDispatch, type Dispatch } from './dispatch.ts'
import { joinPath } from './layer-view.ts'
import type { BodyPlace, MergedLayers } from './merged-layers.ts'
import { parentOf } from './parent-path.ts'
import type { AnyReader, LayerIndex } from './types.ts'

/** A body that has to be read after the merge, because a wanted path leads to it through links. */
export interface LinkedBody {
  readonly layer: number
  /** The entry of that layer. */
  readonly path: string
  /** The wanted path. */
  readonly as: string
  readonly readers: readonly AnyReader[]
  /** Whether this is the copy in the final image; older ones are read too, since records are followed through them. */
  readonly wins: boolean
}

export interface LinkedBodies {
  readonly bodies: readonly LinkedBody[]
  readonly diagnostics: readonly Diagnostic[]
}

/** Diagnostics about links of one image. */
const MOST_DIAGNOSTICS = 100

/**
 * Finds wanted paths that the merged tree leads elsewhere: whole paths of `wants` that pass through links, and links whose own
 * path or name is wanted. What is read anyway under the name where it lies is left out.
 */
export function findLinkedBodies(
  layers: MergedLayers,
  indexes: readonly (LayerIndex | undefined)[],
  readers: readonly AnyReader[],
): LinkedBodies {
  const search = new Search(layers, compileDispatch(readers))
  for (const reader of readers) {
    for (const { path } of reader.wants.any) if (path !== undefined) search.wanted(path)
  }
  for (const [layer, index] of indexes.entries()) {
    for (const link of index?.links ?? []) search.link(layer, link.path, link.hard)
  }
  return search
}

class Search implements LinkedBodies {
  readonly bodies: LinkedBody[] = []
  readonly diagnostics: Diagnostic[] = []
  readonly #layers: MergedLayers
  readonly #dispatch: Dispatch
  readonly #top: number
  readonly #asked = new Set<string>()
  readonly #folders = new Map<string, string | undefined>()
  /** Reader and body, so that two wanted paths to one body give one row. */
  readonly #taken = new Set<string>()

  constructor(layers: MergedLayers, dispatch: Dispatch) {
    this.#layers = layers
    this.#dispatch = dispatch
    this.#top = layers.count - 1
  }

  link(layer: number, named: string, hard: boolean): void {
    const path = this.#layers.real(named, layer)
    const readers = this.#dispatch.byPath(path, 0o755)
    if (readers.length === 0 && !hard) return
    if (this.#layers.find(path, this.#top)?.layer !== layer) return
    if (readers.length > 0) this.wanted(path)
    else if (this.#layers.find(path, this.#top)?.kind === 'file' && this.#layers.body(path, this.#top) === undefined) {
      this.#nowhere(path, 'notice')
    }
  }

  wanted(path: string): void {
    if (this.#asked.has(path)) return
    this.#asked.add(path)
    const folder = this.#realFolder(parentOf(path))
    const at = folder === undefined ? undefined : joinPath(folder, path.slice(path.lastIndexOf('/') + 1))
    const node = at === undefined ? undefined : this.#layers.find(at, this.#top)
    if (at === undefined || node === undefined) return
    const real = node.kind === 'symlink' ? this.#layers.resolve(path, this.#top) : at
    if (real === undefined) {
      this.#dangling(path)
      return
    }
    const readers = this.#dispatch.byPath(path, 0o755)
    const body = this.#layers.body(real, this.#top)
    if (body === undefined) {
      const lost = readers.some(({ wants }) => wants.loss === 'blind') ? 'blind' : 'partial'
      if (this.#layers.find(real, this.#top)?.kind === 'file') this.#nowhere(path, lost)
      return
    }
    if (real === path && body.path === path) return
    const missing = readers.filter((reader) => !this.#isRead(reader, body) && this.#claim(reader, body))
    if (missing.length > 0) this.#add(body, path, missing)
  }

  /** Whether the reader took the body where it lies, and that copy is in the final image. */
  #isRead(reader: AnyReader, body: BodyPlace): boolean {
    if (!this.#dispatch.byPath(body.path, 0o755).includes(reader)) return false
    const node = this.#layers.find(body.path, this.#top)
    return node?.kind === 'file' && node.layer === body.layer
  }

  #claim(reader: AnyReader, body: BodyPlace): boolean {
    const claim = `${reader.id}\0${body.layer}\0${body.path}`
    if (this.#taken.has(claim)) return false
    this.#taken.add(claim)
    return true
  }

  #add(body: BodyPlace, as: string, readers: readonly AnyReader[]): void {
    for (let layer = body.layer; layer >= 0; layer--) {
      const view = this.#layers.view(layer)
      if (view === undefined || !view.hasFile(body.path) || view.link(body.path) !== undefined) continue
      const path = view.namesOf(body.path)[0] ?? body.path
      this.bodies.push({ layer, path, as, readers, wins: layer === body.layer })
    }
  }

  /** Where a folder really lies. Wanted paths share theirs. */
  #realFolder(folder: string): string | undefined {
    if (this.#folders.has(folder)) return this.#folders.get(folder)
    const real = this.#layers.resolve(folder, this.#top)
    this.#folders.set(folder, real)
    return real
  }

  /** A wanted path that is not there is nothing to speak of; a link in its place that leads nowhere is. */
  #dangling(path: string): void {
    this.#say({
      code: 'link-to-nowhere',
      message: 'a link in this place leads nowhere, or in a circle',
      path,
      effect: 'notice',
    })
  }

  #nowhere(path: string, effect: Diagnostic['effect']): void {
    this.#say({ code: 'hard-link-to-nowhere', message: 'a hard link to a file that no layer has', path, effect })
  }

  #say(diagnostic: Diagnostic): void {
    if (this.diagnostics.length < MOST_DIAGNOSTICS) this.diagnostics.push(diagnostic)
  }
}
