import { type Alias, joinPath, LayerView, rememberingHasher } from './layer-view.ts'
import { parentOf } from './parent-path.ts'
import type { LayerIndex } from './types.ts'

/** Symbolic links followed on the way to one path, as Linux has it (path_resolution(7)). */
const MOST_LINKS = 40
/** A longer target cannot be a link's on Linux. */
const LONGEST_TARGET = 4096
/** Hard links followed from layer to layer. */
const MOST_HARD_LINKS = 40
/** Folders remembered for each state of the image. */
const MOST_REMEMBERED = 200_000
/** Folders of one layer that lie behind links of older ones. */
const MOST_ALIASES = 1000

/** What lies at a path, not following a link there. `layer` is the newest that has it. */
export interface Node {
  readonly kind: 'file' | 'folder' | 'symlink'
  readonly layer: number
  /** Target of a symbolic link, as written. */
  readonly to?: string
}

/** Where the bytes of a file are: hard links lead to older layers. */
export interface BodyPlace {
  readonly layer: number
  readonly path: string
}

/**
 * The layers of an image put on top of each other (OCI image-spec, layer.md, "Applying Changesets"), asked path by path. `top`
 * is the newest layer that counts, so that an older state of the image can be asked for too. An undefined index is a layer
 * that could not be read: it neither has nor hides anything.
 */
export class MergedLayers {
  readonly count: number
  readonly #views: (LayerView | undefined)[] = []
  /** By `top`: the oldest layer of which anything below a folder can still be seen. */
  readonly #floors = new Map<number, Map<string, number>>()

  constructor(indexes: readonly (LayerIndex | undefined)[]) {
    const hash = rememberingHasher()
    this.count = indexes.length
    for (const [layer, index] of indexes.entries()) {
      this.#views.push(index === undefined ? undefined : new LayerView(index, hash, this.#aliases(index, layer)))
    }
  }

  view(layer: number): LayerView | undefined {
    return this.#views[layer]
  }

  /** Where what the layer names so really lies. */
  real(path: string, layer: number): string {
    return this.#views[layer]?.real(path) ?? path
  }

  find(path: string, top: number): Node | undefined {
    if (path === '') return { kind: 'folder', layer: 0 }
    const floor = this.#floor(parentOf(path), top)
    for (let layer = top; layer >= floor; layer--) {
      const view = this.#views[layer]
      if (view === undefined) continue
      if (view.hasFile(path)) return this.#nodeAt(view, path, layer)
      if (view.hasFolder(path)) return { kind: 'folder', layer }
      if (view.whitesOut(path)) return undefined
    }
    return undefined
  }

  /** Whether the file that this layer itself holds at `path` is the one in the final image. */
  isSurvivor(path: string, layer: number): boolean {
    const node = this.find(path, this.count - 1)
    return node?.layer === layer && node.kind === 'file' && this.#views[layer]?.link(path) === undefined
  }

