import { Buffer } from 'node:buffer'
import { normaliseEntryName, TarReader } from '../../image/index.ts'
import { DEFAULT_LIMITS } from '../../lib/limits.ts'

/** A regular file of an archive. */
export interface ArchiveFile {
  readonly name: string
  readonly bytes: Uint8Array
}

/**
 * The regular files of a tar, one after another, each with at most `maxFile` bytes: a larger one is given as its name alone in
 * `tooLarge`. Names that lead out of the archive are passed over. Throws `Failure` for what is no tar or is cut short.
 */
export async function* archiveFiles(
  chunks: AsyncIterable<Uint8Array>,
  input: string,
  maxFile: number,
  tooLarge: (name: string) => void,
): AsyncGenerator<ArchiveFile> {
  let complete: ArchiveFile[] = []
  let name = ''
  let parts: Uint8Array[] = []
  const reader = new TarReader(
    {
      entry(entry) {
        const normal = entry.type === 'file' ? normaliseEntryName(entry.name) : undefined
        if (normal === undefined) return false
        if (entry.sizeBytes > maxFile) {
          tooLarge(normal)
          return false
        }
        name = normal
        parts = []
        return true
      },
      body: (chunk) => void parts.push(Buffer.from(chunk)),
      end: () => void complete.push({ name, bytes: Buffer.concat(parts) }),
      problem: () => {},
    },
    input,
    DEFAULT_LIMITS,
  )
  for await (const chunk of chunks) {
    // In small pieces, so that few files wait at a time.
    for (let at = 0; at < chunk.length; at += PIECE) {
      reader.push(chunk.subarray(at, at + PIECE))
      if (complete.length === 0) continue
      const ready = complete
      complete = []
      yield* ready
    }
  }
  reader.finish()
  yield* complete
}

const PIECE = 64 * 1024
