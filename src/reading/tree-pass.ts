import type { TarEntryType } from '../image/index.ts'
import type { Limits } from '../lib/limits.ts'
import type { Diagnostic } from '../model/diagnostic.ts'
import type { Body } from './body.ts'
import { BodyTaker } from './body-taker.ts'
import { encodeIndex } from './codec.ts'
import { compileDispatch, type Dispatch, MAGIC_BYTES } from './dispatch.ts'
import { LayerPaths } from './layer-paths.ts'
import { hasPlainName } from './plain-names.ts'
import { type Request, type Seen, Taking } from './taking.ts'
import type { AnyReader, LayerFacts, LayerJob } from './types.ts'

/** One thing in a tree, as a walk meets it; paths are relative to the root. */
export interface TreeThing {
  readonly path: string
  readonly type: TarEntryType
  readonly mode: number
  readonly sizeBytes: number
  /** Target of a symbolic link, as written. */
  readonly linkName: string
}

/** A file's body, read by position, open until it is closed. */
export interface OpenBody {
  readonly body: Body
  close(): void
}

/** @throws when it cannot be opened or no longer has the size that was seen; so does its `at`. */
type OpenFile = (path: string, sizeBytes: number) => OpenBody

/** Takes a tree as it lies for one layer: the same dispatch, readers and index as for the entries of an archive. */
export class TreePass {
  readonly #dispatch: Dispatch
  readonly #taking: Taking
  readonly #taker: BodyTaker
  readonly #paths: LayerPaths
  readonly #diagnostics: Diagnostic[] = []
  readonly #open: OpenFile
  /** Paths and folders whose loss blinds the answer. */
  readonly #blinding: readonly string[]
  #waiting: Waiting[] = []
  #files = 0
  #unsaid = 0

  constructor(readers: readonly AnyReader[], limits: Limits, open: OpenFile) {
    this.#dispatch = compileDispatch(readers)
    this.#taking = new Taking(readers)
    this.#taker = new BodyTaker(this.#taking, this.#dispatch, limits)
    this.#paths = new LayerPaths(limits.entries)
    this.#open = open
    const conditions = readers.filter(({ wants }) => wants.loss === 'blind').flatMap(({ wants }) => wants.any)
    this.#blinding = conditions.flatMap(({ path, under }) => path ?? under ?? [])
  }

  /** Notes what lies there; a wanted file waits to be read. */
  add({ path, type, mode, sizeBytes, linkName }: TreeThing): void {
    if (type === 'directory') this.#paths.addFolder(path)
    else if (type === 'symlink') this.#paths.addSymlink(path, linkName)
    else if (type === 'file' || type === 'hardlink') {
      this.#paths.addFile(path, this.#files)
      this.#want(this.#requests(path, mode), path, mode, sizeBytes, !hasPlainName(path, mode))
    } else {
      this.#paths.addOther(path)
      this.#taking.lose(
        this.#requests(path, mode),
        -1,
        'not-a-file',
        'a device, pipe or socket lies where a file is read',
      )
    }
  }

  /** Has a file read for those who want it at another path. */
  addAlso(
    also: NonNullable<LayerJob['also']>,
    look: (path: string) => { readonly mode: number; readonly sizeBytes: number },
  ): void {
    for (const { path, as } of also) {
      const requests = [{ as, readers: this.#dispatch.byPath(as, 0o755) }]
      try {
        const { mode, sizeBytes } = look(path)
        this.#want(requests, path, mode, sizeBytes)
      } catch (error) {
        this.#taking.lose(requests, this.#files, 'file-unreadable', (error as Error).message)
      }
    }
  }

  /** Notes what the walk could not do. A folder that could hold a package database blinds, whatever it does hold. */
  say(diagnostic: Diagnostic): void {
    if (this.#diagnostics.length >= MOST_DIAGNOSTICS) {
      this.#unsaid++
      return
    }
    const { effect, path } = diagnostic
    const blinds = effect === 'partial' && path !== undefined && this.#blinding.some((place) => overlaps(place, path))
    this.#diagnostics.push(blinds ? { ...diagnostic, effect: 'blind' } : diagnostic)
  }

  /** Files that wait to be read. */
  get waiting(): number {
    return this.#waiting.length
  }

  /** Reads what waits. The code of readers that want any of it is loaded before. */
  async read(): Promise<void> {
    const waiting = this.#waiting.map((one) => (one.probe ? this.#probed(one) : one))
    this.#waiting = []
    await this.#taking.load(waiting.flatMap(({ requests }) => requests.flatMap(({ readers }) => readers)))
    for (const { requests, path, seen } of waiting) {
      if (requests.length > 0) this.#attempt(requests, path, seen, (body) => this.#taker.take(requests, seen, body))
    }
  }

  /** Reads what still waits. @returns all that was found. */
  async facts(): Promise<LayerFacts> {
    await this.read()
    if (this.#unsaid > 0) {
      const message = `${this.#unsaid} more places could not be read`
      this.#diagnostics.push({ code: 'more-problems', message, effect: 'partial' })
    }
    const index = encodeIndex(this.#paths.takeIndex(), this.#diagnostics)
    const rows = this.#taking.rows(() => true)
    return { diffId: NO_LAYER, complete: true, index, rows, diagnostics: this.#diagnostics }
  }

  #requests(path: string, mode: number): readonly Request[] {
    const readers = this.#dispatch.byPath(path, mode)
    return readers.length === 0 ? [] : [{ as: path, readers }]
  }

  #want(requests: readonly Request[], path: string, mode: number, sizeBytes: number, probe = false): void {
    const seen = { mode, sizeBytes, body: this.#files++ }
    const looks = probe && this.#dispatch.looksInside(mode, sizeBytes)
    if (looks || requests.length > 0) this.#waiting.push({ requests, path, seen, probe: looks })
  }

  /** A file with those who want it for how it begins. */
  #probed({ requests, path, seen }: Waiting): Waiting {
    const { mode, sizeBytes } = seen
    const taken = requests.flatMap(({ readers }) => readers)
    let readers: readonly AnyReader[] = []
    const wasRead = this.#attempt(requests, path, seen, (body) => {
      readers = this.#dispatch.byMagic(body.at(0, MAGIC_BYTES), mode, sizeBytes, taken)
    })
    const all = readers.length > 0 ? [...requests, { as: path, readers }] : requests
    return { requests: wasRead ? all : [], path, seen, probe: false }
  }

  /** Opens a file for a moment. Where that fails, who asked for it is told. @returns whether it went well. */
  #attempt(requests: readonly Request[], path: string, seen: Seen, look: (body: Body) => void): boolean {
    let file: OpenBody | undefined
    try {
      file = this.#open(path, seen.sizeBytes)
      look(file.body)
      return true
    } catch (error) {
      const code = (error as { code?: unknown }).code === 'file-changed' ? 'file-changed' : 'file-unreadable'
      this.#taking.lose(requests, seen.body, code, `it could not be read: ${(error as Error).message}`)
      return false
    } finally {
      file?.close()
    }
  }
}

/** A file that is wanted, or whose beginning might be. */
interface Waiting {
  readonly requests: readonly Request[]
  readonly path: string
  readonly seen: Seen
  readonly probe: boolean
}

/** Places that are named one by one. */
const MOST_DIAGNOSTICS = 1000

/** Whether one of the two lies in the other. */
function overlaps(place: string, path: string): boolean {
  return place === path || place.startsWith(`${path}/`) || path.startsWith(`${place}/`)
}

/** A tree is no layer; what holds for it is never stored. */
const NO_LAYER = `sha256:${'0'.repeat(64)}` as const
