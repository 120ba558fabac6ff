import type { FileHandle } from 'node:fs/promises'
import type { SingleFile } from '../image/index.ts'
import { asFailure, Failure } from '../lib/failure.ts'
import type { Limits } from '../lib/limits.ts'
import { type Body, BodySink } from './body.ts'
import { encodeIndex } from './codec.ts'
import { conditionHolds, MAGIC_BYTES, startsWith } from './dispatch.ts'
import { LayerPaths } from './layer-paths.ts'
import { fromFacts, type LayerRead } from './layer-read.ts'
import { loadReaders } from './load-readers.ts'
import { type Request, Taking } from './taking.ts'
import { assembleTarget } from './target.ts'
import type { AnyReader, PathCondition, ReadOptions, ReadTarget } from './types.ts'

const CHUNK_BYTES = 1024 * 1024

/**
 * Reads one package file by itself. Readers are chosen by the path it was given by (`…/var/lib/dpkg/status`), else by its name
 * (`status`, `Packages.db`), else by its first bytes, else by trying all: then the one that finds most in it, with nothing to
 * complain of, is right; one that would find something in any text has no say. Its row stands under the path where such a file usually lies.
 *
 * @throws Failure naming the file: `file-unreadable`, or `file-of-no-known-kind`.
 */
export async function readSingleFile(file: SingleFile, options: ReadOptions): Promise<ReadTarget> {
  const handle = await openFile(file)
  const sink = new BodySink(options.limits)
  try {
    const { size, mode } = await handle.stat()
    const body = await collect(handle, size, sink, file, options)
    const read = choose(file, mode & 0o7777, body, { ...options, readers: await loadReaders(options.readers) })
    const target = await assembleTarget(
      { layers: [], reads: [read], diagnostics: [], readAlso: async () => undefined },
      { ...options, skipFiles: [], skipDirs: [] },
    )
    const diagnostics = target.diagnostics.map((diagnostic) => ({ ...diagnostic, path: file.reference }))
    return { ...target, diagnostics }
  } finally {
    sink.discard()
    await handle.close()
  }
}

async function openFile(file: SingleFile): Promise<FileHandle> {
  try {
    // Loaded here, not imported: where every layer is known it is not needed, and it brings readline with it.
    return await process.getBuiltinModule('node:fs/promises').open(file.path, 'r')
  } catch (error) {
    throw new Failure('file-unreadable', `cannot open it: ${(error as Error).message}`, {
      input: file.reference,
      cause: error,
    })
  }
}

async function collect(
  handle: FileHandle,
  size: number,
  sink: BodySink,
  file: SingleFile,
  { readers, signal, progress }: ReadOptions,
): Promise<Body> {
  const most = readers.reduce((largest, { wants }) => Math.max(largest, wants.maxBytes), 0)
  if (size > most) {
    throw new Failure('file-too-large', `it has ${size} bytes, more than the ${most} that any reader takes`, {
      input: file.reference,
    })
  }
  try {
    sink.begin(size)
    const chunk = new Uint8Array(CHUNK_BYTES)
    for (let done = 0; done <= size; ) {
      signal.throwIfAborted()
      const { bytesRead } = await handle.read(chunk, 0, chunk.length, done)
      if (bytesRead === 0) break
      sink.write(chunk.subarray(0, bytesRead))
      done += bytesRead
      progress({ layer: 0, name: file.reference, doneBytes: done, totalBytes: size, state: 'reading' })
    }
    return sink.end()
  } catch (error) {
    throw asFailure(error, file.reference)
  }
}

interface Tried {
  readonly read: LayerRead
  readonly facts: number
  readonly problems: number
}

function choose(file: SingleFile, mode: number, body: Body, { readers, limits }: ReadOptions): LayerRead {
  const fitting = readers.filter(({ wants }) => body.sizeBytes <= wants.maxBytes)
  const attempt = (requests: readonly Request[]): Tried => run(requests, mode, body, readers, limits)
  for (const requests of [byGivenPath(file.path, fitting), byName(file.path, fitting), byMagic(body, fitting)]) {
    if (requests.length === 0) continue
    // One name can mean several kinds (`Packages`): those that find nothing have no say unless all find nothing.
    const speaking = requests.filter((request) => attempt([request]).facts > 0)
    return attempt(speaking.length > 0 ? speaking : requests).read
  }
  const found = usualPlaces(fitting)
    .filter((request) => run([request], mode, NONSENSE, readers, limits).facts === 0)
    .map((request) => attempt([request]))
    .filter(({ facts, problems }) => facts > 0 && problems === 0)
  found.sort((a, b) => b.facts - a.facts)
  if (found.length > 0) return found[0].read
  throw new Failure('file-of-no-known-kind', 'no reader knows what kind of file this is', {
    input: file.reference,
    hints: ['give it the name that it usually has: status, installed, rpmdb.sqlite, package-lock.json, METADATA'],
  })
}

