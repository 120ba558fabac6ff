import { Buffer } from 'node:buffer'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { downloadFile } from '../../lib/download.ts'
import { Failure } from '../../lib/failure.ts'
import { type HttpClient, isHttpAddress, shown } from '../../lib/http.ts'
import { isEcosystemName, isRecordId } from '../ecosystems.ts'

/** OSV's public bucket (https://google.github.io/osv.dev/data/#data-dumps). */
export const PUBLIC_BUCKET = 'https://osv-vulnerabilities.storage.googleapis.com'

/** Folders of a mirror that hold the documents of other sources, not an ecosystem's records. */
const OTHER_FOLDERS: ReadonlySet<string> = new Set(['kev', 'epss'])

/** A fetched or found file on this machine. */
export interface LocalFile {
  readonly path: string
  /** Removes it when it was fetched; leaves a mirror's own alone. */
  dispose(): Promise<void>
}

/** A place in the layout of OSV's bucket, whether served or in a folder. Paths are relative, their parts not yet encoded. */
export interface Layout {
  /** URL or folder, without credentials: what users are shown and what the database remembers. */
  readonly origin: string
  /** Whether it is OSV's own bucket, beside which KEV and EPSS have addresses of their own. */
  readonly official: boolean
  /** Address or path of something in it, as users are shown it. */
  locate(...parts: readonly string[]): string
  /** The bytes of a document, or undefined where there is none. */
  bytes(parts: readonly string[], maxBytes: number): Promise<Uint8Array | undefined>
  /** A large file, resumable where it is fetched, or undefined where there is none. */
  file(
    parts: readonly string[],
    maxBytes: number,
    progress?: (done: number, total?: number) => void,
  ): Promise<LocalFile | undefined>
  /** Bytes of a document at an address of its own. */
  elsewhere(url: string, maxBytes: number): Promise<Uint8Array | undefined>
  /** Names of folders that hold records, where the place can say so without a list. */
  folders(): Promise<readonly string[]>
  /** Ids of the records that lie loose in a folder, one file each; empty where the place cannot say. */
  loose(folder: string): Promise<readonly string[]>
}

/** A served place. `folder` takes partly fetched files. */
export function servedLayout(base: string, client: HttpClient, folder: string, signal?: AbortSignal): Layout {
  const root = base.replace(/\/+$/, '')
  const address = (parts: readonly string[]) => `${root}/${parts.map(encodeURIComponent).join('/')}`
  return {
    origin: shown(root).replace(/\/$/, ''),
    official: root === PUBLIC_BUCKET,
    locate: (...parts) => shown(address(parts)),
    bytes: (parts, maxBytes) => client.bytes(address(parts), maxBytes, { signal }),
    elsewhere: (url, maxBytes) => client.bytes(url, maxBytes, { signal }),
    async file(parts, maxBytes, progress) {
      return await downloadFile(client, address(parts), { folder, maxBytes, signal, progress })
    },
    folders: async () => [],
    loose: async () => [],
  }
}

/** A folder on this machine. */
export function folderLayout(folder: string): Layout {
  const place = (parts: readonly string[]) => join(folder, ...parts)
  return {
    origin: folder,
    official: false,
    locate: (...parts) => place(parts),
    async bytes(parts, maxBytes) {
      const size = await sizeOf(place(parts))
      if (size === undefined) return undefined
      if (size > maxBytes)
        throw new Failure('advisory-file', `${place(parts)} is larger than ${maxBytes} bytes`, { input: place(parts) })
      return await readFile(place(parts)).catch((error) => {
        throw unreadable(place(parts), error)
      })
    },
    elsewhere: async () => undefined,
    async file(parts, maxBytes) {
      const size = await sizeOf(place(parts))
      if (size === undefined) return undefined
      if (size > maxBytes)
        throw new Failure('advisory-file', `${place(parts)} is larger than ${maxBytes} bytes`, { input: place(parts) })
      return { path: place(parts), dispose: async () => {} }
    },
    async folders() {
      const found: string[] = []
      for (const entry of await readdir(folder, { withFileTypes: true })) {
        if (entry.isFile() || OTHER_FOLDERS.has(entry.name) || !isEcosystemName(entry.name.split(':')[0])) continue
        const archive = await sizeOf(join(folder, entry.name, 'all.zip'))
        if (archive !== undefined || (await looseRecords(join(folder, entry.name))).length > 0) found.push(entry.name)
      }
      return found.sort()
    },
    loose: (name) => looseRecords(join(folder, name)),
  }
}

/** Ids of the `<ID>.json` files in a folder, sorted; none where there is no such folder. */
async function looseRecords(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => [])
  const ids = entries.flatMap(({ name }) => (name.endsWith('.json') ? [name.slice(0, -'.json'.length)] : []))
  return ids.filter(isRecordId).sort()
}

/** Size of a regular file; undefined where there is none. Other errors reject. */
async function sizeOf(path: string): Promise<number | undefined> {
  try {
    const of = await stat(path)
    return of.isFile() ? of.size : undefined
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw new Failure('advisory-file', `cannot read ${path}: ${(error as Error).message}`, {
      input: path,
      cause: error,
    })
  }
}

function unreadable(path: string, error: unknown): Failure {
  return new Failure('advisory-file', `cannot read ${path}: ${(error as Error).message}`, { input: path, cause: error })
}

/** Bytes as they are, or unpacked when they are gzip. At most `maxBytes` come out. */
export function plain(bytes: Uint8Array, maxBytes: number, input: string): Uint8Array {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes
  try {
    return gunzipSync(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), { maxOutputLength: maxBytes })
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code
    const why = code === 'ERR_BUFFER_TOO_LARGE' ? `unpacks to more than ${maxBytes} bytes` : 'is damaged gzip'
    throw new Failure('advisory-gzip', `${input} ${why}`, { input, cause })
  }
}

/** What `--from` names. */
export async function kindOfPlace(from: string): Promise<'served' | 'folder' | 'file'> {
  if (isHttpAddress(from)) return 'served'
  try {
    const found = await stat(from)
    if (!found.isDirectory() && !found.isFile()) throw new Error('it is neither a file nor a folder')
    return found.isDirectory() ? 'folder' : 'file'
  } catch (cause) {
    throw new Failure('advisory-source', `cannot read the advisory source ${from}: ${(cause as Error).message}`, {
      input: from,
      hints: [`give an http address, a folder in the layout of OSV's bucket, or a packed file`],
      cause,
    })
  }
}
