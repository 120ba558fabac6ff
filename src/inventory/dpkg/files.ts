import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { decodePath } from '../../lib/path-text.ts'
import type { FileBytes, FileReader } from '../../reading/index.ts'
import { type AskedNames, nameHashes } from '../asked-names.ts'
import type { ListedFile } from '../file-claims.ts'

/** Longest path (PATH_MAX) with digest and flags. */
const MAX_LINE = 4096 + 128
/** What stands before the path in a `.md5sums`: the digest and two characters. */
const SUM_LENGTH = 34

/** A file list as it lies: paths only (`.list`) or MD5 and path (`.md5sums`). */
export interface FilesFact {
  readonly kind: 'files'
  readonly form: 'list' | 'md5sums'
  /** Owns its bytes. */
  readonly bytes: Uint8Array
  /** Where `bytes` are packed with zstd: how long they really are, and what tells whether they must be unpacked. */
  readonly packed?: { readonly sizeBytes: number; readonly names: Int32Array }
}

/** Lists from this size on are packed each by itself: most of an image's bytes lie in a few of them, and those are rarely asked for. */
const PACK_FROM_BYTES = 16 * 1024
/** Bytes that are unpacked in one piece at the most. */
const LARGEST_PIECE = 4 * 1024 * 1024
const QUICKEST = { params: { [constants.ZSTD_c_compressionLevel]: 1 } }

/** Reads dpkg's and opkg's file lists (dpkg(1), "Files"; dpkg-query(1) `--control-list`), undecoded: most are never asked for. */
export const filesReader: FileReader<FilesFact> = {
  id: 'dpkg-files',
  version: 2,
  wants: {
    any: ['var/lib/dpkg/info', 'usr/lib/dpkg/info', 'var/lib/dpkg/status.d', 'usr/lib/dpkg/status.d']
      .flatMap((under) => [
        { under, suffix: '.list' },
        { under, suffix: '.md5sums' },
      ])
      .concat([
        { under: 'usr/lib/opkg/info', suffix: '.list' },
        { under: 'var/lib/opkg/info', suffix: '.list' },
      ]),
    maxBytes: 64 * 1024 * 1024,
    loss: 'partial',
  },
  read: (file: FileBytes) => ({ facts: [factOf(file)], diagnostics: [] }),
}

function factOf({ path, bytes }: FileBytes): FilesFact {
  const form = path.endsWith('.list') ? 'list' : 'md5sums'
  if (bytes.length < PACK_FROM_BYTES) return { kind: 'files', form, bytes: Uint8Array.from(bytes) }
  const names = form === 'list' ? nameHashes(bytes, 0, true) : nameHashes(bytes, SUM_LENGTH, false)
  const packed = Uint8Array.from(zstdCompressSync(bytes, QUICKEST))
  return { kind: 'files', form, bytes: packed, packed: { sizeBytes: bytes.length, names } }
}

/** The bytes of a list as they lie in the image; none where they name nothing that is asked for. */
function bytesFor({ bytes, packed }: FilesFact, asked: AskedNames): Uint8Array {
  if (packed === undefined) return bytes
  if (!asked.mayBeIn(packed.names)) return new Uint8Array()
  // In one piece, where it is not too large for that: pieces are put together by another copy, which costs as much again.
  const chunkSize = Math.min(Math.max(packed.sizeBytes, PACK_FROM_BYTES), LARGEST_PIECE)
  return zstdDecompressSync(bytes, { maxOutputLength: packed.sizeBytes, chunkSize })
}

/** The files of a list that may be asked for, with their MD5 where it has them. */
export function filesOf(fact: FilesFact, asked: AskedNames): Iterable<ListedFile> {
  const bytes = bytesFor(fact, asked)
  return fact.form === 'list' ? listedFiles(bytes, asked) : summedFiles(bytes, asked)
}

/** One absolute path a line (opkg: mode and link target after a tab), folders among them. */
function* listedFiles(bytes: Uint8Array, asked: AskedNames): Generator<ListedFile> {
  for (const line of asked.linesOf(bytes, 0, true)) {
    const tab = line.indexOf('\t')
    const path = tab < 0 ? line : line.slice(0, tab)
    if (path !== '' && path !== '/.') yield { path: rootless(path) }
  }
}

/** 32 hexadecimal digits, two spaces, a path without a leading slash. Other lines are passed over. */
function* summedFiles(bytes: Uint8Array, asked: AskedNames): Generator<ListedFile> {
  for (const line of asked.linesOf(bytes, SUM_LENGTH, false)) {
    if (line.length <= SUM_LENGTH || !/^[0-9a-f]{32} [ *]/i.test(line)) continue
    yield { path: rootless(line.slice(SUM_LENGTH)), digest: { algorithm: 'md5', hex: line.slice(0, 32).toLowerCase() } }
  }
}

/** The files of a `Conffiles` field: ` /path digest [obsolete|remove-on-upgrade]`; dpkg writes MD5, opkg SHA-256. */
export function* configurationFiles(bytes: Uint8Array): Generator<ListedFile> {
  for (const line of linesOf(bytes)) {
    if (line.length > MAX_LINE) continue
    const match = /^\s*(\/.*?) ([0-9a-f]{32}|[0-9a-f]{64})(?: [a-z -]*)?$/.exec(line)
    if (match === null || match[1] === undefined || match[2] === undefined) continue
    yield {
      path: rootless(match[1]),
      digest: { algorithm: match[2].length === 32 ? 'md5' : 'sha256', hex: match[2] },
    }
  }
}

function rootless(path: string): string {
  let from = 0
  while (path.startsWith('./', from) || path.startsWith('/', from)) from += path[from] === '/' ? 1 : 2
  return path.slice(from)
}

function linesOf(bytes: Uint8Array): string[] {
  return decodePath(bytes).split('\n')
}
