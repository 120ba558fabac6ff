import type { Digest } from './digest.ts'

/** A layer as findings name it. */
export interface LayerReference {
  readonly diffId: Digest
  /** From the oldest, 0. */
  readonly index: number
  /** The history command that made it (image-spec, config.md, `history[].created_by`). */
  readonly createdBy?: string
}

/** Where something was seen. Layer index and history command are joined in from the manifest, never stored with facts. */
export interface Evidence {
  /** Path inside the image or tree, `/`-separated without a leading slash; inside an archive `outer.jar!/inner/path`. */
  readonly path: string
  /** First and last line, 1-based, when the source is text. */
  readonly lines?: readonly [number, number]
  /** Position in the file, in bytes, when it is no text. */
  readonly offset?: number
  /** The layer whose copy was read. */
  readonly layer?: LayerReference
  /** The layer that brought the record: for a package database, usually older than the copy read. */
  readonly since?: LayerReference
  /** How sure we are that this is what it says, 0 to 1: 1 for a package database, less for a name in a binary. */
  readonly confidence: number
}
