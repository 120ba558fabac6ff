import { Buffer } from 'node:buffer'
import { closeSync, constants, lstatSync, openSync, readlinkSync, readSync, type Stats } from 'node:fs'
import type { Limits } from '../../lib/limits.ts'
import { decodePath, encodePath } from '../../lib/path-text.ts'
import type { Diagnostic } from '../../model/diagnostic.ts'
import { passFolder } from '../overlay-folder/pass-folder.ts'
import { normaliseEntryName } from '../tar/names.ts'
import type { ContainerTarget, TarEntry, TarHandler } from '../types.ts'

/** One file of a container that is not as in its image. */
export interface ContainerChange {
  /** Without leading slash. */
  readonly path: string
  /** `changed`: its content is another; `mode`: only its permissions are. */
  readonly kind: 'added' | 'changed' | 'mode' | 'removed'
  readonly mode: number
  /** Whether it can be run, by its mode and its first bytes. */
  readonly executable?: 'binary' | 'script'
  /** Special bits that it has and the image's file has not. */
  readonly gained?: 'setuid' | 'setgid'
}

export interface ContainerChanges {
  /** In the order of their paths: executables, files with special bits, and everything that the image has too. */
  readonly changes: readonly ContainerChange[]
  /** Files that were added and are neither executable nor special. */
  readonly otherFiles: number
  readonly diagnostics: readonly Diagnostic[]
  /** Whether the file of that path is still as it was when it was looked at; undefined for one that was not. */
  unchanged(path: string): boolean | undefined
}

const MAX_CHANGES = 50_000
const HEAD_BYTES = 4
const SETUID = 0o4000
const SETGID = 0o2000
const EXECUTABLE = 0o111

/**
 * What a container's own layer changes of its image, file by file, compared with the image's copy in the layers below.
 * @param inImage whether the image has a file of that path, all its layers taken together.
 * @throws Failure naming the container, as `passFolder` does.
 */
export async function containerChanges(
  { upper, lowers, reference }: Pick<ContainerTarget, 'upper' | 'lowers' | 'reference'>,
  inImage: (path: string) => boolean,
  { limits, signal }: { readonly limits: Limits; readonly signal: AbortSignal },
): Promise<ContainerChanges> {
  const collected = new Collector(upper, lowers, inImage)
  await passFolder(upper, collected, { name: reference, limits, signal })
  return collected.result()
}

class Collector implements TarHandler {
  readonly #upper: string
  readonly #lowers: readonly string[]
  readonly #inImage: (path: string) => boolean
  readonly #changes: ContainerChange[] = []
  readonly #diagnostics: Diagnostic[] = []
  readonly #seen = new Map<string, string>()
  #otherFiles = 0
  #left = 0
  #current: Comparison | undefined

  constructor(upper: string, lowers: readonly string[], inImage: (path: string) => boolean) {
    this.#upper = upper
    this.#lowers = lowers
    this.#inImage = inImage
  }

