import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { type ContainerChanges, type ContainerTarget, containerChanges, type ImageLayer } from '../image/index.ts'
import { Failure } from '../lib/failure.ts'
import type { Diagnostic } from '../model/diagnostic.ts'
import { type FactStore, type ReadOptions, type ReadTarget, readImage } from '../reading/index.ts'

/** A container, read: what is in it now, and what its image has. */
export interface ReadContainer {
  readonly container: ContainerTarget
  /** As it is now; what was written in it stands in a layer of its own, the last. */
  readonly now: ReadTarget
  readonly image: ReadTarget
  readonly changes: ContainerChanges
}

/**
 * Reads a container as its image and one more layer, which changes while it is read and is never stored.
 * @throws Failure naming the container: `container-vanished`; as `readImage` does.
 */
export async function readContainer(container: ContainerTarget, options: ReadOptions): Promise<ReadContainer> {
  const own = ownLayer(container)
  const fresh = {
    ...options,
    ...(options.store && { store: storeWithout(`container:${container.id}`, options.store) }),
  }
  const all = { ...container.image, layers: [...container.image.layers, own] }
  try {
    const image = await readImage(container.image, options)
    const inImage = (path: string): boolean => image.tree.resolve(path) !== undefined
    const changes = await containerChanges(container, inImage, options)
    const read = await readImage(all, fresh)
    if (!existsSync(container.upper)) throw vanished(container)
    const diagnostics = [
      ...read.diagnostics,
      ...container.diagnostics,
      ...changes.diagnostics,
      ...unsettled(read, changes, own),
    ]
    // The second reading finds in the cache what the first has put there.
    const layers = read.layers.map((layer, i) => ({ ...layer, known: image.layers[i]?.known ?? false }))
    return { container, now: { ...read, layers, diagnostics: distinct(diagnostics) }, image, changes }
  } catch (error) {
    if (options.signal.aborted || existsSync(container.upper)) throw error
    throw vanished(container, error)
  }
}

/** It has no diff ID, since nobody has packed it: it is named after the container, and by no digest of any bytes. */
function ownLayer({ engine, id, name, image, upper }: ContainerTarget): ImageLayer {
  return {
    index: image.layers.length,
    diffId: `sha256:${createHash('sha256').update(`container:${engine}/${id}`).digest('hex')}`,
    createdBy: `written in the container ${name}`,
    locator: { at: 'folder', root: upper },
    factsKey: `container:${id}`,
  }
}

/** The store without anything whose key begins so. Nobody else reads it, and notices are the first reading's. */
function storeWithout(prefix: string, store: FactStore): FactStore {
  return {
    load: (key, readers) => (key.startsWith(prefix) ? undefined : store.load(key, readers)),
    store: (facts) => (facts.key?.startsWith(prefix) ? false : store.store(facts)),
    loadArchive: (file) => store.loadArchive(file),
    storeArchive: (file, encoded) => store.storeArchive(file, encoded),
    loadDocument: (digest) => store.loadDocument(digest),
    storeDocument: (digest, bytes) => store.storeDocument(digest, bytes),
    notices: () => store.notices?.() ?? [],
    close: () => {},
  }
}

/** Files whose facts were taken while somebody wrote to them. */
function unsettled(read: ReadTarget, changes: ContainerChanges, { index, diffId }: ImageLayer): readonly Diagnostic[] {
  const paths = new Set<string>()
  for (const rows of read.rows.values()) {
    for (const row of rows) if (row.layer === index && row.wins) paths.add(row.path)
  }
  return [...paths]
    .filter((path) => changes.unchanged(path) === false)
    .map((path) => ({
      code: 'file-changed-meanwhile',
      message: 'it was changed while the container was read: it may have been read half-written',
      path,
      layer: { index, diffId },
      effect: 'partial',
    }))
}

function distinct(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const known = new Map(diagnostics.map((one) => [`${one.code}\0${one.path ?? ''}\0${one.message}`, one]))
  return [...known.values()]
}

function vanished({ reference }: ContainerTarget, cause?: unknown): Failure {
  return new Failure('container-vanished', 'the container was removed while it was read', {
    input: reference,
    hints: ['start it again, or scan its image'],
    cause,
  })
}
