import type { Limits } from '../lib/limits.ts'
import type { Diagnostic } from '../model/diagnostic.ts'
import type { Digest } from '../model/digest.ts'

/** How the bytes of a layer or archive are compressed. */
export type Encoding = 'plain' | 'gzip' | 'zstd'

/** Plain data by which a worker thread can open a layer itself: streams and functions do not cross threads. */
export interface LayerLocator {
  readonly at: 'file'
  /** The file on this machine. */
  readonly path: string
  /** Where the layer begins in it, and how many bytes it has there. */
  readonly offset: number
  readonly length: number
  readonly encoding: Encoding
}

export interface ImageLayer {
  /** From the oldest, 0. A diff ID may stand twice in an image; layers are told apart by index. */
  readonly index: number
  readonly diffId: Digest
  /** Digest of the bytes as they lie there (compressed or not), where the manifest states it: verified while streaming. */
  readonly blob?: Digest
  readonly createdBy?: string
  /** Bytes as stored. */
  readonly sizeBytes?: number
  /** Undefined when the layer is not here (a foreign layer, a missing blob): blind, with `absent` saying why. */
  readonly locator?: LayerLocator
  readonly absent?: string
}

export interface ImageConfig {
  readonly os: string
  readonly architecture: string
  readonly variant?: string
  readonly created?: string
  readonly user?: string
  readonly env: readonly string[]
  readonly entrypoint: readonly string[]
  readonly command: readonly string[]
  readonly labels: Readonly<Record<string, string>>
}

export interface Image {
  /** As the user named it. */
  readonly reference: string
  readonly tags: readonly string[]
  /** The manifest's digest, where the door knows it. */
  readonly digest?: Digest
  /** The config's digest: Docker's image ID. */
  readonly imageId: Digest
  readonly config: ImageConfig
  /** As in the manifest, oldest first. */
  readonly layers: readonly ImageLayer[]
  readonly diagnostics: readonly Diagnostic[]
}

/**
 * An archive compressed as a whole: one sequential stream with its manifest at the end, read once, in the order it comes.
 * Layers are read as they pass, documents (JSON of up to `Limits.documentBytes`) are kept, and `resolve` then says which image it was.
 */
export interface SequentialArchive {
  readonly reference: string
  readonly path: string
  readonly encoding: Exclude<Encoding, 'plain'>
  /**
   * Pure: the image, from what passed by. A layer's `locator` is not set; `archivePath` names the entry whose facts are its own.
   * @throws Failure when the archive holds no image, no image of that tag or platform, or lies.
   */
  resolve(passed: PassedEntries): ResolvedArchive
}

export interface PassedEntries {
  /** Small documents by entry name. */
  readonly documents: ReadonlyMap<string, Uint8Array>
  /** What was read as a layer, by entry name: the digest of its bytes as they lay in the archive, and unpacked. */
  readonly layers: ReadonlyMap<string, { readonly blob: Digest; readonly diffId: Digest }>
  /** Layers that could not be read, by entry name, and why. */
  readonly failed?: ReadonlyMap<string, string>
  /** Links between entries (docker save writes a layer that occurs twice as a link): name to target, both normalised. */
  readonly links: ReadonlyMap<string, string>
}

export interface ResolvedArchive {
  readonly image: Image
  /** For each layer of the image the entry that holds it. */
  readonly entries: readonly (string | undefined)[]
}

/** A directory or mounted root file system, read as it lies. */
export interface Tree {
  readonly reference: string
  readonly root: string
}

/** One package file (a lockfile, a package database), read by itself. */
export interface SingleFile {
  readonly reference: string
  readonly path: string
}

/** What a user can point at. Only an image has layers. */
export type Target =
  | { readonly kind: 'image'; readonly image: Image }
  | { readonly kind: 'sequential'; readonly archive: SequentialArchive }
  | { readonly kind: 'tree'; readonly tree: Tree }
  | { readonly kind: 'file'; readonly file: SingleFile }

export interface OpenContext {
  readonly signal: AbortSignal
  readonly limits: Limits
  /** `os/architecture[/variant]`; the machine's own when it is not given and there is a choice. */
  readonly platform?: string
}

/** One kind of target. The kind is recognised from content; a prefix (`docker-archive:`) forces it. */
export interface TargetOpener {
  readonly id: string
  /** What may stand before the reference to force this kind: `docker-archive`. */
  readonly prefix: string
  /** One line for `--help`. */
  readonly summary: string
  /** Cheap: looks at the file's kind and its first bytes, touches no network. */
  accepts(seen: SniffedPath): boolean
  /** @throws Failure naming the input. */
  open(reference: string, path: string, context: OpenContext): Promise<Target>
}

/** What a look at the path showed. */
export interface SniffedPath {
  readonly path: string
  readonly kind: 'file' | 'directory'
  /** For a file, its first 4 KiB, decompressed when it is gzip or zstd. */
  readonly head: Uint8Array
  readonly encoding: Encoding
  /** For a directory, the names in it (up to 10,000). */
  readonly names: readonly string[]
}

// ---------------------------------------------------------------- tar

export type TarEntryType = 'file' | 'directory' | 'symlink' | 'hardlink' | 'character' | 'block' | 'fifo' | 'other'

/** One entry of a tar archive, PAX and GNU extensions applied. */
export interface TarEntry {
  /** Decoded without loss by `decodePath`, as it stands in the archive (not normalised). */
  readonly name: string
  readonly type: TarEntryType
  /** Bytes of the file; for a sparse file its real size, holes included. */
  readonly sizeBytes: number
  readonly mode: number
  readonly uid: number
  readonly gid: number
  /** Seconds since 1970. */
  readonly mtime: number
  /** Target of a link, '' for others. */
  readonly linkName: string
  /** Parts of a sparse file that hold data; undefined for a file without holes. */
  readonly sparse?: readonly { readonly offset: number; readonly length: number }[]
}

/** Gets what a tar reader sees, in order. Everything is synchronous: this is the hot path. */
export interface TarHandler {
  /** Return true to get the body through `body`, false to have it skipped without a copy. */
  entry(entry: TarEntry): boolean
  /** A piece of the wanted body, holes filled with zeros; valid during the call only. */
  body(chunk: Uint8Array): void
  /** The wanted body is complete. */
  end(): void
  problem(diagnostic: Diagnostic): void
}
