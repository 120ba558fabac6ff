import { Buffer } from 'node:buffer'
import { closeSync, constants, existsSync, fstatSync, openSync, readlinkSync } from 'node:fs'
import { Failure } from '../../lib/failure.ts'
import { decodePath, encodePath } from '../../lib/path-text.ts'
import { isDenied } from '../../lib/system-error.ts'
import { denied } from '../engine-storage/stored-document.ts'

/** Opens a folder to go on from, without the right to list it (open(2), `O_PATH`); Node has no name for it, and it is one number on Linux. */
const O_PATH = 0o10000000
const FOLDER_FLAGS = O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW
const FILE_FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
const MOST_LINKS = 40
/** Folders that are kept open on the way to the last file. */
const MOST_DEPTH = 1024

/** An open regular file. */
export interface UnpackedFile {
  readonly descriptor: number
  readonly sizeBytes: number
}

/**
 * A folder into which an engine has unpacked a layer. Each step of a path is opened from the one before (`/proc/self/fd`, as openat(2)),
 * so that nobody can lead a path out of the folder; links on the way are followed as the unpacker in its chroot did: absolute ones
 * count from this folder, and `..` ends at it.
 */
export class UnpackedFolder {
  readonly #root: number
  /** The folders down to the last file, open: files mostly come folder by folder. */
  readonly #open: { readonly name: string; readonly descriptor: number }[] = []

  /** @throws Failure `storage-denied`, `layer-gone`. */
  constructor(root: string) {
    if (!existsSync('/proc/self/fd')) {
      throw new Failure('proc-missing', "/proc is not mounted: files in an engine's storage cannot be opened safely", {
        input: root,
      })
    }
    try {
      this.#root = openSync(root, O_PATH | constants.O_DIRECTORY)
    } catch (error) {
      throw folderFailure(root, error)
    }
  }

  /**
   * The regular file of that path, which is normalised; undefined when there is none. The caller closes its descriptor.
   * @throws the system's error for one that may not be read.
   */
  file(path: string): UnpackedFile | undefined {
    let segments = path.split('/')
    for (let links = 0; links <= MOST_LINKS && segments.length <= MOST_DEPTH; links++) {
      const found = this.#walk(segments)
      if (found === undefined || !Array.isArray(found)) return found
      segments = found
    }
    return undefined
  }

  close(): void {
    this.#backTo(0)
    closeSync(this.#root)
  }

  /** The file, undefined when it is not there, or the path to try instead when a link lies on the way. */
  #walk(segments: readonly string[]): UnpackedFile | string[] | undefined {
    let at = 0
    const last = segments.length - 1
    while (at < last && this.#open[at]?.name === segments[at]) at++
    this.#backTo(at)
    for (; at < last; at++) {
      const next = this.#enter(segments[at])
      if (next === undefined) return undefined
      if (typeof next !== 'number') return [...landing(segments.slice(0, at), next.to), ...segments.slice(at + 1)]
      this.#open.push({ name: segments[at], descriptor: next })
    }
    return this.#openFile(segments[last])
  }

  #enter(name: string): number | { readonly to: string } | undefined {
    const path = this.#pathOf(name)
    try {
      return openSync(path, FOLDER_FLAGS)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'ENOENT') return undefined
      if (code !== 'ENOTDIR' && code !== 'ELOOP') throw error
    }
    try {
      return { to: decodePath(readlinkSync(path, 'buffer')) }
    } catch {
      return undefined
    }
  }

  #openFile(name: string): UnpackedFile | undefined {
    let descriptor: number
    try {
      descriptor = openSync(this.#pathOf(name), FILE_FLAGS)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP' || code === 'ENXIO') return undefined
      throw error
    }
    const stats = fstatSync(descriptor)
    if (stats.isFile()) return { descriptor, sizeBytes: stats.size }
    closeSync(descriptor)
    return undefined
  }

  #pathOf(name: string): string | Buffer {
    const folder = `/proc/self/fd/${this.#open.at(-1)?.descriptor ?? this.#root}/`
    return name.isWellFormed() ? `${folder}${name}` : Buffer.concat([Buffer.from(folder), encodePath(name)])
  }

  #backTo(depth: number): void {
    while (this.#open.length > depth) closeSync(this.#open.pop()?.descriptor ?? -1)
  }
}

/** Where a link in `folder` leads, inside the root. */
function landing(folder: readonly string[], to: string): string[] {
  const kept = to.startsWith('/') ? [] : [...folder]
  for (const segment of to.split('/')) {
    if (segment === '' || segment === '.') continue
    if (segment === '..') kept.pop()
    else kept.push(segment)
  }
  return kept
}

function folderFailure(root: string, cause: unknown): Failure {
  const { code, message } = cause as NodeJS.ErrnoException
  if (isDenied(cause)) return denied(root, cause)
  const why = code === 'ENOENT' ? 'it is not there any more' : message
  return new Failure('layer-gone', `the folder that the engine unpacked it into cannot be opened: ${why}`, {
    input: root,
    hints: ['the image may have been removed during the scan: see whether the engine still has it, and scan it again'],
    cause,
  })
}
