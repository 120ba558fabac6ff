import { type LayerBundle, rowsFor, withFacts } from './layer-bundle.ts'
import type { FactStore } from './types.ts'

/** A store that lives as long as the process: for tests. Keeps what {@link FactStore} may keep, and no more. */
export function memoryFactStore(): FactStore {
  const layers = new Map<string, LayerBundle>()
  const archives = new Map<string, Uint8Array>()
  const documents = new Map<string, Uint8Array>()
  return {
    load(key, readers) {
      const bundle = layers.get(key)
      return bundle === undefined ? undefined : rowsFor(bundle, readers)
    },
    store(facts) {
      if (!facts.complete) return false
      const key = facts.key ?? facts.diffId
      layers.set(key, withFacts(layers.get(key), facts))
      return true
    },
    loadArchive: (file) => archives.get(file),
    storeArchive: (file, encoded) => void archives.set(file, encoded),
    loadDocument: (digest) => documents.get(digest),
    storeDocument: (digest, bytes) => void documents.set(digest, bytes),
    close() {},
  }
}
