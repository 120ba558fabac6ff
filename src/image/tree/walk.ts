import { Buffer } from 'node:buffer'
import { lstatSync, readdirSync, readlinkSync, type Stats, statfsSync } from 'node:fs'
import { asFailure, Failure } from '../../lib/failure.ts'
import type { Limits } from '../../lib/limits.ts'
import { decodePath, encodePath } from '../../lib/path-text.ts'
import type { Diagnostic } from '../../model/diagnostic.ts'
import { targetFailure } from '../open/sniff.ts'
import type { TarEntryType } from '../types.ts'

export interface TreeEntry {
  /** Normalised, from the root, decoded without loss. */
  readonly path: string
  readonly type: TarEntryType
  readonly mode: number
  readonly sizeBytes: number
  /** Target of a symbolic link as it stands, '' for others. */
  readonly linkName: string
  /** Two paths with the same pair are hard links to one file. */
  readonly dev: number
  readonly ino: number
  readonly links: number
  /** For a device its number. */
  readonly device: number
  readonly uid: number
  readonly gid: number
  /** Seconds since 1970. */
  readonly mtime: number
}

export interface WalkOptions {
  readonly signal: AbortSignal
  readonly limits: Limits
  /** Leaves a file, or a folder with all that is in it, out. */
  skip?(path: string, isDirectory: boolean): boolean
  entry(entry: TreeEntry): void
  problem(diagnostic: Diagnostic): void
}

/** Kernel file systems that hold no files of anyone's (linux/magic.h): proc, sysfs, cgroup, devpts, debugfs, tracefs and their like. */
const PSEUDO_FILE_SYSTEMS = new Set([
  0x9fa0, 0x62656572, 0x27e0eb, 0x63677270, 0x1cd1, 0x64626720, 0x74726163, 0x73636673, 0xcafe4a11, 0x6165676c,
  0x62656570, 0x19800202, 0x65735543, 0x42494e4d, 0x6e736673, 0x958458f6, 0xf97cff8c, 0xde5e81e4,
])

interface Folder {
  /** Its path from the root, decoded without loss; '' for the root. */
  readonly name: string
  readonly dev: number
}

/**
 * Walks a directory as it lies, folders before what is in them, names in byte order. Symbolic links are reported and never followed, so
 * no circle is possible; kernel file systems (`/proc`, `/sys`) and a mounted `/dev` are left out with a notice; what cannot be read is a
 * `partial` diagnostic with its path. Synchronous: meant for a worker.
 * @throws Failure `no-such-target`, `target-unreadable` for the root itself, `tree-too-many-entries`, `interrupted`.
 */
export function walkTree(root: string, options: WalkOptions): void {
  for (const _ of walkInSteps(root, options));
}

/**
 * As {@link walkTree}, with a pause after some thousand entries, in which the caller can do what takes time.
 *
 * @throws Failure as `walkTree` does.
 */
export function* walkInSteps(root: string, options: WalkOptions): Generator<void, void, undefined> {
  try {
    const { dev } = lstatSync(`${root}/.`)
    yield* new Walk(root, options).run({ name: '', dev })
  } catch (error) {
    if (options.signal.aborted) throw asFailure(options.signal.reason, root)
    throw targetFailure(root, error)
  }
}

/** Entries from one pause to the next. */
const STEP = 4096

class Walk {
  readonly #options: WalkOptions
  readonly #root: string
  #entries = 0

  constructor(root: string, options: WalkOptions) {
    this.#root = root
    this.#options = options
  }

  *run(start: Folder): Generator<void, void, undefined> {
    const waiting: Folder[] = [start]
    let paused = 0
    for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
      this.#options.signal.throwIfAborted()
      const inside: Folder[] = []
      const names = this.#names(folder)
      for (let from = 0; from < names.length; from += STEP) {
        this.#visit(folder, names.slice(from, from + STEP), inside)
        if (this.#entries - paused < STEP) continue
        paused = this.#entries
        yield
      }
      for (let i = inside.length - 1; i >= 0; i--) waiting.push(inside[i])
    }
  }

