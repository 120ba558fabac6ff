import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { MAX_SHARD_BYTES } from './manifest.ts'

/** The largest window that a decoder takes unasked on 64-bit machines (https://www.rfc-editor.org/rfc/rfc8878#name-window-descriptor). */
const WINDOW_LOG = 27

/** Bytes beyond which no delta is made: old and new have to fit into the window together. */
export const MAX_DELTA_BYTES = 2 ** (WINDOW_LOG - 1)

/** How many bits of table it takes to remember every place of so many bytes. */
function tableLog(bytes: number): number {
  return Math.min(26, Math.max(16, Math.ceil(Math.log2(bytes + 1))))
}

/** A file, packed. The same bytes give the same. */
export function pack(content: Uint8Array): Uint8Array {
  return zstdCompressSync(content, { params: { [constants.ZSTD_c_compressionLevel]: 9 } })
}

/** The inverse of {@link pack}, at most `bytes` long. Throws zlib's error. */
export function unpack(packed: Uint8Array, bytes: number): Uint8Array {
  return zstdDecompressSync(packed, { maxOutputLength: Math.max(1, Math.min(bytes, MAX_SHARD_BYTES)) })
}

/**
 * What makes `next` from `previous`: zstd with the older file as its dictionary. The tables are made large enough to find every place of
 * it: by default they remember its end only.
 */
export function makeDelta(previous: Uint8Array, next: Uint8Array): Uint8Array {
  const log = tableLog(previous.length + next.length)
  return zstdCompressSync(next, {
    dictionary: previous,
    params: {
      [constants.ZSTD_c_compressionLevel]: 9,
      [constants.ZSTD_c_windowLog]: Math.min(WINDOW_LOG, Math.max(20, tableLog(previous.length + next.length) + 1)),
      [constants.ZSTD_c_hashLog]: log,
      [constants.ZSTD_c_chainLog]: Math.min(log + 1, 27),
    },
  })
}

/** The file that a delta makes from an older one, at most `bytes` long. Throws zlib's error where it does not fit. */
export function applyDelta(previous: Uint8Array, delta: Uint8Array, bytes: number): Uint8Array {
  return zstdDecompressSync(delta, {
    dictionary: previous,
    maxOutputLength: Math.max(1, Math.min(bytes, MAX_SHARD_BYTES)),
    params: { [constants.ZSTD_d_windowLogMax]: WINDOW_LOG },
  })
}
