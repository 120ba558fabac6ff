import { closeSync, constants, opendirSync, openSync, readSync, type Stats, statSync } from 'node:fs'
import zlib from 'node:zlib'
import { Failure } from '../../lib/failure.ts'
import { isAbsent, isDenied } from '../../lib/system-error.ts'
import type { Encoding, SniffedPath } from '../types.ts'

const HEAD_BYTES = 4096
/** A block of zstd comes out whole or not at all: 128 KiB at most (RFC 8878, 3.1.1.2.4), behind a frame header and skippable frames. */
const ZSTD_HEAD_BYTES = 256 * 1024
const MAX_UNPACKED_BYTES = 16 * 1024 * 1024
const MAX_NAMES = 10_000

/**
 * Looks at what a path is and how it begins.
 * @throws Failure `no-such-target`, `target-unreadable` (permissions), `target-not-a-file` (socket, device, pipe).
 */
export function sniffPath(path: string): SniffedPath {
  const stats = statTarget(path)
  if (stats.isDirectory()) {
    return { path, kind: 'directory', head: new Uint8Array(), encoding: 'plain', names: listNames(path) }
  }
  if (!stats.isFile()) {
    throw new Failure('target-not-a-file', `is a ${specialKind(stats)}, not a file or directory`, {
      input: path,
      hints: ['write the image to a file first: docker save IMAGE -o image.tar'],
    })
  }
  const start = readHead(path, HEAD_BYTES)
  const encoding = encodingOf(start)
  const raw = encoding === 'zstd' ? readHead(path, ZSTD_HEAD_BYTES) : start
  return { path, kind: 'file', head: unpackHead(raw, encoding), encoding, names: [] }
}

function statTarget(path: string): Stats {
  try {
    return statSync(path)
  } catch (error) {
    throw targetFailure(path, error)
  }
}

/** What the system said about a target, as a Failure that says what to try. */
export function targetFailure(path: string, error: unknown): Failure {
  if (error instanceof Failure) return error
  const code = (error as NodeJS.ErrnoException).code
  if (isAbsent(error)) {
    return new Failure('no-such-target', 'no such file or directory', {
      input: path,
      cause: error,
      hints: [
        'give the path of an image archive, an OCI layout, a directory or a package file',
        'an image is given by its name: alpine:3.20, registry.example/team/app:1',
      ],
    })
  }
  if (isDenied(error)) {
    return new Failure('target-unreadable', 'permission denied', {
      input: path,
      cause: error,
      hints: ['run as a user who may read it, or change its permissions'],
    })
  }
  if (code === 'ELOOP') return new Failure('target-unreadable', 'its symbolic links run in a circle', { input: path })
  return new Failure('target-unreadable', (error as Error).message, { input: path, cause: error })
}

function specialKind(stats: Stats): string {
  if (stats.isSocket()) return 'socket'
  if (stats.isFIFO()) return 'pipe'
  return 'device'
}

function listNames(path: string): string[] {
  try {
    const folder = opendirSync(path)
    try {
      const names: string[] = []
      for (let entry = folder.readSync(); entry !== null && names.length < MAX_NAMES; entry = folder.readSync()) {
        names.push(entry.name)
      }
      return names
    } finally {
      folder.closeSync()
    }
  } catch (error) {
    throw targetFailure(path, error)
  }
}

function readHead(path: string, bytes: number): Uint8Array {
  try {
    const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
    try {
      const head = new Uint8Array(bytes)
      return head.subarray(0, readSync(file, head, 0, bytes, 0))
    } finally {
      closeSync(file)
    }
  } catch (error) {
    throw targetFailure(path, error)
  }
}

/** The compression that the first bytes speak of (RFC 1952; RFC 8878, frames and skippable frames). */
export function encodingOf(head: Uint8Array): Encoding {
  if (head[0] === 0x1f && head[1] === 0x8b) return 'gzip'
  const isFrame = head[0] === 0x28 && head[1] === 0xb5 && head[2] === 0x2f && head[3] === 0xfd
  const isSkippable = (head[0] & 0xf0) === 0x50 && head[1] === 0x2a && head[2] === 0x4d && head[3] === 0x18
  return isFrame || isSkippable ? 'zstd' : 'plain'
}

/** As much of the beginning as the first bytes give when unpacked, up to 4 KiB; empty when they are corrupt. */
export function unpackHead(raw: Uint8Array, encoding: Encoding): Uint8Array {
  if (encoding === 'plain') return raw
  // From few bytes too much can come, and from many nothing: the part that gives enough is looked for between the two.
  let tooFew = 0
  let most = raw.length
  let size = Math.min(HEAD_BYTES, most)
  let best: Uint8Array = new Uint8Array()
  while (size > tooFew) {
    const out = unpackPart(raw.subarray(0, size), encoding)
    if (out === 'corrupt') return new Uint8Array()
    if (out === 'too large') most = size - 1
    else {
      best = out.subarray(0, HEAD_BYTES)
      if (best.length === HEAD_BYTES) return best
      tooFew = size
    }
    size = most === raw.length ? Math.min(most, size * 4) : (tooFew + most + 1) >> 1
  }
  return best
}

/** A head cut off in the middle is what we have: flushing gives what there is of it. */
function unpackPart(part: Uint8Array, encoding: 'gzip' | 'zstd'): Uint8Array | 'corrupt' | 'too large' {
  const maxOutputLength = MAX_UNPACKED_BYTES
  try {
    return encoding === 'gzip'
      ? zlib.gunzipSync(part, { maxOutputLength, finishFlush: zlib.constants.Z_SYNC_FLUSH })
      : zlib.zstdDecompressSync(part, { maxOutputLength, finishFlush: zlib.constants.ZSTD_e_flush })
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? 'too large' : 'corrupt'
  }
}

/** Whether anything has that path, links followed; what may not be looked at is there. */
export function pathExists(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined
  } catch (error) {
    return isDenied(error)
  }
}
