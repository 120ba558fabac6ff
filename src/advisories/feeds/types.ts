import type { OsvRecord, WeaknessFact } from '../types.ts'

/**
 * A publisher's own feed of advisories, beside OSV's bucket. Static data only: what reads it is loaded when it is fetched.
 * One folder below `feeds/` and one line in `feeds/index.ts` make one.
 */
export interface Feed {
  /** Stable, in kebab case: `oracle-oval`. Names the feed in the configuration of mirrors, in `advisories status` and in records' origins. */
  readonly id: string
  readonly title: string
  /** Who makes it. */
  readonly publisher: string
  /** SPDX expression, or a phrase that says what is stated. */
  readonly licence: string
  /** Where the publisher documents its form. */
  readonly documentation: string
  /** Ecosystems that its records speak about, without release, as OSV names them where OSV has a name: `Oracle Linux`, `Debian`. */
  readonly ecosystems: readonly string[]
  /** Where it is published: base addresses by name, `main` among them; a mirror replaces each. */
  readonly addresses: Readonly<Record<string, string>> & { readonly main: string }
  /** It says something about weaknesses, whatever has them, and nothing about packages. */
  readonly facts?: true
  /** For a feed that is fetched only when it is asked for: why. */
  readonly optIn?: string
  readonly load: () => Promise<FeedReader>
}

/** The part of a feed that knows its form. */
export interface FeedReader {
  /** The documents that make up the feed now, from its indices. Rejects with `Failure` where an index is not what it should be. */
  documents(io: FeedIo): Promise<readonly FeedDocument[]>
  /**
   * What one document says. Streams: neither the document nor its records are held at once. Throws `Failure`, naming the input, for
   * what is no such document (HTML, cut short, nothing in it); one wrong record among good ones is an item that says so.
   */
  read(document: OpenDocument): AsyncIterable<FeedItem>
}

/** What a feed may ask for while it lists its documents. */
export interface FeedIo {
  /** An index, unpacked when it is gzip, or undefined where there is none. `from` names one of the feed's addresses (`main`). */
  bytes(path: string, maxBytes: number, from?: string): Promise<Uint8Array | undefined>
  /** Time of this update, ISO. */
  readonly at: string
  /** Marker of every document that is held already, by its path. */
  readonly held: ReadonlyMap<string, string>
}

/** One document of a feed. */
export interface FeedDocument {
  /** Relative to its address, with a query where it has one; stable, since it names what is held. */
  readonly path: string
  /** Which of the feed's addresses; `main` unless said. */
  readonly from?: string
  /** What changes whenever the document does (a digest, a time of the index): while it stays, nothing is asked. Without one, a conditional request decides. */
  readonly marker?: string
  /** Bytes that it may have, unpacked. */
  readonly maxBytes: number
  /**
   * `whole` (the default): its records are the ones that it holds now. `increment`: its records are added to the feed's or replace
   * those of the same id, and stay when it goes. `archive`: a tar, each of whose files is a document by its own path (`read` is
   * called for each, with `path` as in the archive). `gone`: the publisher took it back, also out of an archive.
   */
  readonly kind?: 'whole' | 'increment' | 'archive' | 'gone'
  /** Taken as "there is no such document now" when it is not found, instead of as a failure. */
  readonly optional?: boolean
}

/** A document while it is read. */
export interface OpenDocument {
  /** As listed, or within its archive. */
  readonly path: string
  /** As errors name it: address without credentials, or path. */
  readonly input: string
  /** Its bytes, unpacked (gzip, bzip2, xz, zstd) and bounded. */
  readonly chunks: AsyncIterable<Uint8Array>
  /** Time of fetching, ISO. */
  readonly at: string
}

/**
 * A record, or why one is none. Records follow OSV's schema; what OSV has no field for stands in `ecosystem_specific` of the affected
 * entry, see {@link StatedStatus}.
 */
export type FeedItem =
  | { readonly record: OsvRecord }
  | { readonly wrong: string; readonly reason: string }
  /** A fact about a weakness that is no advisory: a step towards exploitation, SSVC. */
  | { readonly fact: WeaknessFact }
