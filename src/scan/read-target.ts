import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type OpenContext, openTarget, sharedResources, type Target } from '../image/index.ts'
import type { Subject } from '../model/inventory.ts'
import {
  type FactStore,
  type LayerRunner,
  type ReadOptions,
  type ReadTarget,
  readArchive,
  readImage,
  readSingleFile,
  readTree,
  sqliteFactStore,
  workerRunner,
} from '../reading/index.ts'
import { READERS } from './readers.ts'
import type { ScanIo, ScanOptions } from './types.ts'

/** A target, opened and read. */
export interface Opened {
  readonly subject: Subject
  readonly read: ReadTarget
}

/**
 * Opens a target by its content and reads it: layers that are known come from the store, the others are read in worker threads.
 * @throws Failure naming the input.
 */
export async function openAndRead(options: ScanOptions, io: ScanIo): Promise<Opened> {
  io.progress({ stage: 'open', message: `opening ${options.reference}` })
  const shared = sharedResources()
  const runner = workerRunner(io.workerUrl, options.workers)
  const store = openStore(options.cacheDir)
  try {
    const target = await openTarget(options.reference, openContext(options, io, shared, store))
    const read = await readTarget(target, readOptions(options, io, runner, store))
    return { subject: subjectOf(target, read, options.shownAs ?? options.reference), read }
  } finally {
    await runner.close()
    await shared.close()
    store.close()
  }
}

function openContext(
  options: ScanOptions,
  io: ScanIo,
  shared: OpenContext['shared'],
  documents: FactStore,
): OpenContext {
  const { limits, platform, network, engines, doors } = options
  const { signal, environment, explain } = io
  return { signal, limits, platform, environment, network, engines, doors, explain, documents, shared }
}

/** The store of layer facts. A cache folder that cannot be made costs time only: the store itself says so in its notices. */
function openStore(cacheDir: string): FactStore {
  try {
    mkdirSync(cacheDir, { recursive: true, mode: 0o700 })
  } catch {
    // Opening the database below fails for the same reason, and that is what is reported.
  }
  return sqliteFactStore(join(cacheDir, 'layers.db'))
}

function readOptions(options: ScanOptions, io: ScanIo, runner: LayerRunner, store: FactStore): ReadOptions {
  return {
    readers: READERS,
    runner,
    store,
    limits: options.limits,
    signal: io.signal,
    skipFiles: options.skipFiles,
    skipDirs: options.skipDirs,
    progress: ({ name, doneBytes, totalBytes, state }) => {
      if (state === 'reading') io.progress({ stage: 'read', message: `reading ${name}`, doneBytes, totalBytes })
    },
  }
}

function readTarget(target: Target, options: ReadOptions): Promise<ReadTarget> {
  switch (target.kind) {
    case 'image':
      return readImage(target.image, options)
    case 'sequential':
      return readArchive(target.archive, options)
    case 'tree':
      return readTree(target.tree, options)
    case 'file':
      return readSingleFile(target.file, options)
  }
}

function subjectOf(target: Target, read: ReadTarget, name: string): Subject {
  if (target.kind === 'tree' || target.kind === 'file') return { kind: target.kind, name }
  const image = target.kind === 'image' ? target.image : read.image
  if (image === undefined) return { kind: 'image', name }
  const { os, architecture, variant } = image.config
  return {
    kind: 'image',
    name,
    digest: image.digest,
    imageId: image.imageId,
    platform: [os, architecture, variant].filter((part) => part !== undefined && part !== '').join('/'),
  }
}