const NONSENSE_BYTES = new TextEncoder().encode('no file of packages\nword\n')

/** What is certainly no package file: a list of paths, or a text whose absent fields count as empty, is found in it all the same. */
const NONSENSE: Body = {
  sizeBytes: NONSENSE_BYTES.length,
  at: (offset, length) => NONSENSE_BYTES.subarray(offset, offset + length),
  digest: () => '',
}

function run(
  requests: readonly Request[],
  mode: number,
  body: Body,
  readers: readonly AnyReader[],
  limits: Limits,
): Tried {
  const taking = new Taking(readers)
  const paths = new LayerPaths(limits.entries)
  for (const { as } of requests) paths.addFile(as, 0)
  taking.read(requests, { mode, sizeBytes: body.sizeBytes, body: 0 }, body)
  const index = encodeIndex(paths.takeIndex(), [])
  const read = fromFacts({ diffId: NO_LAYER, complete: true, index, rows: taking.rows(() => true), diagnostics: [] })
  let facts = 0
  let problems = 0
  for (const found of read.rows.values()) {
    problems += found.diagnostics.length
    for (const row of found.rows()) facts += row.facts.length
  }
  return { read, facts, problems }
}

const NO_LAYER = `sha256:${'0'.repeat(64)}` as const

/** Readers that want the file where it lies, whatever stands above: `rootfs/var/lib/dpkg/status` is `var/lib/dpkg/status`. */
function byGivenPath(path: string, readers: readonly AnyReader[]): readonly Request[] {
  const segments = path.split('/').filter((segment) => segment !== '' && segment !== '.')
  return readers.flatMap((reader) => {
    for (let i = 0; i < segments.length; i++) {
      const as = segments.slice(i).join('/')
      const conditions = reader.wants.any.filter((condition) => conditionHolds(condition, as))
      if (conditions.some(isTelling)) return [{ as, readers: [reader] }]
    }
    return []
  })
}

/** Whether the condition says something of the file itself, not only of the folder. */
function isTelling({ path, name, prefix, suffix }: PathCondition): boolean {
  return path !== undefined || name !== undefined || prefix !== undefined || suffix !== undefined
}

/** Readers that want a file of this name in another folder. */
function byName(path: string, readers: readonly AnyReader[]): readonly Request[] {
  const name = path.slice(path.lastIndexOf('/') + 1)
  return readers.flatMap((reader) => {
    const condition = reader.wants.any.find((one) => isTelling(one) && nameFits(one, name))
    return condition === undefined ? [] : [{ as: usualPlace(condition, name), readers: [reader] }]
  })
}

function nameFits({ path, name, prefix = '', suffix }: PathCondition, actual: string): boolean {
  if (!actual.startsWith(prefix)) return false
  if (path !== undefined && path.slice(path.lastIndexOf('/') + 1) !== actual) return false
  return (name === undefined || name === actual) && (suffix === undefined || actual.endsWith(suffix))
}

function byMagic(body: Body, readers: readonly AnyReader[]): readonly Request[] {
  const head = body.at(0, MAGIC_BYTES)
  return readers.flatMap((reader) => {
    const fits = reader.wants.magic?.bytes.some((magic) => startsWith(head, magic)) === true
    return fits ? [{ as: 'file', readers: [reader] }] : []
  })
}

function usualPlaces(readers: readonly AnyReader[]): readonly Request[] {
  return readers.flatMap((reader) => {
    const condition = reader.wants.any.find(isTelling)
    return condition === undefined
      ? []
      : [{ as: usualPlace(condition, `${condition.prefix ?? 'file'}${condition.suffix ?? ''}`), readers: [reader] }]
  })
}

/** A path that fulfils the condition, for a file of that name where the condition leaves the name open. */
function usualPlace({ path, name, under, inside }: PathCondition, actual: string): string {
  return path ?? [under, inside, name ?? actual].filter((part) => part !== undefined).join('/')
}
