import { openTreeFile, type Tree, walkInSteps } from '../image/index.ts'
import { Failure } from '../lib/failure.ts'
import { digestOver, range } from './body.ts'
import { readersOf } from './layer-job.ts'
import { fromFacts } from './layer-read.ts'
import { compileSkipping } from './skipping.ts'
import { assembleTarget } from './target.ts'
import { type OpenBody, TreePass } from './tree-pass.ts'
import type { AnyReader, LayerFacts, LayerJob, ReadOptions, ReadTarget, TreeJob } from './types.ts'

/** Bodies up to this size are read in one go, however little of them is asked for. */
const WHOLE_BYTES = 256 * 1024
/** Files that are wanted and not read yet. */
const MOST_WAITING = 20_000
/** Entries between two progress reports. */
const PROGRESS_EVERY = 1000

/**
 * Reads a directory or mounted root file system as it lies: one layer, of which nothing is stored. Links are followed inside
 * the root only, as in an image. A file that changes or vanishes while it is read, or that may not be read, is a diagnostic by
 * its reader's `loss`. Skipped folders are not entered.
 *
 * @throws Failure naming the tree, when its root cannot be read; `interrupted`.
 */
export async function readTree(tree: Tree, options: ReadOptions): Promise<ReadTarget> {
  const { readers, runner, limits, skipFiles, skipDirs, signal, progress } = options
  const read = async (takers: readonly AnyReader[], also?: LayerJob['also']): Promise<LayerFacts> => {
    const ids = takers.map(({ id }) => id)
    const job = { root: tree.root, name: tree.reference, readers: ids, also, limits, skipFiles, skipDirs }
    const report = (doneBytes: number): void =>
      progress({ layer: 0, name: tree.reference, doneBytes, state: 'reading' })
    if (runner.runTree !== undefined) return runner.runTree(job, signal, report)
    return await readTreeJob(job, readers, signal, report)
  }
  const facts = fromFacts(await read(readers))
  return assembleTarget(
    { layers: [], reads: [facts], diagnostics: [], readAlso: (_, also, takers) => read(takers, also) },
    options,
  )
}

/**
 * Walks the tree and reads what the job's readers want, or only `also`. The code of a reader is loaded when the first file for it is met.
 * @throws Failure naming the tree.
 */
export async function readTreeJob(
  job: TreeJob,
  readers: readonly AnyReader[],
  signal: AbortSignal,
  progress: (doneBytes: number) => void,
): Promise<LayerFacts> {
  const open = (path: string, sizeBytes: number) => openBody(job.root, path, sizeBytes)
  const pass = new TreePass(readersOf(job, readers), job.limits, open)
  if (job.also === undefined) await walk(job, pass, signal, progress)
  else pass.addAlso(job.also, (path) => look(job.root, path))
  return await pass.facts()
}

async function walk(
  job: TreeJob,
  pass: TreePass,
  signal: AbortSignal,
  progress: (doneBytes: number) => void,
): Promise<void> {
  const skipping = compileSkipping(job.skipFiles, job.skipDirs)
  let entries = 0
  let doneBytes = 0
  const steps = walkInSteps(job.root, {
    signal,
    limits: job.limits,
    skip: (path, isDirectory) => (isDirectory ? skipping.folder(path) : skipping.file(path)),
    entry: (entry) => {
      if (++entries % PROGRESS_EVERY === 0) progress(doneBytes)
      doneBytes += entry.sizeBytes
      pass.add(entry)
    },
    problem: (diagnostic) => pass.say(diagnostic),
  })
  for (const _ of steps) if (pass.waiting > MOST_WAITING) await pass.read()
}

function look(root: string, path: string): { readonly mode: number; readonly sizeBytes: number } {
  const { mode, sizeBytes, close } = openTreeFile(root, path)
  close()
  return { mode, sizeBytes }
}

/** @throws Failure `file-changed`, also from its `at`, when the file no longer has the size with which it was seen. */
function openBody(root: string, path: string, sizeBytes: number): OpenBody {
  const file = openTreeFile(root, path)
  if (file.sizeBytes !== sizeBytes) {
    file.close()
    throw changed(path)
  }
  const read = (start: number, end: number): Uint8Array => {
    const bytes = new Uint8Array(end - start)
    if (file.read(bytes, start) < bytes.length) throw changed(path)
    return bytes
  }
  let whole: Uint8Array | undefined
  const at = (offset: number, count: number): Uint8Array => {
    const [start, end] = range(offset, count, sizeBytes)
    if (whole === undefined && (sizeBytes <= WHOLE_BYTES || end - start === sizeBytes)) whole = read(0, sizeBytes)
    return whole === undefined ? read(start, end) : whole.subarray(start, end)
  }
  return { body: { sizeBytes, at, digest: digestOver({ sizeBytes, at }) }, close: file.close }
}

function changed(path: string): Failure {
  return new Failure('file-changed', 'it changed while it was read', { input: path })
}
