import type { PassedEntries } from '../image/index.ts'
import type { Digest } from '../model/digest.ts'
import { decodePlain, encodePlain } from './codec.ts'

type Pair = readonly [string, unknown]

/** What passed by in an archive, as bytes for the store: with it a known archive need not be unpacked. */
export function encodePassed({ documents, layers, links }: PassedEntries): Uint8Array {
  return encodePlain({ documents: [...documents], layers: [...layers], links: [...links] })
}

/** What {@link encodePassed} wrote; undefined for anything else. */
export function decodePassed(encoded: Uint8Array): PassedEntries | undefined {
  const decoded = decodePlain(encoded)
  if (typeof decoded !== 'object' || decoded === null) return undefined
  const { documents, layers, links } = decoded as { documents?: unknown; layers?: unknown; links?: unknown }
  if (!isPairs(documents) || !isPairs(layers) || !isPairs(links)) return undefined
  const passed = {
    documents: new Map<string, Uint8Array>(),
    layers: new Map<string, LayerDigests>(),
    links: new Map<string, string>(),
  }
  for (const [name, bytes] of documents) if (bytes instanceof Uint8Array) passed.documents.set(name, bytes)
  for (const [name, digests] of layers) if (isLayerDigests(digests)) passed.layers.set(name, digests)
  for (const [name, target] of links) if (typeof target === 'string') passed.links.set(name, target)
  return passed
}

interface LayerDigests {
  readonly blob: Digest
  readonly diffId: Digest
}

function isPairs(value: unknown): value is readonly Pair[] {
  return (
    Array.isArray(value) &&
    value.every((pair) => Array.isArray(pair) && pair.length === 2 && typeof pair[0] === 'string')
  )
}

function isLayerDigests(value: unknown): value is LayerDigests {
  if (typeof value !== 'object' || value === null) return false
  const { blob, diffId } = value as Partial<LayerDigests>
  return typeof blob === 'string' && typeof diffId === 'string'
}
