import { FILE_BIT, FOLDER_BIT } from './layer-paths.ts'
import { parentOf } from './parent-path.ts'
import { HashedPaths, hashPath } from './path-hash.ts'
import type { LayerIndex } from './types.ts'

export interface LinkTarget {
  /** For a symbolic link as written, for a hard link a path inside the root. */
  readonly to: string
  readonly hard: boolean
}

/** Hashes of paths, computed once for all layers. */
export type Hasher = (path: string) => string

/** A hasher that remembers what it was asked, up to a bound. */
export function rememberingHasher(): Hasher {
  const known = new Map<string, string>()
  return (path) => {
    let hashed = known.get(path)
    if (hashed === undefined) {
      if (known.size >= MOST_REMEMBERED) known.clear()
      hashed = hashPath(path)
      known.set(path, hashed)
    }
    return hashed
  }
}

/** Bounds the memory of {@link rememberingHasher}, and of the folders that a view remembers. */
const MOST_REMEMBERED = 200_000

/**
 * One layer's index as the merge asks it. All paths are where things really lie in the merged tree: where an older layer has a
 * link in the place of a folder that this layer only implies, what it puts there lies behind the link (`aliases`).
 */
export class LayerView {
  readonly #entries: HashedPaths
  readonly #hash: Hasher
  readonly #index: LayerIndex
  /** As the layer names them. */
  readonly #implied: ReadonlySet<string>
  readonly #whiteouts: ReadonlySet<string>
  readonly #opaque: ReadonlySet<string>
  #links: ReadonlyMap<string, LinkTarget> | undefined
  readonly #aliases: readonly Alias[]
  /** Whether the layer has a folder of that name: without one it has nothing in it, and nothing below needs to be looked up. */
  readonly #folders = new Map<string, boolean>()

  constructor(index: LayerIndex, hash: Hasher, aliases: readonly Alias[]) {
    this.#entries = new HashedPaths(index.entries)
    this.#hash = hash
    this.#index = index
    this.#aliases = aliases
    this.#implied = new Set(index.implied)
    this.#whiteouts = new Set(index.whiteouts.map(this.real))
    this.#opaque = new Set(index.opaque.map(this.real))
  }

  /** Whether everything lies where the layer names it. */
  get isPlain(): boolean {
    return this.#aliases.length === 0
  }

  /** Where what this layer names so really lies. */
  readonly real = (named: string): string => {
    for (const alias of this.#aliases) {
      if (named.startsWith(alias.named) && named.charCodeAt(alias.named.length) === SLASH) {
        return joinPath(alias.real, named.slice(alias.named.length + 1))
      }
    }
    return named
  }

  /** Whether the layer has anything but a folder there. */
  hasFile(path: string): boolean {
    if (this.isPlain) return this.#namesFile(path)
    return this.namesOf(path).some((name) => this.#namesFile(name))
  }

  hasFolder(path: string): boolean {
    if (this.isPlain) return this.#namesFolder(path)
    return this.namesOf(path).some((name) => this.#namesFolder(name) && !this.#isAlias(name))
  }

  whitesOut(path: string): boolean {
    return this.#whiteouts.has(path)
  }

  isOpaque(folder: string): boolean {
    return this.#opaque.has(folder)
  }

  link(path: string): LinkTarget | undefined {
    this.#links ??= new Map(
      this.#index.links.map(({ path: named, to, hard }) => [this.real(named), { to: hard ? this.real(to) : to, hard }]),
    )
    return this.#links.get(path)
  }

  /** The names by which this layer may hold what lies at `path`: mostly just that. */
  namesOf(path: string): readonly string[] {
    if (this.#aliases.length === 0) return [path]
    const names = this.real(path) === path ? [path] : []
    for (const { named, real } of this.#aliases) {
      if (real === '') names.push(`${named}/${path}`)
      else if (path.startsWith(real) && path.charCodeAt(real.length) === SLASH)
        names.push(named + path.slice(real.length))
    }
    return names
  }

  #namesFile(name: string): boolean {
    return this.#namesFolder(parentOf(name)) && this.#entries.bitOf(this.#hash(name)) === FILE_BIT
  }

  /** Folders above a folder are looked at first, from the root on: below most of them a layer has nothing. */
  #namesFolder(name: string): boolean {
    if (name === '') return true
    const known = this.#folders.get(name)
    if (known !== undefined) return known
    for (let end = name.indexOf('/'); end > 0; end = name.indexOf('/', end + 1)) {
      const above = name.slice(0, end)
      if (!(this.#folders.get(above) ?? this.#look(above))) return this.#remember(name, false)
    }
    return this.#look(name)
  }

  #look(folder: string): boolean {
    return this.#remember(folder, this.#implied.has(folder) || this.#entries.bitOf(this.#hash(folder)) === FOLDER_BIT)
  }

  #remember(folder: string, found: boolean): boolean {
    if (this.#folders.size >= MOST_REMEMBERED) this.#folders.clear()
    this.#folders.set(folder, found)
    return found
  }

  #isAlias(name: string): boolean {
    return this.#aliases.some(({ named }) => named === name)
  }
}

/** A folder that a layer names, and the one that an older layer's link makes of it. */
export interface Alias {
  readonly named: string
  readonly real: string
}

/** A path below a folder; the root is the empty text. */
export function joinPath(folder: string, rest: string): string {
  return folder === '' ? rest : `${folder}/${rest}`
}

const SLASH = 0x2f
