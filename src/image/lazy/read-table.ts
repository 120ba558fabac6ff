import { hash } from 'node:crypto'
import zlib from 'node:zlib'
import { asFailure } from '../../lib/failure.ts'
import type { Limits } from '../../lib/limits.ts'
import type { Digest } from '../../model/digest.ts'
import { normaliseEntryName } from '../tar/names.ts'
import { TarReader } from '../tar/reader.ts'
import type { LazyLocator, RemoteBytes, TarEntry, TarHandler } from '../types.ts'
import { type ContentEntry, type Contents, TABLE_BYTES, Unfit } from './contents.ts'
import { estargzTablePlace, LONGEST_FOOTER } from './estargz-footer.ts'
import { parseJsonTable } from './json-table.ts'
import { readRange } from './range-stream.ts'

/** The end of an eStargz layer that is fetched with its footer: most tables lie in it. */
const TAIL_BYTES = 64 * 1024
/** Bytes of a SOCI table, which holds 32 KiB for each 4 MiB of its layer. */
const SOCI_BYTES = 256 * 1024 ** 2
/** The name of the table in the archive of an eStargz layer. */
const ESTARGZ_NAME = 'stargz.index.json'

interface TableMeans {
  readonly bytes: RemoteBytes
  readonly limits: Limits
  readonly signal: AbortSignal
}

/** Reads a layer's table of contents and judges it. @throws Unfit when the layer is to be read as a whole; Failure `interrupted`. */
export async function readTable(locator: LazyLocator, means: TableMeans): Promise<Contents> {
  try {
    switch (locator.format) {
      case 'estargz':
        return await estargzContents(locator, means)
      case 'zstd-chunked':
        return await chunkedContents(locator, means)
      case 'soci': {
        const { parseZtoc } = await import('./ztoc.ts')
        const table = await provenTable(locator, means, SOCI_BYTES)
        return parseZtoc(table, { blobBytes: locator.length, entries: means.limits.entries })
      }
    }
  } catch (error) {
    if (error instanceof Unfit) throw error
    const failure = asFailure(error)
    if (means.signal.aborted || failure.kind === 'interrupted') throw failure
    throw new Unfit(failure.message)
  }
}

async function chunkedContents(locator: LazyLocator, means: TableMeans): Promise<Contents> {
  const stated = locator.tocAt?.unpackedBytes ?? 0
  if (stated > TABLE_BYTES) throw new Unfit(`it has ${stated} bytes, more than ${TABLE_BYTES}`)
  const packed = await provenTable(locator, means, TABLE_BYTES)
  const json = unpackTable(() => zlib.zstdDecompressSync(packed, { maxOutputLength: Math.max(1, stated) }))
  // The table is the content of a frame that decompressors skip, whose header of 8 bytes stands before it.
  const payloadBytes = Math.max(0, (locator.tocAt?.offset ?? 0) - 8)
  return parseJsonTable(json, 'zstd', { payloadBytes, entries: means.limits.entries })
}

/** A table that is proven as it lies. */
async function provenTable(
  { tocAt, tocDigest }: LazyLocator,
  means: TableMeans,
  mostBytes: number,
): Promise<Uint8Array> {
  if (tocAt === undefined) throw new Unfit('nothing says where it lies')
  if (tocAt.length > mostBytes) throw new Unfit(`it has ${tocAt.length} bytes, more than ${mostBytes}`)
  const table = await readRange(means.bytes, tocAt.offset, tocAt.length, means.signal)
  prove(table, tocDigest)
  return table
}

function prove(table: Uint8Array, digest: Digest): void {
  const actual = `sha256:${hash('sha256', table)}`
  if (actual !== digest) throw new Unfit(`its digest is ${actual}, but the manifest states ${digest}`)
}

function unpackTable(unpack: () => Buffer): Buffer {
  try {
    return unpack()
  } catch (error) {
    const tooLarge = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE'
    throw new Unfit(tooLarge ? 'it unpacks to more than is allowed' : `it does not unpack: ${(error as Error).message}`)
  }
}

async function estargzContents(locator: LazyLocator, { bytes, limits, signal }: TableMeans): Promise<Contents> {
  const { length } = locator
  const tailAt = Math.max(0, length - TAIL_BYTES)
  const tail = await readRange(bytes, tailAt, length - tailAt, signal)
  const { offset, end } = estargzTablePlace(tail.subarray(-LONGEST_FOOTER), length)
  if (end - offset > TABLE_BYTES) throw new Unfit(`it has ${end - offset} bytes, more than ${TABLE_BYTES}`)
  const before = offset < tailAt ? await readRange(bytes, offset, tailAt - offset, signal) : new Uint8Array(0)
  const packed = Buffer.concat([before, tail.subarray(Math.max(0, offset - tailAt), end - tailAt)])
  const archive = unpackTable(() => zlib.gunzipSync(packed, { maxOutputLength: TABLE_BYTES }))
  const own = ownEntry(archive, limits)
  prove(own.bytes, locator.tocDigest)
  const contents = parseJsonTable(own.bytes, 'gzip', { payloadBytes: offset, entries: limits.entries })
  // The table is the last file of the archive as well: who unpacks the layer has it, and its diff ID covers it.
  if (contents.entries.some(({ entry }) => normaliseEntryName(entry.name) === ESTARGZ_NAME))
    throw new Unfit('it lists a file of its own name')
  return { ...contents, entries: [...contents.entries, own] }
}

/** The archive's first file, which must be the table. */
function ownEntry(archive: Uint8Array, limits: Limits): ContentEntry & { readonly bytes: Uint8Array } {
  let found: TarEntry | undefined
  const parts: Uint8Array[] = []
  const handler: TarHandler = {
    entry(entry) {
      if (found !== undefined) throw new Unfit('its archive holds more than the table')
      found = entry
      return true
    },
    body: (chunk) => void parts.push(Buffer.from(chunk)),
    end: () => {},
    problem: () => {},
  }
  const tar = new TarReader(handler, ESTARGZ_NAME, limits)
  tar.push(archive)
  tar.finish()
  if (found?.name !== ESTARGZ_NAME || found.type !== 'file') throw new Unfit(`its archive holds no ${ESTARGZ_NAME}`)
  return { entry: found, pieces: [], bytes: Buffer.concat(parts) }
}
