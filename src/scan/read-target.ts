import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type ImageConfig, type OpenContext, openTarget, type Target } from '../image/index.ts'
import type { Timeline } from '../lib/timeline.ts'
import type { Subject } from '../model/inventory.ts'
import {
  type FactStore,
  type ReadOptions,
  type ReadProgress,
  type ReadTarget,
  readArchive,
  readImage,
  readSingleFile,
  readTree,
  sqliteFactStore,
  withSharedFolder,
} from '../reading/index.ts'
import type { ReadContainer } from './read-container.ts'
import { READERS, SYSTEM_READERS } from './readers.ts'
import type { ScanIo, ScanOptions, ScanSession } from './types.ts'

/** A target, opened and read. */
export interface Opened {
  readonly subject: Subject
  readonly read: ReadTarget
  /** Where the target is a container: its image as well, and what differs. */
  readonly container?: ReadContainer
  /** What the image is started with. */
  readonly startedWith?: ImageConfig
  /** Where the target is an image: the same with its oldest layers only, so many of them. */
  readonly upTo?: (layers: number) => Promise<ReadTarget>
}

/**
 * Opens a target by its content and reads it: layers that are known come from the store, the others are read in worker threads.
 * @throws Failure naming the input.
 */
export async function openAndRead(options: ScanOptions, io: ScanIo, session: ScanSession): Promise<Opened> {
  io.progress({ stage: 'open', message: `opening ${options.reference}` })
  const opened = io.timeline?.span('open', undefined, { target: options.reference })
  const target = await openTarget(options.reference, openContext(options, io, session))
  opened?.({ kind: target.kind })
  const done = io.timeline?.span('read')
  const reading = { ...readOptions(options, io, session), progress: layerProgress(target, io) }
  const { read, container } = await readAny(target, reading)
  done?.({ layers: read.layers.length, known: read.layers.filter(({ known }) => known).length })
  const subject = subjectOf(target, read, options.shownAs ?? options.reference)
  const image =
    target.kind === 'image' ? target.image : target.kind === 'container' ? target.container.image : read.image
  const upTo =
    image &&
    ((layers: number) =>
      readImage({ ...image, layers: image.layers.slice(0, layers) }, { ...reading, progress: () => {} }))
  return {
    subject,
    read,
    ...(container && { container }),
    ...(image && { startedWith: image.config }),
    ...(upTo && { upTo }),
  }
}

/** What opening a target needs, from what a scan has. */
export function openContext(
  options: Pick<ScanOptions, 'limits' | 'platform' | 'network' | 'engines' | 'doors'>,
  io: ScanIo,
  session: ScanSession,
): OpenContext {
  const { limits, platform, network, engines, doors } = options
  const { signal, environment } = io
  const explain = (line: string): void => {
    io.timeline?.instant(line)
    io.explain(line)
  }
  const { shared, store: documents } = session
  return { signal, limits, platform, environment, network, engines, doors, explain, documents, shared }
}

/** The store of layer facts. A cache folder that cannot be made costs time only: the store itself says so in its notices. */
export function openStore({
  cacheDir,
  cacheMaxBytes,
  sharedCache,
}: Pick<ScanOptions, 'cacheDir' | 'cacheMaxBytes' | 'sharedCache'>): FactStore {
  try {
    mkdirSync(cacheDir, { recursive: true, mode: 0o700 })
  } catch {
    // Opening the database below fails for the same reason, and that is what is reported.
  }
  const store = sqliteFactStore(join(cacheDir, 'layers.db'), { maxBytes: cacheMaxBytes })
  return sharedCache === undefined ? store : withSharedFolder(store, sharedCache)
}

function readOptions(options: ScanOptions, io: ScanIo, { runner, store }: ScanSession): Omit<ReadOptions, 'progress'> {
  return {
    readers: options.pkgTypes.includes('library') ? READERS : SYSTEM_READERS,
    runner,
    store,
    limits: options.limits,
    signal: io.signal,
    skipFiles: options.skipFiles,
    skipDirs: options.skipDirs,
    explain: io.explain,
  }
}

const WORDS = {
  downloading: 'downloading',
  reading: 'reading',
  waiting: 'waiting for',
  known: 'known:',
  done: 'read',
} as const

/** Tells of each layer what is done with it: to who watches, and to the timeline. */
function layerProgress(target: Target, io: ScanIo): ReadOptions['progress'] {
  const lanes = new Map<string, () => void>()
  return ({ layer, name, doneBytes, totalBytes, state: step }) => {
    const locator = target.kind === 'image' ? target.image.layers[layer]?.locator : undefined
    const comes = locator?.at === 'remote' || locator?.at === 'lazy'
    const state = step === 'reading' && comes ? 'downloading' : step
    if (io.timeline !== undefined) noteLayer(io.timeline, lanes, name, step)
    io.progress({ stage: 'read', message: `${WORDS[state]} ${name}`, doneBytes, totalBytes, layer: { name, state } })
  }
}

/** A lane for each layer: from its first bytes to its last. */
function noteLayer(
  timeline: Timeline,
  lanes: Map<string, () => void>,
  name: string,
  state: ReadProgress['state'],
): void {
  if (state === 'known') timeline.instant('known', name)
  else if (state === 'done') lanes.get(name)?.()
  else if (!lanes.has(name)) lanes.set(name, timeline.span('read layer', name))
}

async function readAny(target: Target, options: ReadOptions): Promise<Pick<Opened, 'read' | 'container'>> {
  if (target.kind !== 'container') return { read: await readTarget(target, options) }
  const { readContainer } = await import('./read-container.ts')
  const container = await readContainer(target.container, options)
  return { read: container.now, container }
}

function readTarget(target: Exclude<Target, { kind: 'container' }>, options: ReadOptions): Promise<ReadTarget> {
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
  const image =
    target.kind === 'image' ? target.image : target.kind === 'container' ? target.container.image : read.image
  if (image === undefined) return { kind: 'image', name }
  const { os, architecture, variant } = image.config
  return {
    kind: target.kind === 'container' ? 'container' : 'image',
    name,
    digest: image.digest,
    imageId: image.imageId,
    platform: [os, architecture, variant].filter((part) => part !== undefined && part !== '').join('/'),
  }
}
