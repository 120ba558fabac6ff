import type { Digest } from '../../model/digest.ts'
import type { TarEntry, TarEntryType } from '../types.ts'

/** What tables of contents call the kinds of entries (stargz-snapshotter, docs/estargz.md; soci-snapshotter, ztoc). */
export const ENTRY_TYPES: ReadonlyMap<unknown, TarEntryType> = new Map<unknown, TarEntryType>([
  ['reg', 'file'],
  ['dir', 'directory'],
  ['symlink', 'symlink'],
  ['hardlink', 'hardlink'],
  ['char', 'character'],
  ['block', 'block'],
  ['fifo', 'fifo'],
])

/** A layer as its table of contents describes it, judged: whatever it says lies inside the blob, is in order, and can be proven. */
export interface Contents {
  /** In the order of the archive, each name once. */
  readonly entries: readonly ContentEntry[]
  /** Parts of the blob that unpack by themselves. */
  readonly blocks: readonly Block[]
}

export interface ContentEntry {
  readonly entry: TarEntry
  /** Where a file's bytes lie, from its first to its last. */
  readonly pieces: readonly Piece[]
  /** Proves the file as a whole, where its pieces are not proven one by one. */
  readonly digest?: Digest
  /** Its bytes, where they are here already. */
  readonly bytes?: Uint8Array
}

export interface Block {
  readonly offset: number
  readonly length: number
  readonly packed: 'gzip' | 'zstd' | Checkpoint
  /** As far as its unpacked bytes are asked for by any piece. */
  readonly unpackedBytes: number
  /** Of its bytes as they lie in the blob. */
  readonly digest?: Digest
}

/** The state of a decompressor in the middle of a gzip member (zlib, examples/zran.c). */
export interface Checkpoint {
  /** How many bits of the block's first byte, its highest, belong to it; 0 when all do. */
  readonly bits: number
  /** The 32 KiB that were unpacked before. */
  readonly window: Uint8Array
}

export interface Piece {
  /** Index of its block; undefined for zeros, which lie nowhere. */
  readonly block: number | undefined
  /** Where it begins in the unpacked block. */
  readonly inner: number
  readonly length: number
  readonly digest?: Digest
}

/** What one pass over a layer leaves for the next one: the table, or why there is none. */
export interface KeptTable {
  table?: Contents | Unfit
}

/** Why a layer cannot be read by its table of contents. Never seen by a user but in `--debug`. */
export class Unfit extends Error {}

/** Unpacked bytes of a table: a tar archive of that many entries is read as quickly as a larger one. */
export const TABLE_BYTES = 64 * 1024 ** 2
