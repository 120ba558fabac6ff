import type { MergedLayers } from './merged-layers.ts'
import type { AnyReader, MergedTree, PlacedRow } from './types.ts'

/** What the continuity of records is judged by: each reader's rows, read when first asked for. */
export type RowsOf = (reader: string) => readonly PlacedRow[]

/**
 * The tree of an image as catalogers ask it. `readers` give the keys of records; `rowsOf` all rows of one reader, hidden
 * copies included.
 */
export function mergedTree(layers: MergedLayers, readers: readonly AnyReader[], rowsOf: RowsOf): MergedTree {
  const top = layers.count - 1
  const records = new Records(layers, readers, rowsOf)
  return {
    resolve: (path) => layers.resolve(path, top),
    wins: (path, layer) => winsAt(layers, path, layer),
    since(reader, path, key) {
      let oldest: number | undefined
      for (const { layer, keys } of records.copies(reader, path)) {
        if (!keys.has(key)) break
        oldest = layer
      }
      return oldest
    },
  }
}

/**
 * Whether the copy of `path` in that layer survives. A path that the layer does not itself have is followed through links
 * first: then it is the layer with the bytes that wins.
 */
export function winsAt(layers: MergedLayers, path: string, layer: number): boolean {
  const top = layers.count - 1
  const view = layers.view(layer)
  if (view?.hasFile(path) === true && view.link(path) === undefined) return layers.isSurvivor(path, layer)
  const real = layers.resolve(path, top)
  return real !== undefined && layers.body(real, top)?.layer === layer
}

/** One copy of a file, with the keys of the records in it. */
interface Copy {
  readonly layer: number
  readonly keys: ReadonlySet<string>
}

const NO_KEYS: ReadonlySet<string> = new Set()

/** The copies of each file, and what is recorded in them, found out once. */
class Records {
  readonly #layers: MergedLayers
  readonly #readers: ReadonlyMap<string, AnyReader>
  readonly #rowsOf: RowsOf
  readonly #rows = new Map<string, Map<string, PlacedRow>>()
  readonly #copies = new Map<string, readonly Copy[]>()

  constructor(layers: MergedLayers, readers: readonly AnyReader[], rowsOf: RowsOf) {
    this.#layers = layers
    this.#readers = new Map(readers.map((reader) => [reader.id, reader]))
    this.#rowsOf = rowsOf
  }

  /** The copy in the final image and, from newer to older, those under it, up to where a layer took the file away. */
  copies(reader: string, path: string): readonly Copy[] {
    const asked = `${reader}\0${path}`
    let copies = this.#copies.get(asked)
    if (copies === undefined) {
      copies = this.#find(reader, path)
      this.#copies.set(asked, copies)
    }
    return copies
  }

  #find(reader: string, path: string): readonly Copy[] {
    const layers = this.#layers
    const top = layers.count - 1
    const real = layers.resolve(path, top) ?? path
    const body = layers.body(real, top)
    if (body === undefined) return []
    const copies: Copy[] = []
    for (let layer = body.layer; ; ) {
      copies.push({ layer, keys: this.#keysAt(reader, real, layer) ?? this.#keysAt(reader, path, layer) ?? NO_KEYS })
      if (layer === 0 || layers.clears(real, layer)) return copies
      const older = layers.find(real, layer - 1)
      if (older?.kind !== 'file') return copies
      layer = older.layer
    }
  }

  /** Keys of what the reader found in that layer's copy; undefined when it read none. */
  #keysAt(reader: string, path: string, layer: number): ReadonlySet<string> | undefined {
    let rows = this.#rows.get(reader)
    if (rows === undefined) {
      rows = new Map(this.#rowsOf(reader).map((row) => [`${row.layer}:${row.path}`, row]))
      this.#rows.set(reader, rows)
    }
    const row = rows.get(`${layer}:${path}`)
    if (row === undefined) return undefined
    const by = this.#readers.get(reader)
    return new Set(row.facts.flatMap((fact) => by?.keys?.(fact) ?? []))
  }
}
