import type { FactStore, StoredLayer } from './types.ts'

/** A store that lives as long as the process: for tests, and for `--no-cache`. Keeps what {@link FactStore} may keep, and no more. */
export function memoryFactStore(): FactStore {
  const indexes = new Map<string, Uint8Array>()
  const rows = new Map<string, Uint8Array>()
  const archives = new Map<string, Uint8Array>()
  const documents = new Map<string, Uint8Array>()
  return {
    load(key, readers) {
      const index = indexes.get(key)
      if (index === undefined) return undefined
      const found = new Map<string, Uint8Array>()
      for (const { id, version } of readers) {
        const encoded = rows.get(`${key}\0${id}\0${version}`)
        if (encoded !== undefined) found.set(id, encoded)
      }
      return { index, rows: found } satisfies StoredLayer
    },
    store(facts) {
      if (!facts.complete) return
      const key = facts.key ?? facts.diffId
      indexes.set(key, facts.index)
      for (const { reader, version, encoded, transient } of facts.rows) {
        if (transient !== true) rows.set(`${key}\0${reader}\0${version}`, encoded)
      }
    },
    loadArchive: (file) => archives.get(file),
    storeArchive: (file, encoded) => void archives.set(file, encoded),
    loadDocument: (digest) => documents.get(digest),
    storeDocument: (digest, bytes) => void documents.set(digest, bytes),
    close() {},
  }
}
