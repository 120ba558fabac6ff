import { leavesRoot, normaliseEntryName, type TarEntry, type TarHandler } from '../image/index.ts'
import type { Limits } from '../lib/limits.ts'
import type { Diagnostic } from '../model/diagnostic.ts'
import { BodyTaker } from './body-taker.ts'
import { encodeIndex } from './codec.ts'
import { compileDispatch, type Dispatch } from './dispatch.ts'
import { freeMemory } from './free-memory.ts'
import { LayerPaths, LONGEST_NAME } from './layer-paths.ts'
import { type Request, Taking } from './taking.ts'
import type { AnyReader, LayerFacts, LayerJob, LoadedReader } from './types.ts'

const WHITEOUT = '.wh.'
const OPAQUE = '.wh..wh..opq'
/** Other names that AUFS kept for itself below its root (`.wh..wh.plnk`, `.wh..wh.aufs`): neither files nor whiteouts. */
const AUFS_OWN = '.wh..wh.'
/** Diagnostics of one layer about its structure: a million odd names need no million messages. */
const MOST_DIAGNOSTICS = 100

/** What a pass over a layer is asked for. */
export interface PassRequest {
  readonly readers: readonly LoadedReader[]
  readonly also?: LayerJob['also']
  readonly limits: Limits
}

/**
 * Takes the entries of one layer in their order (OCI image-spec, layer.md): runs readers over what they want, and notes every
 * path, link and whiteout. Bodies that only a later hard link asks for are left to a {@link SecondPass}.
 */
export class LayerPass implements TarHandler {
  readonly #dispatch: Dispatch
  readonly #also: ReadonlyMap<string, readonly Request[]> | undefined
  readonly #taking: Taking
  readonly #taker: BodyTaker
  readonly #limits: Limits
  readonly #paths: LayerPaths
  readonly #diagnostics: Diagnostic[] = []
  /** Bodies that went by before something asked for them, by the number of their entry. */
  readonly #missed = new Map<number, Request[]>()
  #entries = 0
  #unsaid = 0
  /** Entries whose names are absolute or climb above the root, and the first of them. */
  #strays = 0
  #firstStray = ''

  constructor({ readers, also, limits }: PassRequest) {
    this.#dispatch = compileDispatch(readers)
    this.#also = also === undefined ? undefined : alsoByPath(also, this.#dispatch)
    this.#taking = new Taking(readers)
    this.#taker = new BodyTaker(this.#taking, this.#dispatch, limits)
    this.#limits = limits
    this.#paths = new LayerPaths(limits.entries)
  }

