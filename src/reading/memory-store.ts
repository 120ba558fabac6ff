import type { FactStore, StoredLayer } from './types.ts'

/** A store that lives as long as the process: for tests, and for `--no-cache`. Keeps what {@link FactStore} may keep, and no more. */
export function memoryFactStore(): FactStore {
  const indexes = new Map<string, Uint8Array>()
  const rows = new Map<string, Uint8Array>()
  const archives = new Map<string, Uint8Array>()
  return {
    load(diffId, readers) {
      const index = indexes.get(diffId)
      if (index === undefined) return undefined
      const found = new Map<string, Uint8Array>()
      for (const { id, version } of readers) {
        const encoded = rows.get(`${diffId}\0${id}\0${version}`)
        if (encoded !== undefined) found.set(id, encoded)
      }
      return { index, rows: found } satisfies StoredLayer
    },
    store(facts) {
      if (!facts.complete) return
      indexes.set(facts.diffId, facts.index)
      for (const { reader, version, encoded, transient } of facts.rows) {
        if (transient !== true) rows.set(`${facts.diffId}\0${reader}\0${version}`, encoded)
      }
    },
    loadArchive: (file) => archives.get(file),
    storeArchive: (file, encoded) => void archives.set(file, encoded),
    close() {},
  }
}
