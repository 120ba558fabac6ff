import { Buffer } from 'node:buffer'
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fstatSync,
  openSync,
  readdirSync,
  readSync,
  type Stats,
  statSync,
} from 'node:fs'
import { dirname, join } from 'node:path'

/** No configuration file or certificate is larger: more than this is not read. */
const MOST_BYTES = 4 * 1024 ** 2
/** Nor are there more files in a folder of them. */
const MOST_NAMES = 10_000

/** What a look at a configuration file gave: its text, that there is none, or one line (with the path) why it cannot be read. */
export type FileRead =
  | { readonly text: string }
  | { readonly text?: undefined; readonly missing: true; readonly problem?: undefined }
  | { readonly text?: undefined; readonly missing: false; readonly problem: string }

const MISSING = { missing: true } as const

/**
 * Reads a whole configuration file, at most 4 MiB of UTF-8, a byte order mark removed. Never blocks (a FIFO in its place is a problem)
 * and never throws. With `pipes`, what somebody named on purpose may be a pipe: `/dev/stdin`, a shell's `<(…)`.
 */
export function readConfigFile(path: string, { pipes = false }: { readonly pipes?: boolean } = {}): FileRead {
  let fd: number | undefined
  try {
    const blocking = pipes && isPipe(path)
    fd = openSync(path, constants.O_RDONLY | constants.O_NOCTTY | (blocking ? 0 : constants.O_NONBLOCK))
    const found = fstatSync(fd)
    const problem = unfit(path, found, blocking)
    if (problem !== undefined) return { missing: false, problem }
    const bytes = readAll(fd, found.size)
    if (bytes === undefined) return { missing: false, problem: `${path} is larger than ${MOST_BYTES} bytes` }
    const text = bytes.toString('utf8')
    return { text: text.charCodeAt(0) === 0xfeff ? text.slice(1) : text }
  } catch (error) {
    return unread(path, error as NodeJS.ErrnoException)
  } finally {
    if (fd !== undefined) closeSync(fd)
  }
}

function isPipe(path: string): boolean {
  const found = statSync(path, { throwIfNoEntry: false })
  return found?.isFIFO() === true
}

function unfit(path: string, found: Stats, blocking: boolean): string | undefined {
  if (found.isDirectory()) return `${path} is a folder, not a file`
  if (!found.isFile() && !(blocking && found.isFIFO())) return `${path} is no regular file`
  return found.size > MOST_BYTES ? `${path} is larger than ${MOST_BYTES} bytes` : undefined
}

/** All bytes, whatever the size that was stated; undefined when there are too many. */
function readAll(fd: number, stated: number): Buffer | undefined {
  const parts: Buffer[] = []
  let length = 0
  for (;;) {
    // One byte more than it should have, so that the end is seen with the second read.
    const part = Buffer.allocUnsafe(parts.length === 0 ? stated + 1 : 64 * 1024)
    const count = readSync(fd, part)
    if (count === 0) return parts.length === 1 ? parts[0] : Buffer.concat(parts, length)
    length += count
    if (length > MOST_BYTES) return undefined
    parts.push(part.subarray(0, count))
  }
}

function unread(path: string, error: NodeJS.ErrnoException): FileRead {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return MISSING
  return { missing: false, problem: whyUnread(path, error) }
}

function whyUnread(path: string, error: NodeJS.ErrnoException): string {
  if (error.code === 'EACCES' || error.code === 'EPERM') return `${path} cannot be read: ${missingRight(path)}`
  if (error.code === 'ELOOP') return `${path} cannot be read: its symbolic links go in a circle`
  return `${path} cannot be read: ${error.code ?? 'unknown error'}`
}

/** Which right is missing: to look into a folder on the way, or to read the file itself. */
function missingRight(path: string): string {
  const who = process.getuid === undefined ? 'this user' : `user ${process.getuid()}`
  const folders: string[] = []
  for (let folder = dirname(path); folders.at(-1) !== folder; folder = dirname(folder)) folders.push(folder)
  const closed = folders.reverse().find((folder) => existsSync(folder) && !allowed(folder, constants.X_OK))
  return closed === undefined
    ? `${who} lacks the right to read it`
    : `${who} lacks the right to search the folder ${closed}`
}

function allowed(path: string, right: number): boolean {
  try {
    accessSync(path, right)
    return true
  } catch {
    return false
  }
}

/** Names in a folder in order of their bytes, those that `wanted` accepts; none where there is no folder. */
export function listConfigFolder(
  path: string,
  wanted: (name: string) => boolean,
): { readonly names: readonly string[]; readonly problem?: string } {
  try {
    const names = readdirSync(path)
    if (names.length > MOST_NAMES) return { names: [], problem: `${path} holds more than ${MOST_NAMES} files` }
    return { names: names.filter(wanted).sort(byCodePoint) }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    // ENOTDIR is a file in the folder's place: it is said, unlike a folder that is not there.
    if (code === 'ENOENT') return { names: [] }
    if (code === 'ENOTDIR') return { names: [], ...(existsSync(path) && { problem: `${path} is no folder` }) }
    return { names: [], problem: whyUnread(path, error as NodeJS.ErrnoException) }
  }
}

function byCodePoint(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** Whether there is a folder of that path. A folder that may not be searched counts: what is said of it comes when it is read. */
export function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory()
  } catch {
    return false
  }
}

/** Where this user's configuration lies (https://specifications.freedesktop.org/basedir-spec/), and the home folder itself. */
export function userFolders(
  environment: Readonly<Record<string, string | undefined>>,
  home: () => string,
): { readonly home: string; readonly config: string } {
  const own = environment.HOME || home()
  const config = environment.XDG_CONFIG_HOME?.startsWith('/') ? environment.XDG_CONFIG_HOME : join(own, '.config')
  return { home: own, config }
}
