import zlib from 'node:zlib'
import { Failure } from '../../lib/failure.ts'
import type { Limits } from '../../lib/limits.ts'
import { createDecompression } from '../layer/decompression.ts'
import type { Block } from './contents.ts'
import { inflateFrom } from './zran.ts'

/** What may follow the wanted bytes in a block: the headers of the entries after it. */
const BEHIND_BYTES = 256 * 1024

/** Thrown out of a decompressor that has given all that was wanted. */
const ENOUGH = new Failure('block-complete', 'nothing more is wanted of this block')

/**
 * The first `unpackedBytes` of a block, or fewer where it has no more.
 * @throws Failure naming the layer: `gzip-corrupt`, `zstd-corrupt`, `gzip-truncated`, `zstd-truncated`.
 */
export async function unpackAll(
  packed: Uint8Array,
  block: Block,
  means: { readonly name: string; readonly limits: Limits },
): Promise<Uint8Array> {
  const { unpackedBytes } = block
  const bound = { maxOutputLength: unpackedBytes + BEHIND_BYTES }
  try {
    if (typeof block.packed === 'object') return inflateFrom(packed, block.packed, unpackedBytes)
    const chunkSize = Math.min(Math.max(unpackedBytes + 4096, 16 * 1024), 1024 ** 2)
    if (block.packed === 'gzip') return zlib.gunzipSync(packed, { ...bound, chunkSize })
    return zlib.zstdDecompressSync(packed, { ...bound, chunkSize })
  } catch (error) {
    if (typeof block.packed !== 'object' && (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE')
      return await firstOf(packed, block.packed, unpackedBytes, means)
    const format = block.packed === 'zstd' ? 'zstd' : 'gzip'
    const message = `the ${format} data at byte ${block.offset} is corrupt: ${(error as Error).message}`
    throw new Failure(`${format}-corrupt`, message, { input: means.name, cause: error })
  }
}

async function firstOf(
  packed: Uint8Array,
  encoding: 'gzip' | 'zstd',
  length: number,
  means: { readonly name: string; readonly limits: Limits },
): Promise<Uint8Array> {
  const parts: Buffer[] = []
  let wanted = length
  const decompression = createDecompression(encoding, {
    ...means,
    output: (chunk) => {
      parts.push(Buffer.from(chunk.subarray(0, wanted)))
      wanted -= Math.min(wanted, chunk.length)
      if (wanted === 0) throw ENOUGH
      return undefined
    },
  })
  try {
    await decompression.write(packed)
    await decompression.end()
  } catch (error) {
    if (error !== ENOUGH) throw error
  } finally {
    decompression.destroy()
  }
  return Buffer.concat(parts)
}
