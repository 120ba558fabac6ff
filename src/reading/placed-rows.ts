import type { Diagnostic } from '../model/diagnostic.ts'
import type { LayerRead } from './layer-read.ts'
import type { MergedLayers } from './merged-layers.ts'
import type { Skipping } from './skipping.ts'
import type { AnyReader, PlacedRow } from './types.ts'

interface Source {
  readonly readers: readonly AnyReader[]
  readonly reads: readonly (LayerRead | undefined)[]
  readonly merged: MergedLayers
  readonly skipping: Skipping
  /** Rows that were read after the merge. */
  readonly also: readonly PlacedRow[]
}

/** All rows of a target by reader id, each reader's decoded and placed when first asked for. */
export class PlacedRows implements ReadonlyMap<string, readonly PlacedRow[]> {
  readonly #source: Source
  readonly #ids: ReadonlySet<string>
  readonly #placed = new Map<string, readonly PlacedRow[]>()

  constructor(source: Source) {
    this.#source = source
    this.#ids = new Set(source.readers.map(({ id }) => id))
  }

  /** What was said about files that are in the final image. */
  diagnostics(at: (layer: number) => Diagnostic['layer']): readonly Diagnostic[] {
    const { reads, merged, skipping } = this.#source
    const said: Diagnostic[] = []
    for (const [layer, read] of reads.entries()) {
      for (const { diagnostics } of read?.rows.values() ?? []) {
        for (const diagnostic of diagnostics) {
          const path = merged.real(diagnostic.path?.split('!/', 1)[0] ?? '', layer)
          if (skipping.file(path) || merged.find(path, merged.count - 1)?.layer !== layer) continue
          said.push({ ...diagnostic, layer: at(layer) })
        }
      }
    }
    return said
  }

  get(reader: string): readonly PlacedRow[] | undefined {
    if (!this.#ids.has(reader)) return undefined
    let placed = this.#placed.get(reader)
    if (placed === undefined) {
      placed = this.#place(reader)
      this.#placed.set(reader, placed)
    }
    return placed
  }

  has(reader: string): boolean {
    return this.#ids.has(reader)
  }

  get size(): number {
    return this.#ids.size
  }

  keys(): SetIterator<string> {
    return this.#ids.values() as SetIterator<string>
  }

  *entries(): MapIterator<[string, readonly PlacedRow[]]> {
    for (const id of this.#ids) yield [id, this.get(id) ?? []]
  }

  *values(): MapIterator<readonly PlacedRow[]> {
    for (const id of this.#ids) yield this.get(id) ?? []
  }

  [Symbol.iterator](): MapIterator<[string, readonly PlacedRow[]]> {
    return this.entries()
  }

  forEach(
    visit: (rows: readonly PlacedRow[], reader: string, map: ReadonlyMap<string, readonly PlacedRow[]>) => void,
  ): void {
    for (const [reader, rows] of this.entries()) visit(rows, reader, this)
  }

  #place(reader: string): readonly PlacedRow[] {
    const { reads, merged, skipping, also } = this.#source
    const placed = also.filter((row) => row.reader === reader)
    for (const [layer, read] of reads.entries()) {
      for (const row of read?.rows.get(reader)?.rows() ?? []) {
        const path = merged.real(row.path, layer)
        if (!skipping.file(path)) placed.push({ ...row, path, reader, layer, wins: merged.bodySurvives(path, layer) })
      }
    }
    return placed.sort((a, b) => a.layer - b.layer || (a.path < b.path ? -1 : a.path > b.path ? 1 : 0))
  }
}
