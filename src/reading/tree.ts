import { openTreeFile, type Tree, walkTree } from '../image/index.ts'
import { Failure } from '../lib/failure.ts'
import { fromFacts } from './layer-read.ts'
import { compileSkipping } from './skipping.ts'
import { assembleTarget } from './target.ts'
import { TreePass } from './tree-pass.ts'
import type { LayerFacts, LayerJob, ReadOptions, ReadTarget } from './types.ts'

const CHUNK_BYTES = 256 * 1024
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
  const { readers, limits } = options
  const chunk = new Uint8Array(CHUNK_BYTES)
  const readBody = (path: string, sizeBytes: number, write: (piece: Uint8Array) => void): void =>
    readFile(tree.root, path, sizeBytes, chunk, write)
  const pass = new TreePass(readers, limits, readBody)
  walk(tree, pass, options)
  const readAlso = async (also: NonNullable<LayerJob['also']>, takers: ReadOptions['readers']): Promise<LayerFacts> => {
    const second = new TreePass(takers, limits, readBody)
    second.addAlso(also, (path) => look(tree.root, path))
    return second.facts()
  }
  const read = fromFacts(pass.facts())
  return assembleTarget(
    { layers: [], reads: [read], diagnostics: [], readAlso: (_, also, takers) => readAlso(also, takers) },
    options,
  )
}

function walk(tree: Tree, pass: TreePass, { limits, signal, skipFiles, skipDirs, progress }: ReadOptions): void {
  const skipping = compileSkipping(skipFiles, skipDirs)
  let entries = 0
  let doneBytes = 0
  walkTree(tree.root, {
    signal,
    limits,
    skip: (path, isDirectory) => (isDirectory ? skipping.folder(path) : skipping.file(path)),
    entry: (entry) => {
      if (++entries % PROGRESS_EVERY === 0) {
        signal.throwIfAborted()
        progress({ layer: 0, name: tree.reference, doneBytes, state: 'reading' })
      }
      doneBytes += entry.sizeBytes
      pass.add(entry)
    },
    problem: (diagnostic) => pass.say(diagnostic),
  })
  progress({ layer: 0, name: tree.reference, doneBytes, totalBytes: doneBytes, state: 'done' })
}

function look(root: string, path: string): { readonly mode: number; readonly sizeBytes: number } {
  const { mode, sizeBytes, close } = openTreeFile(root, path)
  close()
  return { mode, sizeBytes }
}

/** @throws Failure `file-changed` when the file no longer has the size with which it was seen. */
function readFile(
  root: string,
  path: string,
  sizeBytes: number,
  chunk: Uint8Array,
  write: (piece: Uint8Array) => void,
): void {
  const file = openTreeFile(root, path)
  try {
    if (file.sizeBytes !== sizeBytes) throw changed(path)
    for (let done = 0; done < sizeBytes; ) {
      const wanted = Math.min(chunk.length, sizeBytes - done)
      const count = file.read(chunk.subarray(0, wanted), done)
      if (count < wanted) throw changed(path)
      write(chunk.subarray(0, count))
      done += count
    }
  } finally {
    file.close()
  }
}

function changed(path: string): Failure {
  return new Failure('file-changed', 'it changed while it was read', { input: path })
}
