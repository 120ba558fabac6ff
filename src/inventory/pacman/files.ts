import { Buffer } from 'node:buffer'
import { gunzipSync } from 'node:zlib'
import { decodePath } from '../../lib/path-text.ts'
import type { FileBytes, FileReader, ReadResult } from '../../reading/index.ts'
import type { ListedFile } from '../file-claims.ts'

/** A package's file list as it lies: `files` is text, `mtree` gzip. */
export interface FilesFact {
  readonly kind: 'files'
  readonly form: 'files' | 'mtree'
  /** Owns its bytes. */
  readonly bytes: Uint8Array
}

const MAX_UNPACKED = 128 * 1024 * 1024

/** Reads a package's `files` (alpm-db-files(5)) and `mtree` (alpm-mtree(5)), undecoded; a damaged `mtree` is told at once. */
export const filesReader: FileReader<FilesFact> = {
  id: 'pacman-files',
  version: 1,
  wants: {
    any: [
      { under: 'var/lib/pacman/local', name: 'files' },
      { under: 'var/lib/pacman/local', name: 'mtree' },
    ],
    maxBytes: 64 * 1024 * 1024,
    loss: 'partial',
  },
  read,
}

function read(file: FileBytes): ReadResult<FilesFact> {
  const form = file.path.endsWith('/mtree') ? 'mtree' : 'files'
  const problem = form === 'mtree' ? mtreeProblem(file.bytes) : filesProblem(file.bytes)
  if (problem !== undefined) {
    const diagnostic = { code: 'pacman-files-broken', message: problem, path: file.path, effect: 'partial' } as const
    return { facts: [], diagnostics: [diagnostic] }
  }
  return { facts: [{ kind: 'files', form, bytes: Uint8Array.from(file.bytes) }], diagnostics: [] }
}

/** An empty list is that of a package without files. */
function filesProblem(bytes: Uint8Array): string | undefined {
  const text = decodePath(bytes.subarray(0, 4096)).trim()
  return text === '' || /^%[A-Z]+%/.test(text) ? undefined : 'the file list has no section'
}

function mtreeProblem(bytes: Uint8Array): string | undefined {
  try {
    const text = unpack(bytes)
    return text.subarray(0, 6).toString('latin1') === '#mtree' ? undefined : 'the file list is not in mtree form'
  } catch (error) {
    return `the file list could not be unpacked: ${error instanceof Error ? error.message : String(error)}`
  }
}

function unpack(bytes: Uint8Array): Buffer {
  return gunzipSync(bytes, { maxOutputLength: MAX_UNPACKED })
}

/** The files of a `files`: below `%FILES%` paths, folders with a slash at their end; below `%BACKUP%` path, tab, MD5. */
export function* listedFiles(bytes: Uint8Array): Generator<ListedFile> {
  let section = ''
  for (const line of decodePath(bytes).split('\n')) {
    if (line.startsWith('%') && line.endsWith('%')) section = line
    else if (section === '%FILES%' && line !== '' && !line.endsWith('/')) yield { path: line }
    else if (section === '%BACKUP%') {
      const tab = line.lastIndexOf('\t')
      const hex = line.slice(tab + 1)
      if (tab > 0 && /^[0-9a-f]{32}$/.test(hex)) yield { path: line.slice(0, tab), digest: { algorithm: 'md5', hex } }
    }
  }
}

/** The files of an `mtree` (mtree(5)) with SHA-256, or MD5 of older ones; the package's own records (`./.PKGINFO`) are no files. */
export function* mtreeFiles(bytes: Uint8Array): Generator<ListedFile> {
  for (const line of decodePath(unpack(bytes)).split('\n')) {
    if (!line.startsWith('./') || line.startsWith('./.') || /\stype=(?:dir|link)\b/.test(line)) continue
    const words = line.split(' ')
    const path = unescapeOctal((words[0] ?? '').slice(2))
    const value = (key: string): string | undefined => words.find((word) => word.startsWith(key))?.slice(key.length)
    const sha256 = value('sha256digest=') ?? value('sha256=')
    const md5 = value('md5digest=') ?? value('md5=')
    if (sha256 !== undefined && /^[0-9a-f]{64}$/.test(sha256))
      yield { path, digest: { algorithm: 'sha256', hex: sha256 } }
    else if (md5 !== undefined && /^[0-9a-f]{32}$/.test(md5)) yield { path, digest: { algorithm: 'md5', hex: md5 } }
    else yield { path }
  }
}

/** vis(3) as libarchive writes it: backslash and three octal digits for each byte that is not plain. */
function unescapeOctal(text: string): string {
  if (!text.includes('\\')) return text
  const latin = text.replace(/\\([0-3][0-7]{2})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  )
  return decodePath(Buffer.from(latin, 'latin1'))
}
