import type { Failure } from '../lib/failure.ts'
import type { Limits } from '../lib/limits.ts'
import type { Diagnostic } from '../model/diagnostic.ts'
import type { Digest } from '../model/digest.ts'

/** How the bytes of a layer or archive are compressed. */
export type Encoding = 'plain' | 'gzip' | 'zstd'

/** Plain data by which a worker thread can open a layer itself: streams and functions do not cross threads. */
export type LayerLocator = FileLocator | RemoteLocator | SplitLocator | FolderLocator | LazyLocator

/** A layer's archive in a file on this machine. */
export interface FileLocator {
  readonly at: 'file'
  readonly path: string
  /** Where the layer begins in it, and how many bytes it has there. */
  readonly offset: number
  readonly length: number
  readonly encoding: Encoding
}

/** A layer's archive that comes through `ImageLayer.bytes`; how it is compressed is seen from its first bytes, not believed. */
export interface RemoteLocator {
  readonly at: 'remote'
  /** Bytes as stored, where known. More than that is never read. */
  readonly length?: number
}

/**
 * A layer that an engine has unpacked, with the description of its archive that the engine keeps (github.com/vbatts/tar-split):
 * headers are taken from the description, and only wanted bodies from the folder, each proven by its CRC-64.
 */
export interface SplitLocator {
  readonly at: 'tar-split'
  /** The description, JSON lines, gzip-compressed. */
  readonly split: string
  /** Folders that hold the unpacked files: the layer's own first. */
  readonly roots: readonly string[]
}

/** A layer that an engine has unpacked for overlayfs and of which nothing else is kept: deletions are devices 0/0 and attributes. */
export interface FolderLocator {
  readonly at: 'folder'
  readonly root: string
}

/**
 * A layer that claims to have a table of contents: only wanted entries are fetched, by range, through `ImageLayer.bytes`. The table is
 * read and judged where the layer is read, so that a layer whose facts are known costs nothing; one that does not fit is read as a whole.
 */
export interface LazyLocator {
  readonly at: 'lazy'
  readonly format: 'estargz' | 'zstd-chunked' | 'soci'
  /** Bytes of the layer's blob. */
  readonly length: number
  /** Proves the table: digest of its JSON (eStargz), or of its bytes as they lie there (zstd:chunked, SOCI). */
  readonly tocDigest: Digest
  /** Where the table lies in `ImageLayer.bytes`, where the layer's own footer does not say it. */
  readonly tocAt?: { readonly offset: number; readonly length: number; readonly unpackedBytes?: number }
}

