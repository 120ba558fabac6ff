import type { FactStore, SharedFacts } from './types.ts'

/**
 * A store that asks a folder on shared storage for what it lacks, and tells it what was read. Its code is loaded when something is
 * lacking: where all layers are known the folder is not even looked at.
 */
export function withSharedFolder(store: FactStore, folder: string): FactStore {
  const shared = lazily(folder)
  return {
    load: (key, readers) => store.load(key, readers),
    store: (facts) => store.store(facts),
    loadArchive: (file) => store.loadArchive(file),
    storeArchive: (file, encoded) => store.storeArchive(file, encoded),
    loadDocument: (digest) => store.loadDocument(digest),
    storeDocument: (digest, bytes) => store.storeDocument(digest, bytes),
    claims: async () => store.claims?.(),
    shared,
    notices: () => [...(store.notices?.() ?? []), ...shared.notices()],
    close: () => store.close(),
  }
}

function lazily(folder: string): SharedFacts {
  let made: SharedFacts | undefined
  const opened = async (): Promise<SharedFacts> => {
    const { sharedFolder } = await import('./shared-folder.ts')
    made ??= sharedFolder(folder)
    return made
  }
  return {
    load: async (key, readers, signal) => (await opened()).load(key, readers, signal),
    store: async (key, layer, readers) => (await opened()).store(key, layer, readers),
    loadArchive: async (file) => (await opened()).loadArchive(file),
    storeArchive: async (file, encoded) => (await opened()).storeArchive(file, encoded),
    notices: () => made?.notices() ?? [],
  }
}
