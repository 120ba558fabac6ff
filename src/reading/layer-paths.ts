import { Failure } from '../lib/failure.ts'
import { hashPaths } from './path-hash.ts'
import type { LayerIndex } from './types.ts'

/** Longest target of a symbolic link that Linux can hold (PATH_MAX). */
const LONGEST_TARGET = 4096

const LONGEST_PATH = 1024 ** 2
const MOST_LINKS = 40
const MOST_REMOVAL_WORK = 500_000_000

const FOLDER = -1
const SYMLINK = -2
const OTHER = -3
const ELSEWHERE = -4
/** A folder that only lies on the way to an entry. */
const IMPLIED = -5

/** What a path of a layer leads to within this layer. */
export type InLayer =
  | { readonly kind: 'body'; readonly body: number }
  | { readonly kind: 'folder' | 'symlink' | 'other' | 'elsewhere' | 'absent' }

/** Longest name of an entry that is taken, in characters: what Linux takes in one call (PATH_MAX). */
export const LONGEST_NAME = 4096

/**
 * Collects what one layer holds, in the order of its entries: a later entry of a path replaces an earlier one, as it would on
 * disk. Bodies are told apart by the number of their entry, so that a hard link leads to the right one of several.
 */
export class LayerPaths {
  /** Number of the body's entry, or one of the negative constants. */
  readonly #nodes = new Map<string, number>()
  readonly #links = new Map<string, { to: string; hard: boolean }>()
  readonly #whiteouts = new Set<string>()
  readonly #opaque = new Set<string>()
  /** The folder of the last entry: on disk as it is named here, and known with all above it. */
  #lastParent = ''
  #hasSymlinks = false
  /** Paths looked at for folders that gave way; bounded, since an archive can repeat that for each of its entries. */
  #removalWork = 0
  readonly #mostPaths: number

  constructor(mostPaths: number) {
    this.#mostPaths = mostPaths
  }

