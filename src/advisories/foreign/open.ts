import { randomBytes } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { open, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { normaliseEntryName, TarReader } from '../../image/index.ts'
import { Failure } from '../../lib/failure.ts'
import { DEFAULT_LIMITS } from '../../lib/limits.ts'
import { unpacked } from '../feeds/unpacked.ts'
import { FOREIGN } from './index.ts'
import type { ForeignDatabase, ForeignKind } from './types.ts'

/** Bytes that a database may have, unpacked. Grype's has about one gigabyte. */
const MAX_BYTES = 16 * 1024 ** 3
const START_BYTES = 4096

/**
 * Opens another scanner's database: the file itself, or the archive (tar, also packed with gzip, zstd or xz) that it is published as, of
 * which the database is put into `folder` until it is closed. Undefined for a file that is neither. Throws `Failure` that names the file.
 */
export async function openForeign(path: string, folder: string, at: string): Promise<ForeignDatabase | undefined> {
  const start = await startOf(path)
  const kind = FOREIGN.find((one) => one.recognises(start))
  if (kind !== undefined) return kind.open(path, at)
  if (!isArchive(start)) return undefined
  const copy = join(folder, `new-foreign-${process.pid}-${randomBytes(6).toString('hex')}.db`)
  try {
    const inside = await extract(path, copy)
    if (inside === undefined) {
      await rm(copy, { force: true })
      return undefined
    }
    const database = await inside.open(copy, at)
    return {
      ...database,
      close() {
        database.close()
        void rm(copy, { force: true })
      },
    }
  } catch (cause) {
    await rm(copy, { force: true })
    if (cause instanceof Failure && cause.input === copy)
      throw new Failure(cause.code, cause.message.replaceAll(copy, path), { input: path, cause })
    throw cause
  }
}

async function startOf(path: string): Promise<Uint8Array> {
  const file = await open(path, 'r')
  try {
    const buffer = new Uint8Array(START_BYTES)
    const { bytesRead } = await file.read(buffer, 0, START_BYTES, 0)
    return buffer.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}

/** gzip, zstd, xz, or a tar by its magic at 257. */
function isArchive(start: Uint8Array): boolean {
  const begins = (...magic: readonly number[]) => magic.every((byte, index) => start[index] === byte)
  const tar = Buffer.from(start.subarray(257, 262)).toString('latin1') === 'ustar'
  return begins(0x1f, 0x8b) || begins(0x28, 0xb5, 0x2f, 0xfd) || begins(0xfd, 0x37, 0x7a, 0x58, 0x5a) || tar
}

/** Writes the first member that has the name of a database into `target`, and says of which kind it is. */
async function extract(path: string, target: string): Promise<ForeignKind | undefined> {
  let found: ForeignKind | undefined
  let ready: Uint8Array[] = []
  let done = false
  const reader = new TarReader(
    {
      entry(entry) {
        const name = entry.type === 'file' ? normaliseEntryName(entry.name) : undefined
        if (found !== undefined || name === undefined) return false
        found = FOREIGN.find(({ member }) => basename(name) === member)
        return found !== undefined
      },
      body: (chunk) => void ready.push(Buffer.from(chunk)),
      end: () => void (done = true),
      problem: () => {},
    },
    path,
    DEFAULT_LIMITS,
  )
  const file = createReadStream(path)
  try {
    await pipeline(
      Readable.from(
        (async function* () {
          for await (const chunk of unpacked(file, MAX_BYTES, path)) {
            reader.push(chunk)
            const chunks = ready
            ready = []
            yield* chunks
            if (done) return
          }
          reader.finish()
          yield* ready
        })(),
        { objectMode: false },
      ),
      createWriteStream(target, { flags: 'wx' }),
    )
  } finally {
    file.destroy()
  }
  return found
}