  /** As {@link isSurvivor}, of a path of which the layer is known to have the body itself, as it has of each row. */
  bodySurvives(path: string, layer: number): boolean {
    if (this.#views[layer]?.isPlain !== true) return this.isSurvivor(path, layer)
    const top = this.count - 1
    if (layer < top && this.#floor(parentOf(path), top) > layer) return false
    for (let newer = layer + 1; newer <= top; newer++) {
      const view = this.#views[newer]
      if (view?.hasFile(path) === true || view?.hasFolder(path) === true || view?.whitesOut(path) === true) return false
    }
    return true
  }

  /** Whether the layer itself takes away what older layers have at `path`, beside putting something new there. */
  clears(path: string, layer: number): boolean {
    const view = this.#views[layer]
    if (view === undefined) return false
    if (view.whitesOut(path)) return true
    for (let at = parentOf(path); at !== ''; at = parentOf(at)) {
      if (view.whitesOut(at) || view.isOpaque(at) || view.hasFile(at)) return true
    }
    return view.isOpaque('')
  }

  /** The path after all symbolic links, inside the root; undefined when it is not there or the links run in a circle. */
  resolve(path: string, top: number): string | undefined {
    const pending = segmentsOf(path).reverse()
    let at = ''
    let links = 0
    while (pending.length > 0) {
      const segment = pending.pop() as string
      if (segment === '..') at = parentOf(at)
      if (segment === '..' || segment === '.' || segment === '') continue
      const next = joinPath(at, segment)
      const node = this.find(next, top)
      if (node === undefined || (node.kind === 'file' && pending.length > 0)) return undefined
      if (node.kind !== 'symlink') {
        at = next
        continue
      }
      const to = node.to ?? ''
      if (++links > MOST_LINKS || to === '' || to.length > LONGEST_TARGET) return undefined
      if (to.startsWith('/')) at = ''
      pending.push(...segmentsOf(to).reverse())
    }
    return at
  }

  /** Where the bytes of the file at this real path are; undefined for a folder, a link, or a hard link to nowhere. */
  body(path: string, top: number): BodyPlace | undefined {
    let at = path
    let newest = top
    for (let followed = 0; followed <= MOST_HARD_LINKS; followed++) {
      const node = this.find(at, newest)
      if (node?.kind !== 'file') return undefined
      const link = this.#views[node.layer]?.link(at)
      if (link === undefined) return { layer: node.layer, path: at }
      at = link.to
      newest = node.layer - 1
    }
    return undefined
  }

  /** A hard link into an older layer is what that layer has: a file, or a symbolic link of its own. */
  #nodeAt(view: LayerView, path: string, layer: number): Node {
    const link = view.link(path)
    if (link === undefined) return { kind: 'file', layer }
    if (!link.hard) return { kind: 'symlink', layer, to: link.to }
    let target = link
    for (let newest = layer - 1, followed = 0; target.hard && followed < MOST_HARD_LINKS; followed++) {
      const found = this.#holder(target.to, newest)
      const next = found === undefined ? undefined : this.#views[found]?.link(target.to)
      if (found === undefined || next === undefined) return { kind: 'file', layer }
      target = next
      newest = found - 1
    }
    return target.hard ? { kind: 'file', layer } : { kind: 'symlink', layer, to: target.to }
  }

  /** The newest layer up to `top` whose file at `path` can be seen. */
  #holder(path: string, top: number): number | undefined {
    const floor = this.#floor(parentOf(path), top)
    for (let layer = top; layer >= floor; layer--) {
      const view = this.#views[layer]
      if (view === undefined) continue
      if (view.hasFile(path)) return layer
      if (view.hasFolder(path) || view.whitesOut(path)) return undefined
    }
    return undefined
  }

  #floor(folder: string, top: number): number {
    const floors = this.#floorsOf(top)
    const unknown: string[] = []
    let at = folder
    for (; at !== '' && !floors.has(at); at = parentOf(at)) unknown.push(at)
    let floor = floors.get(at)
    if (floor === undefined) {
      floor = this.#cut('', top, 0)
      floors.set('', floor)
    }
    for (const path of unknown.reverse()) {
      floor = this.#cut(path, top, floor)
      floors.set(path, floor)
    }
    return floor
  }

  #floorsOf(top: number): Map<string, number> {
    let floors = this.#floors.get(top)
    if (floors === undefined || floors.size > MOST_REMEMBERED) {
      floors = new Map()
      this.#floors.set(top, floors)
    }
    return floors
  }

  /** The newest layer that hides what older ones have below this folder, not looking at the folders above it. */
  #cut(folder: string, top: number, above: number): number {
    for (let layer = top; layer > above; layer--) {
      const view = this.#views[layer]
      if (view === undefined) continue
      if (view.isOpaque(folder) || (folder !== '' && (view.whitesOut(folder) || view.hasFile(folder)))) return layer
    }
    return above
  }

  /** Folders that this layer implies and an older one has as a link to a folder: what lies in them lies behind the link. */
  #aliases(index: LayerIndex, layer: number): readonly Alias[] {
    const aliases: Alias[] = []
    for (const named of index.implied.toSorted((a, b) => a.length - b.length)) {
      if (aliases.length >= MOST_ALIASES) break
      const before = aliases.find((alias) => named.startsWith(`${alias.named}/`))
      const path = before === undefined ? named : joinPath(before.real, named.slice(before.named.length + 1))
      if (this.find(path, layer - 1)?.kind !== 'symlink') continue
      const real = this.resolve(path, layer - 1)
      if (real !== undefined && this.find(real, layer - 1)?.kind === 'folder') aliases.unshift({ named, real })
    }
    return aliases
  }
}

function segmentsOf(path: string): string[] {
  return path.split('/')
}
