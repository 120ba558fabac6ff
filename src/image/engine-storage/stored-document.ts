import { closeSync, constants, fstatSync, openSync, readdirSync, readSync, statSync } from 'node:fs'
import { Failure } from '../../lib/failure.ts'
import { isAbsent, isDenied } from '../../lib/system-error.ts'

/** Lists of images and layers grow with what an engine holds: about 600 bytes for each. */
export const MOST_LIST_BYTES = 256 * 1024 * 1024

/**
 * A document of an engine's storage; undefined when there is none.
 * @throws Failure `storage-denied`, `storage-damaged` (not a file, or larger than `maxBytes`).
 */
export function readStored(path: string, maxBytes: number): Uint8Array | undefined {
  let file: number
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch (error) {
    if (isAbsent(error)) return undefined
    throw unreadable(path, error)
  }
  try {
    const stats = fstatSync(file)
    if (!stats.isFile()) throw damaged(path, 'is not a file')
    if (stats.size > maxBytes) throw damaged(path, `has ${stats.size} bytes, more than the ${maxBytes} allowed`)
    const bytes = new Uint8Array(stats.size)
    let done = 0
    for (let count = -1; done < bytes.length && count !== 0; done += count) {
      count = readSync(file, bytes, done, bytes.length - done, done)
    }
    return bytes.subarray(0, done)
  } catch (error) {
    throw unreadable(path, error)
  } finally {
    closeSync(file)
  }
}

/** Whether something is at that path, links followed. @throws Failure `storage-denied` where that may not be known. */
export function isStored(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined
  } catch (error) {
    if (isAbsent(error)) return false
    throw unreadable(path, error)
  }
}

/** Names in a folder, in order; none when it is not there. @throws Failure `storage-denied`. */
export function storedNames(path: string): readonly string[] {
  try {
    return readdirSync(path).sort()
  } catch (error) {
    if (isAbsent(error)) return []
    throw unreadable(path, error)
  }
}

/** JSON in bytes of a storage's document. @throws Failure `storage-damaged`. */
export function parseStored(path: string, bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    throw damaged(path, 'is not valid JSON')
  }
}

/** What is in the storage and should not be. */
export function damaged(path: string, what: string): Failure {
  return new Failure('storage-damaged', `${path} ${what}: the engine's storage is damaged`, {
    input: path,
    hints: ['remove the image from the engine and pull it again, or scan it from its registry or an archive'],
  })
}

/** The answer to a denied permission: which right is missing. */
export function denied(path: string, cause: unknown): Failure {
  return new Failure('storage-denied', `permission denied: ${path} is read by root, or with CAP_DAC_READ_SEARCH`, {
    input: path,
    hints: [
      'run bulwark as root (sudo bulwark scan …)',
      "storage of a user's own podman: podman unshare bulwark scan …",
    ],
    cause,
  })
}

function unreadable(path: string, error: unknown): Failure {
  if (error instanceof Failure) return error
  if (isDenied(error)) return denied(path, error)
  return new Failure('storage-unreadable', (error as Error).message, { input: path, cause: error })
}