/** Bytes that only the main thread can get at: a registry's, an engine's. */
export interface RemoteBytes {
  /**
   * The bytes from `offset`, `length` of them or all that follow, in order, in pieces that the receiver owns; a connection that breaks
   * is continued. Nothing is verified here: who reads it all does that. Rejects with a `Failure` that names the source.
   */
  open(
    range: {
      readonly offset: number
      readonly length?: number
      /** Fail rather than read and drop what lies before, where the source can only give the whole. */
      readonly strict?: boolean
      /** Why these are asked for where that is a choice, for `--debug`. */
      readonly because?: string
    },
    signal: AbortSignal,
  ): AsyncIterable<Uint8Array<ArrayBuffer>>
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
  /** Where the locator is `remote` or `lazy`: its bytes. */
  readonly bytes?: RemoteBytes
  /**
   * Under what its facts are kept, where that is not the diff ID: a layer read by its table of contents alone is proven by the digests
   * of table and blob (`toc:…`), and a table that lies must not speak for the diff ID that the image claims.
   */
  readonly factsKey?: string
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
  /** The folder that the command is started in; the root when undefined. */
  readonly workingDir?: string
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
 * An archive that cannot be jumped about in: one sequential stream with its manifest at the end, read once, in the order it comes. It is
 * a file that is compressed as a whole, or what an engine exports.
 * Layers are read as they pass, documents (JSON of up to `Limits.documentBytes`) are kept, and `resolve` then says which image it was.
 */
export interface SequentialArchive {
  readonly reference: string
  /** Where its bytes come from. A stream is opened again, from its beginning, for every further pass. */
  readonly source:
    | { readonly at: 'file'; readonly path: string }
    | { readonly at: 'stream'; readonly bytes: RemoteBytes }
  readonly encoding: Encoding
  /**
   * The image, where it is known before anything is read, without locators: when the facts of all its layers are known, the archive is
   * not opened at all.
   */
  readonly expected?: Image
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

/** A container: the image that it was made from, and what has been written in it since. */
export interface ContainerTarget {
  /** As the user named it. */
  readonly reference: string
  /** `podman`, `docker`, `containerd`. */
  readonly engine: string
  readonly id: string
  /** Its name, or its ID where it has none. */
  readonly name: string
  /** The image, with its layers only. */
  readonly image: Image
  /** The folder that overlayfs writes to: what is not as in the image. */
  readonly upper: string
  /** Folders of the layers below, the newest first: where the image's own copy of a file is. */
  readonly lowers: readonly string[]
  readonly diagnostics: readonly Diagnostic[]
}

/** What a user can point at. Only an image has layers. */
export type Target =
  | { readonly kind: 'image'; readonly image: Image }
  | { readonly kind: 'sequential'; readonly archive: SequentialArchive }
  | { readonly kind: 'tree'; readonly tree: Tree }
  | { readonly kind: 'container'; readonly container: ContainerTarget }
  | { readonly kind: 'file'; readonly file: SingleFile }

/** What opening a file or folder needs. */
export interface LocalContext {
  readonly signal: AbortSignal
  readonly limits: Limits
  /** `os/architecture[/variant]`; the machine's own when it is not given and there is a choice. */
  readonly platform?: string
}

/** What opening anything needs. */
export interface OpenContext extends LocalContext {
  /** Credentials, sockets and configuration are looked for here. */
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly network: NetworkSettings
  readonly engines: EngineSettings
  /** Ids of the doors that may be asked, in this order; all in their own order when undefined (Trivy's `--image-src`). */
  readonly doors?: readonly string[]
  /** Says a choice to who asks for it with `--debug`: which credentials (never their value), which mirror, which door and why. One line. */
  readonly explain: (line: string) => void
  /** Documents that are named by their digest, kept between runs. */
  readonly documents?: DocumentStore
  /** Connections, tokens and opened databases that all targets of one run share. */
  readonly shared: SharedResources
}

/** How registries are reached. Credentials that the user gave for this run stand here and nowhere else. */
export interface NetworkSettings {
  /** No network at all: registries are not asked. */
  readonly offline: boolean
  readonly username?: string
  readonly password?: string
  /** A Bearer token, as it is. */
  readonly registryToken?: string
  /** Link-local and metadata addresses that may be reached all the same, as CIDR. */
  readonly allowAddresses: readonly string[]
  /** Registries (`host[:port]`) that may be spoken to over HTTP, and whose certificates need not be trusted; `*` for all. */
  readonly insecureRegistries: readonly string[]
  /** Read layers whole, also where a table of contents would do: a table may leave out what the archive holds. */
  readonly wholeLayers?: boolean
  /** Files with a Kubernetes pull secret. */
  readonly pullSecrets: readonly string[]
}

/** Where the engines of this machine lie, when it is not where they always lie. */
export interface EngineSettings {
  /** As `DOCKER_HOST`. */
  readonly dockerHost?: string
  /** As `CONTAINER_HOST`: podman's. */
  readonly podmanHost?: string
  readonly dockerRoot?: string
  /** A containers/storage graph root: podman's. */
  readonly podmanRoot?: string
  readonly containerdRoot?: string
  /** CRI-O's graph root. */
  readonly crioRoot?: string
}

/** Documents by the digest of their bytes: who takes one out verifies it. */
export interface DocumentStore {
  loadDocument(digest: Digest): Uint8Array | undefined
  storeDocument(digest: Digest, bytes: Uint8Array): void
}

/** What is made once and used by all targets of one run. */
export interface SharedResources {
  /** The thing of that name: made when first asked for, closed with the run. */
  once<Thing>(name: string, make: () => Thing, close?: (thing: Thing) => void | Promise<void>): Thing
}

/** An image's name, normalised as Docker does it (github.com/distribution/reference). */
export interface ImageName {
  /** As the user wrote it, without a door's prefix. */
  readonly text: string
  /** `docker.io`, `registry.example:5000`. */
  readonly domain: string
  /** `library/alpine`. */
  readonly path: string
  /** `latest` where neither tag nor digest is given. */
  readonly tag?: string
  readonly digest?: Digest
}

/** What a door says to a name: the image, or why it has none (not running, not readable, not held, other platform). */
export type DoorAnswer =
  | { readonly found: Target }
  /** `serious`: the user should read it even when another door has the image, or when none has: a denied permission, a wrong password. */
  | { readonly absent: string; readonly serious?: Failure }

/** One place where images are found by name: an engine of this machine, a registry. */
export interface ImageDoor {
  /** `docker`, `podman`, `containerd`, `cri-o`, `registry`. */
  readonly id: string
  /** What may stand before the name to force this door: `docker:`. */
  readonly prefix: string
  /** One line for `--help`. */
  readonly summary: string
  /**
   * The image of that name for the wanted platform. An answer `absent` lets the next door be asked.
   * @throws Failure when it is there and cannot be had: damaged storage, a registry that lies.
   */
  open(name: ImageName, reference: string, context: OpenContext): Promise<DoorAnswer>
  /** The platforms that the name has here, for `--all-platforms`, each with a reference that opens just that one. */
  platforms?(
    name: ImageName,
    context: OpenContext,
  ): Promise<readonly { readonly platform: string; readonly reference: string }[] | undefined>
  /** References of every image that it holds, for `--all`; undefined when the engine is not here. */
  list?(context: OpenContext): Promise<readonly string[] | undefined>
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
  open(reference: string, path: string, context: LocalContext): Promise<Target>
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
  /** The wanted body is complete, or no more of it was wanted. */
  end(): void
  /**
   * How much of the entry will probably be wanted, asked ahead and without effect, so that a source that pays for bytes can fetch
   * several bodies at once. A wrong answer costs time only. `number` counts the entries of the layer from 0.
   */
  foresees?(entry: TarEntry, number: number): 'nothing' | 'beginning' | 'all'
  /** Whether the rest of the wanted body is needed, once some of it has been given; a source that pays for bytes may stop there. */
  more?(): boolean
  problem(diagnostic: Diagnostic): void
}
