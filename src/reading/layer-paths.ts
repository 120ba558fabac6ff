import { Failure } from '../lib/failure.ts'
import { parentOf } from './parent-path.ts'
import { sortHashes } from './path-hash.ts'
import { ABSENT, PathTable, ROOT } from './path-table.ts'
import type { LayerIndex } from './types.ts'

/** What stands in the last bit of a path's hash in the index. */
export const FILE_BIT = 0
export const FOLDER_BIT = 1

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
  readonly #nodes = new PathTable()
  /** Paths that are there, {@link IMPLIED} folders not counted. */
  #named = 0
  readonly #implied = new Set<string>()
  readonly #links = new Map<string, { to: string; hard: boolean }>()
  /** Symbolic links whose targets are too long to be any. */
  readonly #endless = new Set<string>()
  readonly #whiteouts = new Set<string>()
  readonly #opaque = new Set<string>()
  /** The folder of the last entry: on disk as it is named here, and known with all above it. */
  #lastParent = ''
  #lastPlace = ROOT
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
    if (parent === this.#lastParent || isFolder(this.#nodeOf(parent))) return name
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
    const parent = this.#imply(path)
    const place = this.#nodes.find(path)
    const before = place === undefined ? ABSENT : this.#nodes.value(place)
    if (before !== ABSENT && !isFolder(before)) this.#giveWay(path)
    if (before === IMPLIED) this.#implied.delete(path)
    this.#put(path, place, parent, before, FOLDER)
  }

  addOther(path: string): void {
    this.#place(path, OTHER)
  }

  addSymlink(path: string, to: string): void {
    this.#place(path, SYMLINK)
    this.#hasSymlinks = true
    if (to.length <= LONGEST_TARGET) this.#links.set(path, { to, hard: false })
    else this.#endless.add(path)
  }

  /** Returns what the link leads to within this layer; `elsewhere` when its target can only be in an older layer. */
  addHardLink(path: string, target: string): InLayer {
    const node = this.#nodeOf(target)
    if (path === target) return node === ABSENT ? { kind: 'absent' } : this.at(path)
    if (node === ABSENT || node === ELSEWHERE) {
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
    const node = this.#nodeOf(path)
    if (node === ABSENT) return { kind: 'absent' }
    if (node >= 0) return { kind: 'body', body: node }
    if (isFolder(node)) return { kind: 'folder' }
    return { kind: node === SYMLINK ? 'symlink' : node === OTHER ? 'other' : 'elsewhere' }
  }

  /** To be called last: what is asked about paths after that has no answer. */
  takeIndex(): LayerIndex {
    const bit = (node: number) =>
      node === ABSENT || node === IMPLIED ? undefined : node === FOLDER ? FOLDER_BIT : FILE_BIT
    return {
      entries: sortHashes(this.#nodes.take(this.#named, bit)),
      implied: [...this.#implied],
      whiteouts: [...this.#whiteouts],
      opaque: [...this.#opaque],
      links: [...this.#links].map(([path, link]) => ({ path, ...link })),
    }
  }

  #nodeOf(path: string): number {
    const place = this.#nodes.find(path)
    return place === undefined ? ABSENT : this.#nodes.value(place)
  }

  /** The first folder on the way to `path` that this layer made a symbolic link. */
  #firstLinkAbove(path: string): string | undefined {
    for (let at = path.indexOf('/'); at > 0; at = path.indexOf('/', at + 1)) {
      const folder = path.slice(0, at)
      if (this.#links.get(folder)?.hard === false || this.#endless.has(folder)) return folder
    }
    return undefined
  }

  #place(path: string, node: number): void {
    const parent = this.#imply(path)
    const place = this.#nodes.find(path)
    const before = place === undefined ? ABSENT : this.#nodes.value(place)
    if (place !== undefined && before !== ABSENT) {
      this.#links.delete(path)
      this.#endless.delete(path)
      if (isFolder(before)) this.#removeBelow(path, place)
    }
    if (before === IMPLIED) this.#implied.delete(path)
    this.#put(path, place, parent, before, node)
  }

  /** Notes what a path now leads to. @returns the path's place. */
  #put(path: string, place: number | undefined, parent: number, before: number, node: number): number {
    if (before !== ABSENT && before !== IMPLIED) this.#named--
    if (node !== IMPLIED) this.#named++
    if (place !== undefined) {
      this.#nodes.set(place, node)
      return place
    }
    if (this.#nodes.count >= this.#mostPaths) {
      throw new Failure(
        'layer-too-many-paths',
        `the layer holds more than the ${this.#mostPaths} files and folders allowed`,
      )
    }
    return this.#nodes.add(path, parent, node)
  }

  /** Something that gives way to a folder had itself taken the place of what older layers have there: the folder begins empty. */
  #giveWay(path: string): void {
    this.#links.delete(path)
    this.#endless.delete(path)
    this.#opaque.add(path)
  }

  /** A folder that gives way to something else takes with it what lay in it. Rare, hence a walk over all. */
  #removeBelow(folder: string, place: number): void {
    this.#removalWork += this.#nodes.count
    if (this.#removalWork > MOST_REMOVAL_WORK) {
      throw new Failure('layer-too-tangled', 'the layer puts files in the place of folders too many times')
    }
    const removed = this.#nodes.removeBelow(place)
    const prefix = `${folder}/`
    let impliedRemoved = 0
    for (const path of this.#implied) if (path.startsWith(prefix) && this.#implied.delete(path)) impliedRemoved++
    for (const path of this.#links.keys()) if (path.startsWith(prefix)) this.#links.delete(path)
    for (const path of this.#endless) if (path.startsWith(prefix)) this.#endless.delete(path)
    this.#named -= removed - impliedRemoved
    this.#lastParent = ''
    this.#lastPlace = ROOT
  }

  /** Notes the folders on the way to `path`. Neighbours in an archive mostly share theirs, so the last one is remembered. @returns its place. */
  #imply(path: string): number {
    const parent = parentOf(path)
    if (parent === '') return ROOT
    if (parent === this.#lastParent) return this.#lastPlace
    const missing: { readonly folder: string; readonly place: number | undefined; readonly before: number }[] = []
    let place = ROOT
    for (let folder = parent; folder !== ''; folder = parentOf(folder)) {
      const found = this.#nodes.findFolder(folder)
      const before = found === undefined ? ABSENT : this.#nodes.value(found)
      if (found !== undefined && isFolder(before)) {
        place = found
        break
      }
      missing.push({ folder, place: found, before })
    }
    for (const { folder, place: found, before } of missing.reverse()) {
      if (before !== ABSENT) this.#giveWay(folder)
      else this.#implied.add(folder)
      place = this.#put(folder, found, place, before, before === ABSENT ? IMPLIED : FOLDER)
    }
    this.#lastParent = parent
    this.#lastPlace = place
    return place
  }
}

function isFolder(node: number): boolean {
  return node === FOLDER || node === IMPLIED
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
