import type { DocumentStore, Image, LayerLocator, RemoteBytes, Tree } from '../image/index.ts'
import type { ByteSource } from '../lib/byte-source.ts'
import type { Limits } from '../lib/limits.ts'
import type { Diagnostic } from '../model/diagnostic.ts'
import type { Digest } from '../model/digest.ts'
import type { LayerReference } from '../model/evidence.ts'

export type BodyDigest = 'md5' | 'sha1' | 'sha256'

/** One condition on a path; all that are given must hold. Paths are normalised: no leading slash, `/`-separated. */
export interface PathCondition {
  /** The whole path. */
  readonly path?: string
  /** The last segment. */
  readonly name?: string
  /** What the last segment begins with: `requirements`. */
  readonly prefix?: string
  /** What the last segment ends with. */
  readonly suffix?: string
  /** The folder that holds it, at any depth below: `var/lib/dpkg/info`. */
  readonly under?: string
  /** A segment or run of segments anywhere before the name: `node_modules`. */
  readonly inside?: string
}

/**
 * Compiled over all readers into one dispatch. A file is taken when a condition of `any` holds, or, where `magic` is given, when
 * it begins with one of its byte strings; `executable` narrows both. Path and mode decide first; `magic` sees the first 4 KiB of what is left.
 */
export interface Wants {
  readonly any: readonly PathCondition[]
  readonly magic?: { readonly bytes: readonly Uint8Array[]; readonly minBytes?: number }
  /** Only files with an executable bit. */
  readonly executable?: boolean
  /** A larger body is a diagnostic, not a read. */
  readonly maxBytes: number
  /** Whether losing such a file blinds the answer (a package database) or only part of it. */
  readonly loss: 'blind' | 'partial'
  /**
   * Digests of the body that go into the row, for proof of ownership: dpkg records MD5, apk SHA-1, rpm SHA-256. They are taken only
   * where the reader found something.
   */
  readonly digests?: readonly BodyDigest[]
}

export interface ReadResult<Fact> {
  readonly facts: readonly Fact[]
  readonly diagnostics: readonly Diagnostic[]
}

interface ReaderBase<Fact> {
  /** Unique over all readers: `dpkg-status`. */
  readonly id: string
  /** Raised whenever the facts for the same bytes could change. */
  readonly version: number
  /** What of the settings changes its facts, as text: facts that were read with one setting say nothing about another. */
  readonly options?: string
  readonly wants: Wants
  /** Keys by which a record inside this file is followed from layer to layer (a package's name, version, architecture). */
  keys?(fact: Fact): readonly string[]
}

/**
 * Reads one kind of file. Its facts depend on path, mode and bytes alone: they name no layer and no image, and are kept for the
 * layer for ever, with their diagnostics, under (diff ID, reader id, reader version). A fact is plain data that
 * `v8.serialize` takes (no functions, no class instances; Uint8Array is welcome and must own its buffer).
 */
export interface FileReader<Fact> extends ReaderBase<Fact> {
  /** Synchronous; the bytes are valid during the call only and shared with other takers. May throw: that becomes a diagnostic by `wants.loss`. */
  read(file: FileBytes): ReadResult<Fact>
}

export interface FileBytes {
  readonly path: string
  readonly sizeBytes: number
  readonly mode: number
  readonly bytes: Uint8Array
}

/** For databases, archives and large binaries: the body is in memory up to 16 MiB, beyond it in an unlinked temporary file. */
export interface RandomReader<Fact> extends ReaderBase<Fact> {
  readRandom(file: RandomFile): ReadResult<Fact>
}

/** Synchronous random access: readers run in worker threads, where blocking is free. */
export interface RandomFile {
  readonly path: string
  readonly sizeBytes: number
  readonly mode: number
  /** The bytes from `offset`, `length` of them or fewer at the end; a view or a copy, valid during the call only. */
  at(offset: number, length: number): Uint8Array
  /** As {@link ByteSource} has it. */
  readonly once?: ByteSource['once']
}

/**
 * A reader whose code is loaded where files are read: whoever only needs to know what is wanted (a scan of known layers, a list) does
 * not pay for its parser. Its `load` imports a module and hands out what the reader's `read` would be.
 */
export interface LazyReader<Fact> extends ReaderBase<Fact> {
  readonly load: () => Promise<FileReader<Fact>['read']>
}

/** As {@link LazyReader}, for random access. */
export interface LazyRandomReader<Fact> extends ReaderBase<Fact> {
  readonly loadRandom: () => Promise<RandomReader<Fact>['readRandom']>
}

/** A reader whose code is here: what passes over layers takes no other. */
export type LoadedReader = FileReader<unknown> | RandomReader<unknown>