  entry(entry: TarEntry): boolean {
    const number = this.#entries++
    const name = normaliseEntryName(entry.name)
    if (name === undefined) return false
    if (entry.name.startsWith('/') || leavesRoot(entry.name)) {
      if (this.#strays++ === 0) this.#firstStray = entry.name
    }
    if (name.includes('\0') || name.length > LONGEST_NAME) {
      const message = `an entry whose name holds a NUL or more than ${LONGEST_NAME} characters was left out`
      this.#say({ code: 'entry-name-invalid', message, effect: 'partial' })
      return false
    }
    if (this.#isMark(name)) return false
    const path = this.#paths.through(name)
    if (path === undefined) {
      const message = 'the folders on the way to this entry are links in a circle: it was left out'
      this.#say({ code: 'link-loop', message, path: name, effect: 'partial' })
      return false
    }
    return this.#place(path, entry, number)
  }

  foresees({ name, type, mode, sizeBytes }: TarEntry): 'nothing' | 'beginning' | 'all' {
    const path = type === 'file' ? normaliseEntryName(name) : undefined
    if (path === undefined) return 'nothing'
    const readers = this.#also === undefined ? this.#dispatch.byPath(path, mode) : NO_READERS
    if (this.#also?.has(path) === true || readers.some(({ wants }) => sizeBytes <= wants.maxBytes)) return 'all'
    return this.#also === undefined && this.#dispatch.looksInside(mode, sizeBytes) ? 'beginning' : 'nothing'
  }

  body(chunk: Uint8Array): void {
    this.#taker.write(chunk)
  }

  end(): void {
    this.#taker.end()
  }

  more(): boolean {
    return this.#taker.needsMore
  }

  problem(diagnostic: Diagnostic): void {
    this.#say(diagnostic)
  }

  /** Whether a second pass is needed. */
  get hasMissed(): boolean {
    return this.#missed.size > 0
  }

  /** A pass for the bodies that were missed, or undefined when there are none. Its findings join this pass's facts. */
  second(): SecondPass | undefined {
    return this.#missed.size === 0
      ? undefined
      : new SecondPass(this.#missed, this.#taking, this.#dispatch, this.#limits)
  }

  /** What was found, encoded. To be called once all passes are over. */
  facts(): Pick<LayerFacts, 'index' | 'rows' | 'diagnostics'> {
    const asked = this.#also
    const holds = (path: string, body: number): boolean => {
      const node = this.#paths.at(path)
      return node.kind === 'body' ? node.body === body : node.kind === 'other' && body === LOST
    }
    if (this.#strays > 0) {
      const count = this.#strays === 1 ? '1 entry has a name' : `${this.#strays} entries have names`
      const message = `${count} outside the root, absolute or by \`..\`: taken as below the root, as runtimes do`
      const path = this.#firstStray.slice(0, LONGEST_NAME)
      this.#diagnostics.push({ code: 'entry-outside-root', message, path, effect: 'notice' })
    }
    if (this.#unsaid > 0) {
      const message = `${this.#unsaid} more problems of this kind`
      this.#diagnostics.push({ code: 'more-problems', message, effect: 'partial' })
    }
    // Rows first: the index takes the paths away.
    const rows = this.#taking.rows(asked === undefined ? holds : (as, body) => this.#holdsAlso(as, body))
    const taken = this.#paths.takeIndex()
    const index = encodeIndex(taken, this.#diagnostics)
    freeMemory(taken.entries)
    return { index, rows, diagnostics: this.#diagnostics }
  }

  close(): void {
    this.#taker.close()
  }

  /** For rows under another path: whether any entry that was asked for as `as` still leads to that body. */
  #holdsAlso(as: string, body: number): boolean {
    if (body === LOST) return true
    for (const [path, requests] of this.#also ?? []) {
      const node = this.#paths.at(path)
      if (node.kind === 'body' && node.body === body && requests.some((request) => request.as === as)) return true
    }
    return false
  }

  /** Whiteouts (image-spec, layer.md, "Whiteouts") are notes about older layers, not files. */
  #isMark(name: string): boolean {
    const start = name.lastIndexOf('/') + 1
    if (!name.startsWith(WHITEOUT, start)) return false
    const base = name.slice(start)
    const folder = this.#paths.through(name.slice(0, Math.max(0, start - 1)))
    if (folder === undefined) return true
    if (base === OPAQUE) this.#paths.addOpaque(folder)
    else if (!base.startsWith(AUFS_OWN) && base.length > WHITEOUT.length) {
      this.#paths.addWhiteout(`${folder === '' ? '' : `${folder}/`}${base.slice(WHITEOUT.length)}`)
    }
    return true
  }

  #place(path: string, entry: TarEntry, number: number): boolean {
    switch (entry.type) {
      case 'file': {
        this.#paths.addFile(path, number)
        const { mode, sizeBytes } = entry
        const probe = this.#also === undefined ? path : undefined
        return this.#taker.begin(this.#requests(path, mode), { mode, sizeBytes, body: number }, probe)
      }
      case 'directory':
        this.#paths.addFolder(path)
        return false
      case 'symlink':
        this.#paths.addSymlink(path, entry.linkName)
        return false
      case 'hardlink':
        this.#hardLink(path, entry)
        return false
      default:
        this.#paths.addOther(path)
        this.#taking.lose(
          this.#requests(path, entry.mode),
          LOST,
          'not-a-file',
          `a ${KINDS[entry.type]} lies where a file is read`,
        )
        return false
    }
  }

  #requests(path: string, mode: number): readonly Request[] {
    if (this.#also !== undefined) return this.#also.get(path) ?? NOTHING
    const readers = this.#dispatch.byPath(path, mode)
    return readers.length === 0 ? NOTHING : [{ as: path, readers }]
  }

  #hardLink(path: string, entry: TarEntry): void {
    const name = normaliseEntryName(entry.linkName)
    const target = name === undefined || name.includes('\0') ? undefined : this.#paths.through(name)
    if (target === undefined) {
      this.#paths.addOther(path)
      const message = 'a hard link to the root, or into links that run in a circle, was left out'
      this.#say({ code: 'hard-link-invalid', message, path, effect: 'partial' })
      return
    }
    const leadsTo = this.#paths.addHardLink(path, target)
    if (leadsTo.kind !== 'body') return
    const requests = this.#requests(path, entry.mode)
    if (requests.length === 0) return
    const missed = this.#missed.get(leadsTo.body)
    if (missed === undefined) this.#missed.set(leadsTo.body, [...requests])
    else missed.push(...requests)
  }

  #say(diagnostic: Diagnostic): void {
    if (this.#diagnostics.length < MOST_DIAGNOSTICS) this.#diagnostics.push(diagnostic)
    else this.#unsaid++
  }
}

/** Goes over the same layer again for bodies that hard links asked for after they had passed; done after the last of them. */
export class SecondPass implements TarHandler {
  readonly #wanted: ReadonlyMap<number, readonly Request[]>
  readonly #taker: BodyTaker
  readonly #last: number
  #entries = 0
  #done = false

