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
  const records = new Records(readers, rowsOf)
  return {
    resolve: (path) => layers.resolve(path, top),
    wins: (path, layer) => winsAt(layers, path, layer),
    since(reader, path, key) {
      const real = layers.resolve(path, top) ?? path
      const body = layers.body(real, top)
      const keysAt = (layer: number) => records.at(reader, real, layer) ?? records.at(reader, path, layer)
      if (body === undefined || keysAt(body.layer)?.has(key) !== true) return undefined
      return oldestWithoutBreak(layers, real, body.layer, (layer) => keysAt(layer)?.has(key) === true)
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

function oldestWithoutBreak(
  layers: MergedLayers,
  path: string,
  newest: number,
  holds: (layer: number) => boolean,
): number {
  let oldest = newest
  while (oldest > 0 && !layers.clears(path, oldest)) {
    const older = layers.find(path, oldest - 1)
    if (older === undefined || older.kind !== 'file' || !holds(older.layer)) break
    oldest = older.layer
  }
  return oldest
}

/** Keys of the records in each copy of each file, computed once. */
class Records {
  readonly #readers: ReadonlyMap<string, AnyReader>
  readonly #rowsOf: RowsOf
  readonly #rows = new Map<string, Map<string, PlacedRow>>()
  readonly #keys = new Map<PlacedRow, ReadonlySet<string>>()

  constructor(readers: readonly AnyReader[], rowsOf: RowsOf) {
    this.#readers = new Map(readers.map((reader) => [reader.id, reader]))
    this.#rowsOf = rowsOf
  }

  /** Keys of what the reader found in that layer's copy; undefined when it read none. */
  at(reader: string, path: string, layer: number): ReadonlySet<string> | undefined {
    let rows = this.#rows.get(reader)
    if (rows === undefined) {
      rows = new Map(this.#rowsOf(reader).map((row) => [`${row.layer}:${row.path}`, row]))
      this.#rows.set(reader, rows)
    }
    const row = rows.get(`${layer}:${path}`)
    return row === undefined ? undefined : this.#keysOf(reader, row)
  }

  #keysOf(reader: string, row: PlacedRow): ReadonlySet<string> {
    const known = this.#keys.get(row)
    if (known !== undefined) return known
    const by = this.#readers.get(reader)
    const keys = new Set(row.facts.flatMap((fact) => by?.keys?.(fact) ?? []))
    this.#keys.set(row, keys)
    return keys
  }
}
