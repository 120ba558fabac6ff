import { Buffer } from 'node:buffer'
import { createHash, randomBytes } from 'node:crypto'
import { closeSync, fsyncSync, openSync, readSync, renameSync, rmSync, writeSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { Failure } from '../lib/failure.ts'
import { openStored } from './database/read.ts'
import { databasePath } from './state.ts'

/**
 * A packed database: 128 bytes of header (`BULWARK ADVISORIES 1`, the SHA-256 and the size of the rest, spaces, a line feed),
 * then the database file as it is.
 */
const TITLE = 'BULWARK ADVISORIES 1'
const HEADER_BYTES = 128
const HEADER = /^BULWARK ADVISORIES 1\nsha256:([0-9a-f]{64})\n(\d{1,12})\n *\n$/
const MAX_BYTES = 64 * 1024 ** 3
const CHUNK = 1024 ** 2

export interface PackReport {
  readonly file: string
  readonly bytes: number
  /** `sha256:…` of the database inside. */
  readonly digest: string
  readonly records: number
}

/** Writes the whole database of a cache folder as one file, in place only when it is whole. Throws `Failure` that names what failed. */
export function packAdvisories(cacheDir: string, file: string): PackReport {
  const source = databasePath(cacheDir)
  const opened = openStored(source)
  const records = opened.status().ecosystems.reduce((sum, one) => sum + one.records, 0)
  // The old file stays readable by its open descriptor while an update renames a new one into its place.
  const temporary = join(dirname(file), `.${basename(file)}-${randomBytes(6).toString('hex')}`)
  try {
    const input = openSync(source, 'r')
    try {
      const output = openSync(temporary, 'wx', 0o644)
      try {
        const { digest, size } = copy(input, 0, output, HEADER_BYTES)
        const header = `${TITLE}\nsha256:${digest}\n${size}\n`
        writeSync(output, Buffer.from(`${header.padEnd(HEADER_BYTES - 1)}\n`), 0, HEADER_BYTES, 0)
        fsyncSync(output)
        renameSync(temporary, file)
        return { file, bytes: size + HEADER_BYTES, digest: `sha256:${digest}`, records }
      } finally {
        closeSync(output)
      }
    } finally {
      closeSync(input)
    }
  } catch (cause) {
    rmSync(temporary, { force: true })
    if (cause instanceof Failure) throw cause
    throw new Failure('advisory-pack', `cannot write ${file}: ${(cause as Error).message}`, { input: file, cause })
  } finally {
    opened.close()
  }
}

/** Whether a file begins as a packed database does. Throws when it cannot be read. */
export function isPacked(file: string): boolean {
  const descriptor = openSync(file, 'r')
  try {
    const start = Buffer.alloc(TITLE.length)
    return readSync(descriptor, start, 0, start.length, 0) === start.length && start.toString('latin1') === TITLE
  } finally {
    closeSync(descriptor)
  }
}

/** Unpacks into a new file `to` after checking size and checksum. Throws `Failure` that names the packed file. */
export function unpackAdvisories(file: string, to: string): void {
  const refuse = (why: string) => new Failure('advisory-pack', `${file}: ${why}`, { input: file })
  const input = openSync(file, 'r')
  try {
    const start = Buffer.alloc(HEADER_BYTES)
    readSync(input, start, 0, HEADER_BYTES, 0)
    const header = HEADER.exec(start.toString('latin1'))
    if (header === null) throw refuse('it is no packed advisory database, or its header is damaged')
    const expected = Number(header[2])
    if (expected > MAX_BYTES) throw refuse(`larger than ${MAX_BYTES} bytes`)
    const output = openSync(to, 'wx', 0o600)
    try {
      const { digest, size } = copy(input, HEADER_BYTES, output, 0, expected + 1)
      if (size !== expected)
        throw refuse(`it should hold ${expected} bytes and holds ${size < expected ? size : 'more'}`)
      if (digest !== header[1]) throw refuse('its checksum is wrong')
    } finally {
      closeSync(output)
    }
  } catch (error) {
    rmSync(to, { force: true })
    throw error
  } finally {
    closeSync(input)
  }
}

function copy(input: number, from: number, output: number, to: number, most = Number.POSITIVE_INFINITY) {
  const hash = createHash('sha256')
  const chunk = Buffer.allocUnsafe(CHUNK)
  let size = 0
  while (size < most) {
    const count = readSync(input, chunk, 0, Math.min(CHUNK, most - size), from + size)
    if (count === 0) break
    const part = chunk.subarray(0, count)
    hash.update(part)
    for (let done = 0; done < count; ) done += writeSync(output, part, done, count - done, to + size + done)
    size += count
  }
  return { digest: hash.digest('hex'), size }
}