  constructor(wanted: ReadonlyMap<number, readonly Request[]>, taking: Taking, dispatch: Dispatch, limits: Limits) {
    this.#wanted = wanted
    this.#taker = new BodyTaker(taking, dispatch, limits)
    this.#last = [...wanted.keys()].reduce((a, b) => Math.max(a, b), 0)
  }

  /** Whether all that was wanted has passed. */
  get done(): boolean {
    return this.#done
  }

  entry(entry: TarEntry): boolean {
    const body = this.#entries++
    if (body > this.#last) this.#done = true
    const requests = this.#wanted.get(body)
    if (requests === undefined) return false
    const needed = this.#taker.begin(requests, { mode: entry.mode, sizeBytes: entry.sizeBytes, body })
    if (!needed && body === this.#last) this.#done = true
    return needed
  }

  foresees(_: TarEntry, number: number): 'nothing' | 'all' {
    return this.#wanted.has(number) ? 'all' : 'nothing'
  }

  body(chunk: Uint8Array): void {
    this.#taker.write(chunk)
  }

  end(): void {
    this.#taker.end()
    if (this.#entries > this.#last) this.#done = true
  }

  more(): boolean {
    return this.#taker.needsMore
  }

  /** Said already by the first pass. */
  problem(): void {}

  close(): void {
    this.#taker.close()
  }
}

const NOTHING: readonly Request[] = []
const NO_READERS: readonly AnyReader[] = []
/** Stands for the body of what has none. */
const LOST = -1
const KINDS = { character: 'device', block: 'device', fifo: 'pipe', other: 'thing of no known kind' } as const

function alsoByPath(also: NonNullable<LayerJob['also']>, dispatch: Dispatch): ReadonlyMap<string, readonly Request[]> {
  const byPath = new Map<string, Request[]>()
  for (const { path, as } of also) {
    const request = { as, readers: dispatch.byPath(as, 0o755) }
    const requests = byPath.get(path)
    if (requests === undefined) byPath.set(path, [request])
    else requests.push(request)
  }
  return byPath
}