  result(): ContainerChanges {
    const diagnostics = [...this.#diagnostics]
    if (this.#left > 0) {
      const message = `${this.#left} more files of the container differ from its image than are listed`
      diagnostics.push({ code: 'drift-too-long', message, effect: 'partial' })
    }
    return {
      changes: this.#changes,
      otherFiles: this.#otherFiles,
      diagnostics,
      unchanged: (path) => {
        const before = this.#seen.get(path)
        return before === undefined ? undefined : before === stateOf(lstat(this.#upper, path))
      },
    }
  }

  entry(entry: TarEntry): boolean {
    const path = normaliseEntryName(entry.name)
    if (path === undefined || path === '') return false
    const start = path.lastIndexOf('/') + 1
    const name = path.slice(start)
    if (name.startsWith('.wh.')) {
      const gone = `${path.slice(0, start)}${name.slice('.wh.'.length)}`
      // A folder that was removed and made anew hides all that the image has in it.
      const removed = name === '.wh..wh..opq' ? path.slice(0, Math.max(0, start - 1)) : gone
      if (removed !== '' && (removed !== gone || !name.startsWith('.wh..wh.')) && this.#inImage(removed))
        this.#add({ path: removed, kind: 'removed', mode: 0 })
      return false
    }
    if (entry.type === 'symlink') this.#link(path, entry.linkName)
    if (entry.type !== 'file') return false
    const now = lstat(this.#upper, path)
    if (this.#seen.size < MAX_CHANGES) this.#seen.set(path, stateOf(now))
    const below = this.#inImage(path) ? findBelow(this.#lowers, path) : undefined
    this.#current = new Comparison(path, entry, below)
    return true
  }

  /** A link in the place of something else, or that leads elsewhere than the image's. */
  #link(path: string, to: string): void {
    const below = this.#inImage(path) ? findBelow(this.#lowers, path) : undefined
    if (below === undefined) this.#otherFiles++
    else if (!below.stats.isSymbolicLink() || decodePath(readlinkSync(below.file, 'buffer')) !== to)
      this.#add({ path, kind: 'changed', mode: 0o777 })
  }

  body(chunk: Uint8Array): void {
    this.#current?.take(chunk)
  }

  more(): boolean {
    return this.#current?.wantsMore() ?? false
  }

  end(): void {
    const current = this.#current
    this.#current = undefined
    if (current === undefined) return
    const change = current.finish()
    const state = stateOf(lstat(this.#upper, current.path))
    if (this.#seen.has(current.path) && this.#seen.get(current.path) !== state) {
      const message = 'it was changed while it was read'
      this.#diagnostics.push({ code: 'file-changed-meanwhile', message, path: current.path, effect: 'partial' })
    }
    if (change === 'other') this.#otherFiles++
    else if (change !== undefined) this.#add(change)
  }

  problem(diagnostic: Diagnostic): void {
    this.#diagnostics.push(diagnostic)
  }

  #add(change: ContainerChange): void {
    if (this.#changes.length < MAX_CHANGES) this.#changes.push(change)
    else this.#left++
  }
}

/** A file of the image, below. */
interface Below {
  readonly file: string | Buffer
  readonly stats: Stats
}

/** One file of the container against the image's copy, as its bytes come. */
class Comparison {
  readonly path: string
  readonly #entry: TarEntry
  readonly #below: Below | undefined
  readonly #head = new Uint8Array(HEAD_BYTES)
  #descriptor: number | undefined
  #done = 0
  #differs: boolean

  constructor(path: string, entry: TarEntry, below: Below | undefined) {
    this.path = path
    this.#entry = entry
    this.#below = below
    this.#differs = below === undefined || !below.stats.isFile() || below.stats.size !== entry.sizeBytes
    if (below === undefined || this.#differs) return
    try {
      this.#descriptor = openSync(below.file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    } catch {
      this.#differs = true
    }
  }

  take(chunk: Uint8Array): void {
    if (this.#done < HEAD_BYTES) this.#head.set(chunk.subarray(0, HEAD_BYTES - this.#done), this.#done)
    if (!this.#differs && this.#descriptor !== undefined) {
      const other = new Uint8Array(chunk.length)
      const count = readSync(this.#descriptor, other, 0, other.length, this.#done)
      this.#differs = count !== chunk.length || Buffer.compare(chunk, other) !== 0
    }
    this.#done += chunk.length
  }

  wantsMore(): boolean {
    return this.#done < HEAD_BYTES || !this.#differs
  }

  /** What became of it: a change, one of no interest, or none. */
  finish(): ContainerChange | 'other' | undefined {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor)
    const { mode } = this.#entry
    const before = this.#below?.stats.isFile() === true ? this.#below.stats.mode & 0o7777 : 0
    const special = mode & ~before
    const gained: ContainerChange['gained'] =
      (special & SETUID) !== 0 ? 'setuid' : (special & SETGID) !== 0 && (mode & 0o010) !== 0 ? 'setgid' : undefined
    const executable = this.#kindOf(mode)
    const more = { mode, ...(executable && { executable }), ...(gained && { gained }) }
    if (this.#below === undefined) {
      return executable === undefined && gained === undefined ? 'other' : { path: this.path, kind: 'added', ...more }
    }
    if (this.#differs) return { path: this.path, kind: 'changed', ...more }
    return mode === before ? undefined : { path: this.path, kind: 'mode', ...more }
  }

  /** ELF needs its magic only: a library is loaded, a program can be made executable by whoever calls it. */
  #kindOf(mode: number): ContainerChange['executable'] {
    const [a, b, c, d] = this.#head
    if (a === 0x7f && b === 0x45 && c === 0x4c && d === 0x46) return 'binary'
    if (a === 0x23 && b === 0x21) return 'script'
    return (mode & EXECUTABLE) !== 0 && this.#entry.sizeBytes > 0 ? 'binary' : undefined
  }
}

/** The newest copy of a path in the layers below; each step on the way must be a folder of that layer, never a link. */
function findBelow(lowers: readonly string[], path: string): Below | undefined {
  for (const lower of lowers) {
    const stats = lstat(lower, path)
    if (stats !== undefined && !stats.isCharacterDevice()) return { file: joined(lower, path), stats }
  }
  return undefined
}

function lstat(root: string, path: string): Stats | undefined {
  const segments = path.split('/')
  let at = ''
  for (const [i, segment] of segments.entries()) {
    at = at === '' ? segment : `${at}/${segment}`
    let stats: Stats | undefined
    try {
      stats = lstatSync(joined(root, at), { throwIfNoEntry: false })
    } catch {
      return undefined
    }
    if (stats === undefined || (i < segments.length - 1 && !stats.isDirectory())) return undefined
    if (i === segments.length - 1) return stats
  }
  return undefined
}

function joined(root: string, path: string): Buffer {
  return Buffer.concat([Buffer.from(`${root}/`), encodePath(path)])
}

function stateOf(stats: Stats | undefined): string {
  return stats === undefined ? 'gone' : `${stats.size} ${stats.mtimeMs} ${stats.ctimeMs}`
}