  /**
   * Where an entry of this name lands: a symbolic link that this layer put in a folder's place is followed, as extraction does.
   * Undefined when the links run in a circle.
   */
  through(name: string): string | undefined {
    const end = name.lastIndexOf('/')
    if (!this.#hasSymlinks || end <= 0) return name
    // All that lies above a folder is a folder too.
    const parent = name.slice(0, end)
    const node = parent === this.#lastParent ? FOLDER : this.#nodes.get(parent)
    if (node === FOLDER || node === IMPLIED) return name
    let path = name
    for (let followed = 0; followed <= MOST_LINKS; followed++) {
      const link = this.#firstLinkAbove(path)
      if (link === undefined) return path
      const to = this.#links.get(link)?.to ?? ''
      const base = to.startsWith('/') ? '' : `${link.slice(0, link.lastIndexOf('/') + 1)}`
      path = flatten(`${base}${to}${path.slice(link.length)}`)
      if (path === '' || path.length > LONGEST_PATH) return undefined
    }
    return undefined
  }

  addFile(path: string, body: number): void {
    this.#place(path, body)
  }

  addFolder(path: string): void {
    this.#imply(path)
    const before = this.#nodes.get(path)
    if (before !== undefined && before !== FOLDER && before !== IMPLIED) this.#giveWay(path)
    this.#nodes.set(path, FOLDER)
  }

  addOther(path: string): void {
    this.#place(path, OTHER)
  }

  addSymlink(path: string, to: string): void {
    this.#place(path, SYMLINK)
    this.#hasSymlinks = true
    if (to.length <= LONGEST_TARGET) this.#links.set(path, { to, hard: false })
  }

  /** Returns what the link leads to within this layer; `elsewhere` when its target can only be in an older layer. */
  addHardLink(path: string, target: string): InLayer {
    const node = this.#nodes.get(target)
    if (path === target) return node === undefined ? { kind: 'absent' } : this.at(path)
    if (node === undefined || node === ELSEWHERE) {
      this.#place(path, ELSEWHERE)
      this.#links.set(path, { to: this.#links.get(target)?.to ?? target, hard: true })
    } else if (node === SYMLINK) {
      this.addSymlink(path, this.#links.get(target)?.to ?? '')
    } else {
      this.#place(path, node >= 0 ? node : OTHER)
    }
    return this.at(path)
  }

  addWhiteout(path: string): void {
    this.#imply(path)
    this.#whiteouts.add(path)
  }

  addOpaque(folder: string): void {
    if (folder !== '') this.addFolder(folder)
    this.#opaque.add(folder)
  }

  at(path: string): InLayer {
    const node = this.#nodes.get(path)
    if (node === undefined) return { kind: 'absent' }
    if (node >= 0) return { kind: 'body', body: node }
    if (node === FOLDER || node === IMPLIED) return { kind: 'folder' }
    return { kind: node === SYMLINK ? 'symlink' : node === OTHER ? 'other' : 'elsewhere' }
  }

  /** How many paths there are, implied folders included. */
  get size(): number {
    return this.#nodes.size
  }

  toIndex(): LayerIndex {
    const implied: string[] = []
    const named = function* (nodes: ReadonlyMap<string, number>): Generator<string> {
      for (const [path, node] of nodes) {
        if (node === IMPLIED) implied.push(path)
        else yield node === FOLDER ? `${path}/` : path
      }
    }
    return {
      entries: hashPaths(named(this.#nodes), this.#nodes.size),
      implied,
      whiteouts: [...this.#whiteouts],
      opaque: [...this.#opaque],
      links: [...this.#links].map(([path, link]) => ({ path, ...link })),
    }
  }

  /** The first folder on the way to `path` that this layer made a symbolic link. */
  #firstLinkAbove(path: string): string | undefined {
    for (let at = path.indexOf('/'); at > 0; at = path.indexOf('/', at + 1)) {
      const folder = path.slice(0, at)
      if (this.#nodes.get(folder) === SYMLINK) return folder
    }
    return undefined
  }

  #place(path: string, node: number): void {
    this.#imply(path)
    const before = this.#nodes.get(path)
    if (before !== undefined) {
      this.#links.delete(path)
      if (before === FOLDER || before === IMPLIED) this.#removeBelow(path)
    }
    this.#nodes.set(path, node)
    if (this.#nodes.size > this.#mostPaths) {
      throw new Failure(
        'layer-too-many-paths',
        `the layer holds more than the ${this.#mostPaths} files and folders allowed`,
      )
    }
  }

  /** Something that gives way to a folder had itself taken the place of what older layers have there: the folder begins empty. */
  #giveWay(path: string): void {
    this.#links.delete(path)
    this.#opaque.add(path)
  }

  /** A folder that gives way to something else takes with it what lay in it. Rare, hence a walk over all. */
  #removeBelow(folder: string): void {
    const prefix = `${folder}/`
    this.#removalWork += this.#nodes.size
    if (this.#removalWork > MOST_REMOVAL_WORK) {
      throw new Failure('layer-too-tangled', 'the layer puts files in the place of folders too many times')
    }
    for (const path of this.#nodes.keys()) {
      if (!path.startsWith(prefix)) continue
      this.#nodes.delete(path)
      this.#links.delete(path)
    }
    this.#lastParent = ''
  }

  /** Notes the folders on the way to `path`. Neighbours in an archive mostly share theirs, so the last one is remembered. */
  #imply(path: string): void {
    const end = path.lastIndexOf('/')
    if (end <= 0) return
    const parent = path.slice(0, end)
    if (parent === this.#lastParent) return
    for (let at = end; at > 0; at = path.lastIndexOf('/', at - 1)) {
      const folder = path.slice(0, at)
      const node = this.#nodes.get(folder)
      if (node === FOLDER || node === IMPLIED) break
      if (node !== undefined) this.#giveWay(folder)
      this.#nodes.set(folder, node === undefined ? IMPLIED : FOLDER)
    }
    this.#lastParent = parent
  }
}

/** Takes `.`, `..` and empty segments out of a path; one that climbs above the root stays in it. */
function flatten(path: string): string {
  const kept: string[] = []
  for (const segment of path.split('/')) {
    if (segment === '' || segment === '.') continue
    if (segment === '..') kept.pop()
    else kept.push(segment)
  }
  return kept.join('/')
}
