import { hasHash, hashPath } from './path-hash.ts'
import type { LayerIndex } from './types.ts'

export interface LinkTarget {
  /** For a symbolic link as written, for a hard link a path inside the root. */
  readonly to: string
  readonly hard: boolean
}

/** Hashes of paths, computed once for all layers. */
export type Hasher = (path: string) => Uint8Array

/** A hasher that remembers what it was asked, up to a bound. */
export function rememberingHasher(): Hasher {
  const known = new Map<string, Uint8Array>()
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

/** Bounds the memory of {@link rememberingHasher}. */
const MOST_REMEMBERED = 200_000

/**
 * One layer's index as the merge asks it. All paths are where things really lie in the merged tree: where an older layer has a
 * link in the place of a folder that this layer only implies, what it puts there lies behind the link (`aliases`).
 */
export class LayerView {
  readonly #entries: Uint8Array
  readonly #hash: Hasher
  readonly #implied: ReadonlySet<string>
  readonly #whiteouts: ReadonlySet<string>
  readonly #opaque: ReadonlySet<string>
  readonly #links: ReadonlyMap<string, LinkTarget>
  readonly #aliases: readonly Alias[]

  constructor(index: LayerIndex, hash: Hasher, aliases: readonly Alias[]) {
    this.#entries = index.entries
    this.#hash = hash
    this.#aliases = aliases
    this.#implied = new Set(index.implied.filter((path) => !aliases.some(({ named }) => named === path)).map(this.real))
    this.#whiteouts = new Set(index.whiteouts.map(this.real))
    this.#opaque = new Set(index.opaque.map(this.real))
    this.#links = new Map(
      index.links.map(({ path, to, hard }) => [this.real(path), { to: hard ? this.real(to) : to, hard }]),
    )
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
    return this.namesOf(path).some((name) => hasHash(this.#entries, this.#hash(name)))
  }

  hasFolder(path: string): boolean {
    return this.#implied.has(path) || this.namesOf(path).some((name) => hasHash(this.#entries, this.#hash(`${name}/`)))
  }

  whitesOut(path: string): boolean {
    return this.#whiteouts.has(path)
  }

  isOpaque(folder: string): boolean {
    return this.#opaque.has(folder)
  }

  link(path: string): LinkTarget | undefined {
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
