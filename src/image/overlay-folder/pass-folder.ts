import { Buffer } from 'node:buffer'
import { accessSync, constants } from 'node:fs'
import process from 'node:process'
import { asFailure, Failure } from '../../lib/failure.ts'
import type { Limits } from '../../lib/limits.ts'
import { encodePath } from '../../lib/path-text.ts'
import { openTreeFile } from '../tree/tree-file.ts'
import { type TreeEntry, walkTree } from '../tree/walk.ts'
import type { TarEntry, TarHandler } from '../types.ts'
import { type OpaqueFolders, opaqueFolders } from './opaque-folders.ts'

const CHUNK_BYTES = 256 * 1024
const WHITEOUT = '.wh.'
const OPAQUE = '.wh..wh..opq'

/** What a pass over a folder needs. */
export interface PassFolderOptions {
  /** How the layer is named in failures. */
  readonly name: string
  readonly limits: Limits
  readonly signal: AbortSignal
  /** Asked between entries: whether all that was wanted has passed. */
  enough?(): boolean
  progress?(doneBytes: number): void
}

/** Whether all of the folder could be seen; what could not was told to the handler. */
export interface PassedFolder {
  readonly incomplete?: true
}

/**
 * Hands over an upper folder of overlayfs (Linux, Documentation/filesystems/overlayfs.rst) as the archive of its layer has it: a device 0/0
 * is the whiteout `.wh.NAME`, a folder marked opaque has a `.wh..wh..opq`. Entries come in the order of the walk, links are not followed,
 * and each name of a file that has several is a file. Only bodies that are asked for are read.
 * @throws Failure naming the layer: `layer-unreadable`, `tree-too-many-entries`, `interrupted`.
 */
export async function passFolder(root: string, handler: TarHandler, options: PassFolderOptions): Promise<PassedFolder> {
  const { name, limits, signal } = options
  const opaque = await marksOf(root, options)
  const pass = new FolderPass(root, handler, options)
  if (opaque.unseen !== undefined) {
    pass.problem('overlay-marks-unseen', `${opaque.unseen}: files of older layers may be shown that this one deletes`)
  }
  try {
    for (const folder of opaque.folders) pass.mark(folder === '' ? OPAQUE : `${folder}/${OPAQUE}`)
    walkTree(root, {
      signal,
      limits,
      entry: (entry) => pass.entry(entry),
      problem: (diagnostic) => pass.problem(diagnostic.code, diagnostic.message, diagnostic.path),
    })
  } catch (error) {
    if (error !== ENOUGH) throw inLayer(error, name, signal)
  }
  return pass.whole ? {} : { incomplete: true }
}

async function marksOf(root: string, { name, limits, signal }: PassFolderOptions): Promise<OpaqueFolders> {
  try {
    return await opaqueFolders(root, { limits, signal })
  } catch (error) {
    throw inLayer(error, name, signal)
  }
}

/** What opening a file comes to that was there a moment ago. */
const CHANGES = new Set(['no-such-target', 'not-a-regular-file', 'leaves-root'])

/** Thrown out of the walk once nothing more is wanted. */
const ENOUGH = new Failure('pass-complete', 'nothing more is wanted of this layer')

function inLayer(error: unknown, name: string, signal: AbortSignal): Failure {
  const failure = asFailure(signal.aborted ? signal.reason : error, name)
  if (failure.kind !== 'unreadable' || failure.code === 'tree-too-many-entries') return failure
  const where = failure.input === undefined || failure.input === name ? '' : ` (${failure.input})`
  return new Failure('layer-unreadable', `${failure.message}${where}`, { input: name, cause: error })
}

class FolderPass {
  readonly #root: string
  readonly #handler: TarHandler
  readonly #options: PassFolderOptions
  readonly #chunk = new Uint8Array(CHUNK_BYTES)
  /** Who is not root may meet files that he may not read. */
  readonly #asks = process.geteuid?.() !== 0
  #doneBytes = 0
  whole = true

  constructor(root: string, handler: TarHandler, options: PassFolderOptions) {
    this.#root = root
    this.#handler = handler
    this.#options = options
  }

  problem(code: string, message: string, path?: string): void {
    this.whole = false
    this.#handler.problem({ code, message, ...(path === undefined ? {} : { path }), effect: 'partial' })
  }

  /** A note about older layers. */
  mark(name: string): void {
    this.#hand({ name, type: 'file', sizeBytes: 0, mode: 0o644, uid: 0, gid: 0, mtime: 0, linkName: '' })
  }

  entry(entry: TreeEntry): void {
    const { path, type, sizeBytes, mode, uid, gid, mtime, linkName } = entry
    if (this.#options.enough?.() === true) throw ENOUGH
    if (type === 'character' && entry.device === 0) {
      const start = path.lastIndexOf('/') + 1
      this.mark(`${path.slice(0, start)}${WHITEOUT}${path.slice(start)}`)
      return
    }
    const isFile = type === 'file' && this.#mayRead(path)
    const shown = type === 'file' && !isFile ? 'other' : type
    const name = type === 'directory' ? `${path}/` : path
    const size = type === 'file' ? sizeBytes : 0
    this.#hand({ name, type: shown, sizeBytes: size, mode, uid, gid, mtime, linkName })
  }

  #hand(entry: TarEntry): void {
    if (!this.#handler.entry(entry)) return
    if (entry.sizeBytes > 0) this.#read(entry)
    this.#handler.end()
  }

  #mayRead(path: string): boolean {
    if (!this.#asks) return true
    try {
      accessSync(Buffer.concat([Buffer.from(`${this.#root}/`), encodePath(path)]), constants.R_OK)
      return true
    } catch {
      this.problem('file-unreadable', 'permission denied', path)
      return false
    }
  }

  /** A file that changes or goes while it is read, as in a running container, is told of; what is missing of it is zeros. */
  #read({ name, sizeBytes }: TarEntry): void {
    let done = 0
    try {
      done = this.#readFile(name, sizeBytes)
    } catch (error) {
      if (!(error instanceof Failure) || !CHANGES.has(error.code)) throw error
    }
    if (done < sizeBytes && this.#handler.more?.() !== false) {
      this.problem('file-changed-meanwhile', 'it was changed while it was read', name)
      this.#chunk.fill(0)
      for (; done < sizeBytes && this.#handler.more?.() !== false; done += CHUNK_BYTES)
        this.#handler.body(this.#chunk.subarray(0, Math.min(CHUNK_BYTES, sizeBytes - done)))
    }
    this.#options.progress?.(this.#doneBytes)
  }

  /** @returns how many bytes were handed over. */
  #readFile(name: string, sizeBytes: number): number {
    const file = openTreeFile(this.#root, name)
    let done = 0
    try {
      while (done < sizeBytes && this.#handler.more?.() !== false) {
        const count = file.read(this.#chunk.subarray(0, Math.min(CHUNK_BYTES, sizeBytes - done)), done)
        if (count === 0) return done
        this.#handler.body(this.#chunk.subarray(0, count))
        done += count
        this.#doneBytes += count
      }
      return done
    } finally {
      file.close()
    }
  }
}