  /** Reports what of these names a folder holds, and adds the folders in it to `inside`. */
  #visit(folder: Folder, names: readonly string[], inside: Folder[]): void {
    for (const name of names) {
      const text = folder.name === '' ? name : `${folder.name}/${name}`
      const path = this.#native(text)
      const stats = this.#attempt(text, () => lstatSync(path))
      if (stats === undefined || this.#options.skip?.(text, stats.isDirectory())) continue
      this.#count()
      if (stats.isDirectory() && stats.dev !== folder.dev && this.#isPseudo(path, text)) continue
      const linkName = stats.isSymbolicLink() ? this.#attempt(text, () => decodePath(readlinkSync(path, 'buffer'))) : ''
      if (linkName === undefined) continue
      this.#options.entry(toEntry(text, stats, linkName))
      if (stats.isDirectory()) inside.push({ name: text, dev: stats.dev })
    }
  }

  #names(folder: Folder): readonly string[] {
    const read = () => namesIn(folder.name === '' ? this.#root || '/' : this.#native(folder.name))
    // The root must be readable: without it there is no answer at all.
    return (folder.name === '' ? read() : this.#attempt(folder.name, read)) ?? []
  }

  /** A path as the system takes it: as text, which costs half of what bytes do, unless it is no UTF-8. */
  #native(path: string): string | Buffer {
    const whole = `${this.#root}/${path}`
    return path.isWellFormed() ? whole : Buffer.from(encodePath(whole))
  }

  #count(): void {
    this.#entries++
    const { entries } = this.#options.limits
    if (this.#entries <= entries) return
    throw new Failure('tree-too-many-entries', `more than the ${entries} files and folders allowed`, {
      input: this.#root,
    })
  }

  #isPseudo(path: string | Buffer, text: string): boolean {
    const type = this.#attempt(text, () => statfsSync(path).type)
    if (type === undefined || (!PSEUDO_FILE_SYSTEMS.has(type >>> 0) && text !== 'dev')) return type === undefined
    const message = 'a file system of the kernel was left out'
    this.#options.problem({ code: 'pseudo-file-system', message, path: text, effect: 'notice' })
    return true
  }

  #attempt<Result>(path: string, action: () => Result): Result | undefined {
    try {
      return action()
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code
      const denied = code === 'EACCES' || code === 'EPERM'
      const message = denied ? 'permission denied' : `could not be read: ${code ?? (error as Error).message}`
      this.#options.problem({ code: 'tree-unreadable', message, path, effect: 'partial' })
      return undefined
    }
  }
}

/** Names that are no UTF-8 come back from the system with U+FFFD; names beyond U+D7FF may sort otherwise as text than as bytes. */
const UNSURE = /[\ud800-\uffff]/

/** The names in a folder, decoded without loss, in byte order. */
function namesIn(folder: string | Buffer): readonly string[] {
  const names = readdirSync(folder)
  if (!names.some((name) => UNSURE.test(name))) return names.sort()
  return readdirSync(folder, 'buffer').sort(Buffer.compare).map(decodePath)
}

function toEntry(path: string, stats: Stats, linkName: string): TreeEntry {
  return {
    path,
    type: typeOf(stats),
    mode: stats.mode & 0o7777,
    sizeBytes: stats.size,
    linkName,
    dev: stats.dev,
    ino: stats.ino,
    links: stats.nlink,
    device: stats.rdev,
    uid: stats.uid,
    gid: stats.gid,
    mtime: Math.floor(stats.mtimeMs / 1000),
  }
}

function typeOf(stats: Stats): TarEntryType {
  if (stats.isFile()) return 'file'
  if (stats.isDirectory()) return 'directory'
  if (stats.isSymbolicLink()) return 'symlink'
  if (stats.isFIFO()) return 'fifo'
  if (stats.isCharacterDevice()) return 'character'
  return stats.isBlockDevice() ? 'block' : 'other'
}
