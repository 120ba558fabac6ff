import { Buffer } from 'node:buffer'
import { closeSync, constants, fstatSync, openSync, readSync, realpathSync } from 'node:fs'
import { Failure } from '../../lib/failure.ts'
import { encodePath } from '../../lib/path-text.ts'
import { targetFailure } from '../open/sniff.ts'

/** A regular file of a tree, open. Synchronous: meant for a worker. */
export interface TreeFile {
  readonly sizeBytes: number
  readonly mode: number
  /** Fills `into` from `offset` on; returns the bytes read, fewer at the end of the file. @throws Failure `tree-unreadable`. */
  read(into: Uint8Array, offset: number): number
  close(): void
}

/**
 * Opens a regular file of the tree below `root` by its path from there. The file itself may be no symbolic link, and folders on the way
 * that are links must lead to something inside the root. Pipes and devices are refused without being waited for.
 * @throws Failure `leaves-root`, `not-a-regular-file`, `target-unreadable`, `no-such-target`.
 */
export function openTreeFile(root: string, path: string): TreeFile {
  const bytes = Buffer.from(encodePath(path))
  const slash = bytes.lastIndexOf(0x2f)
  const name = bytes.subarray(slash + 1)
  if (name.length === 0 || name.equals(DOT) || name.equals(DOTS) || bytes.includes(0)) {
    throw new Failure('not-a-regular-file', 'is not the path of a file', { input: path })
  }
  let file: number
  try {
    // The other realpath turns bytes into text and loses those that are no UTF-8.
    const realRoot = realpathSync.native(Buffer.from(root), 'buffer')
    const parent = realpathSync.native(
      Buffer.concat([realRoot, SLASH, bytes.subarray(0, Math.max(0, slash)), SLASH, DOT]),
      'buffer',
    )
    if (!isInside(realRoot, parent)) {
      throw new Failure('leaves-root', 'its folder is a link that leads out of the root', { input: path })
    }
    const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
    file = openSync(Buffer.concat([parent, SLASH, name]), flags)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ELOOP') throw notRegular(path)
    if ((error as NodeJS.ErrnoException).code === 'ENXIO') throw notRegular(path)
    throw targetFailure(path, error)
  }
  const stats = fstatSync(file)
  if (!stats.isFile()) {
    closeSync(file)
    throw notRegular(path)
  }
  return {
    sizeBytes: stats.size,
    mode: stats.mode & 0o7777,
    read: (into, offset) => readFully(file, into, offset, path),
    close: () => closeSync(file),
  }
}

const SLASH = Buffer.from('/')
const DOT = Buffer.from('.')
const DOTS = Buffer.from('..')

function isInside(root: Buffer, path: Buffer): boolean {
  if (path.equals(root) || root.equals(SLASH)) return true
  return path.length > root.length && path[root.length] === 0x2f && path.subarray(0, root.length).equals(root)
}

function notRegular(path: string): Failure {
  return new Failure('not-a-regular-file', 'is a link, a pipe, a device or a folder, not a file', { input: path })
}

function readFully(file: number, into: Uint8Array, offset: number, path: string): number {
  let done = 0
  try {
    while (done < into.length) {
      const count = readSync(file, into, done, into.length - done, offset + done)
      if (count === 0) break
      done += count
    }
  } catch (error) {
    throw new Failure('tree-unreadable', (error as Error).message, { input: path, cause: error })
  }
  return done
}
