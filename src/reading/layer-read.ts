import type { Diagnostic } from '../model/diagnostic.ts'
import { type DecodedIndex, type DecodedRows, decodeIndex, decodeRows } from './codec.ts'
import type { AnyReader, LayerFacts, StoredLayer } from './types.ts'

/** One layer, read or known, decoded as far as it needs to be. */
export interface LayerRead {
  readonly index: DecodedIndex
  /** By reader id. */
  readonly rows: ReadonlyMap<string, DecodedRows>
  /** About the layer as a whole. */
  readonly diagnostics: readonly Diagnostic[]
}

/** What a store gave, with the readers for which it has nothing usable; undefined when the whole layer has to be read. */
export function fromStore(
  stored: StoredLayer | undefined,
  readers: readonly AnyReader[],
): { readonly read: LayerRead; readonly missing: readonly AnyReader[] } | undefined {
  const index = stored === undefined ? undefined : decodeIndex(stored.index)
  if (stored === undefined || index === undefined) return undefined
  const rows = new Map<string, DecodedRows>()
  for (const reader of readers) {
    const encoded = stored.rows.get(reader.id)
    const decoded = encoded === undefined ? undefined : decodeRows(encoded)
    if (decoded !== undefined) rows.set(reader.id, decoded)
  }
  const missing = readers.filter((reader) => !rows.has(reader.id))
  return { read: { index, rows, diagnostics: index.diagnostics }, missing }
}

/** What a worker gave, with the rows that were known before. */
export function fromFacts(facts: LayerFacts, known?: LayerRead): LayerRead {
  const index = decodeIndex(facts.index)
  if (index === undefined) throw new Error("a layer came back in a form that is not this program's")
  const rows = new Map(known?.rows)
  for (const { reader, encoded } of facts.rows) {
    const decoded = decodeRows(encoded)
    if (decoded === undefined) throw new Error("rows of a layer came back in a form that is not this program's")
    rows.set(reader, decoded)
  }
  return { index, rows, diagnostics: facts.diagnostics }
}