export type AnyReader = FileReader<unknown> | RandomReader<unknown> | LazyReader<unknown> | LazyRandomReader<unknown>

/** What one reader found in one file of one layer. */
export interface Row<Fact = unknown> {
  readonly path: string
  readonly mode: number
  readonly sizeBytes: number
  readonly facts: readonly Fact[]
  readonly digests?: Readonly<Partial<Record<BodyDigest, string>>>
}

/** What a worker is given: plain data. `expect` is verified while streaming. */
export interface LayerJob {
  readonly locator: LayerLocator
  /** How the layer is named in errors: its diff ID or blob, and its position. */
  readonly name: string
  readonly expect: { readonly diffId?: Digest; readonly blob?: Digest }
  /** Under what its facts are kept, where that is not the diff ID. */
  readonly factsKey?: string
  /** Readers to run, by id; the worker has the list. */
  readonly readers: readonly string[]
  /**
   * Read these entries whatever `wants` says, as if they lay at `as`: links that lead to unwanted paths, and hard links into other
   * layers. A job with `also` reads nothing else; its rows carry `as` for a path and are kept apart from those of the layer.
   */
  readonly also?: readonly { readonly path: string; readonly as: string }[]
  readonly limits: Limits
}

/** A tree to be read as one layer: plain data. `diffId` of its facts means nothing, and they are never stored. */
export interface TreeJob
  extends Pick<LayerJob, 'readers' | 'also' | 'limits'>,
    Pick<ReadOptions, 'skipFiles' | 'skipDirs'> {
  readonly root: string
  readonly name: string
}

/** What it gives back. Rows are encoded in the worker, transferred, and stored as they are; an incomplete one never is. */
export interface LayerFacts {
  readonly diffId: Digest
  /** Under what they are stored where that is not the diff ID: `ImageLayer.factsKey`. */
  readonly key?: string
  readonly blob?: Digest
  /** False when the layer could not be read to its end, or lied: then it is not stored. */
  readonly complete: boolean
  /** Encoded `LayerIndex`, and `diagnostics` with it. */
  readonly index: Uint8Array
  /**
   * One for each reader, also when it found nothing: "read, nothing there" differs from "not read". A transient one says something
   * of this machine (a full disk) and is never stored.
   */
  readonly rows: readonly {
    readonly reader: string
    readonly version: number
    /** As its reader's. */
    readonly options?: string
    readonly encoded: Uint8Array
    readonly transient?: boolean
  }[]
  /** About the layer as a whole (a bad gzip, a hard link to nowhere); those about a file stand in its reader's row. */
  readonly diagnostics: readonly Diagnostic[]
}

/** What the merge needs of a layer, whoever wanted what: small, binary, versioned like a reader. */
export interface LayerIndex {
  /** 128-bit hashes of all paths, sorted, the last bit set for folders: an unwanted newer file hides a wanted older one. */
  readonly entries: Uint8Array
  /** Folders that no entry names, though something lies in them: a link of an older layer in their place is followed, not replaced. */
  readonly implied: readonly string[]
  readonly whiteouts: readonly string[]
  readonly opaque: readonly string[]
  /** Symbolic links with their target as written; hard links only when their target, normalised, is not in this layer. */
  readonly links: readonly { readonly path: string; readonly to: string; readonly hard: boolean }[]
}

/** All layers put together. A tree read as it lies is one layer. */
export interface MergedTree {
  /** The real path of `path` after all symbolic links, inside the root; undefined when it is not there or the links run in a circle. */
  resolve(path: string): string | undefined
  /** Whether this layer's copy (index from the oldest, 0) is the one that survives. */
  wins(path: string, layer: number): boolean
  /** Index of the oldest layer from which on the record has been there without a break; a whiteout of the file is a break. */
  since(reader: string, path: string, key: string): number | undefined
}

/** A row with where it stands in the image. */
export interface PlacedRow<Fact = unknown> extends Row<Fact> {
  readonly reader: string
  /** Index of the layer. */
  readonly layer: number
  /** Whether this copy is the one in the final image. */
  readonly wins: boolean
}

/** A whole target, read. */
export interface ReadTarget {
  readonly layers: readonly (LayerReference & {
    readonly sizeBytes?: number
    readonly known: boolean
    readonly complete: boolean
  })[]
  /** By reader id; all layers' rows, hidden copies included, in layer order then path order. */
  readonly rows: ReadonlyMap<string, readonly PlacedRow[]>
  readonly tree: MergedTree
  /** Everything that was not done, of winning files and of layers. */
  readonly diagnostics: readonly Diagnostic[]
  /** Set when the image was only known at the end (a sequential archive). */
  readonly image?: Image
  /**
   * Reads more files of the final image by their paths, with a reader whose `wants` take them: what another file only leads to. Links are
   * followed; what was read is kept for the layer. A file that is not there, cannot be had any more, or only by reading much again, has
   * no row, nor has one in which the reader found nothing. Rows carry the real path.
   */
  readMore?(paths: readonly string[], reader: AnyReader): Promise<readonly PlacedRow[]>
}

/** Where facts of layers are kept between runs. Safe for many processes; losing it costs time only. */
export interface FactStore extends DocumentStore {
  /**
   * The stored index and rows of a layer (diff ID or facts key), without those that are missing or were made by another version or
   * with other options; undefined when nothing of the layer is known.
   */
  load(key: string, readers: readonly AnyReader[]): StoredLayer | undefined
  /** Keeps what is complete, beside what other readers found before. False when it could not be kept. */
  store(facts: LayerFacts): boolean
  /** Documents of a sequential archive by the digest of the whole file, so that a known one need not be unpacked. */
  loadArchive(file: Digest): Uint8Array | undefined
  storeArchive(file: Digest, encoded: Uint8Array): void
  /** Where processes that have this store in common say what they are reading, so that none reads what another is about to store. */
  claims?(): Promise<Claims | undefined>
  /** A second place, farther away, that is asked for what this one lacks and told what was read. */
  readonly shared?: SharedFacts
  /** What went wrong with the store itself so far (it could not be opened, it was damaged and began anew). It never fails a scan. */
  notices?(): readonly Diagnostic[]
  close(): void
}

export interface StoredLayer {
  readonly index: Uint8Array
  readonly rows: ReadonlyMap<string, Uint8Array>
}

/** Facts that several machines have in common: a folder on shared storage; a server or a registry would be another. */
export interface SharedFacts {
  /** As in {@link FactStore}. Never rejects but for `signal`: what is damaged or not ours is a notice, and not there. */
  load(key: string, readers: readonly AnyReader[], signal: AbortSignal): Promise<StoredLayer | undefined>
  /** Keeps the rows of all these readers. */
  store(key: string, layer: StoredLayer, readers: readonly AnyReader[]): Promise<void>
  loadArchive(file: Digest): Promise<Uint8Array | undefined>
  storeArchive(file: Digest, encoded: Uint8Array): Promise<void>
  notices(): readonly Diagnostic[]
}

/** Who reads what, among processes. A claim is the kernel's: it ends with its process, however that ends. */
export interface Claims {
  /**
   * Resolves when it is this process's turn, or when there is nothing to wait for any more: `known` found something, the wait would
   * not end, or claims cannot be made here. `waiting` is called now and then.
   *
   * @throws Failure, the reason of `signal`.
   */
  take<Found>(
    name: string,
    known: () => Found | undefined,
    signal: AbortSignal,
    waiting: () => void,
  ): Promise<ClaimTaken<Found>>
}

/** `found`: another process has read it. Otherwise it is to be read here, and `done` called after that, whatever came of it. */
export type ClaimTaken<Found> =
  | { readonly why: 'known'; readonly found: Found }
  /** `settled`: reading came to its end, and need not be tried again by whoever waits, unless what was read could not be stored. */
  | { readonly why: 'claimed' | 'alone'; done(settled: boolean): void }

/** Runs layer jobs: in worker threads in the command, in place in tests. */
export interface LayerRunner {
  /** `bytes` are those of a layer that is not on this machine: they stay with this thread, and the worker asks for them. */
  run(
    job: LayerJob,
    signal: AbortSignal,
    progress: (doneBytes: number) => void,
    bytes?: RemoteBytes,
  ): Promise<LayerFacts>
  /** Reads a tree as one layer, where the runner can do that elsewhere than in this thread. */
  runTree?(job: TreeJob, signal: AbortSignal, progress: (doneBytes: number) => void): Promise<LayerFacts>
  close(): Promise<void>
}

export interface ReadOptions {
  readonly readers: readonly AnyReader[]
  readonly runner: LayerRunner
  readonly store?: FactStore
  readonly limits: Limits
  readonly signal: AbortSignal
  /** Paths (globs, `**` crosses folders) of files and folders that are left out of the answer. */
  readonly skipFiles: readonly string[]
  readonly skipDirs: readonly string[]
  readonly progress: (event: ReadProgress) => void
  /** Says a choice, for `--debug`: what was known, and why something had to be read. */
  readonly explain?: (line: string) => void
}

export interface ReadProgress {
  readonly layer: number
  readonly name: string
  readonly doneBytes: number
  readonly totalBytes?: number
  /** `waiting`: another process reads it. */
  readonly state: 'reading' | 'known' | 'done' | 'waiting'
}

export type { Image, Tree }
