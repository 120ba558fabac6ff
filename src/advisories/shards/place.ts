import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Failure } from '../../lib/failure.ts'
import { type HttpClient, shown, statusFailure } from '../../lib/http.ts'
import { type Blob, looksLikeManifest, MANIFEST_NAME, MAX_MANIFEST_BYTES } from './manifest.ts'

/** Where shards are fetched from. */
export interface ShardPlace {
  /** What names it to an update, without credentials. */
  readonly origin: string
  /** The manifest, or undefined where it is the one that `known` stands for. */
  manifest(known?: string): Promise<{ readonly content: Uint8Array; readonly mark?: string } | undefined>
  /** The bytes of a blob, at most as many as it says. Whether they are the right ones is not judged here. */
  blob(of: Blob): Promise<Uint8Array>
}

/** A folder as `buildShards` writes it. */
export function folderShards(folder: string): ShardPlace {
  const read = async (path: string, most: number): Promise<Uint8Array> => {
    try {
      const { size } = await stat(path)
      if (size > most) throw new Failure('shard-size', `${path} is larger than ${most} bytes`, { input: path })
      return await readFile(path)
    } catch (cause) {
      if (cause instanceof Failure) throw cause
      throw new Failure('shard-file', `cannot read ${path}: ${(cause as Error).message}`, { input: path, cause })
    }
  }
  return {
    origin: folder,
    manifest: async () => ({ content: await read(join(folder, MANIFEST_NAME), MAX_MANIFEST_BYTES) }),
    blob: ({ digest, bytes }) => read(join(folder, 'shards', digest), bytes),
  }
}

/** A served folder of the same form. */
export function servedShards(base: string, client: HttpClient, signal?: AbortSignal): ShardPlace {
  const root = base.replace(/\/+$/, '')
  return {
    origin: shown(root).replace(/\/$/, ''),
    async manifest(known) {
      const address = `${root}/${MANIFEST_NAME}`
      const headers: Record<string, string> = known === undefined ? {} : { 'if-none-match': known }
      const response = await client.get(address, { signal, headers })
      if (response.status !== 200) response.body.destroy()
      if (response.status === 304) return undefined
      if (response.status !== 200) throw statusFailure(address, response.status)
      const mark = response.headers.get('etag')
      const parts: Uint8Array[] = []
      let bytes = 0
      for await (const part of response.body) {
        bytes += part.length
        if (bytes > MAX_MANIFEST_BYTES) {
          response.body.destroy()
          throw new Failure('shard-size', `${shown(address)} is larger than ${MAX_MANIFEST_BYTES} bytes`, {
            input: shown(address),
          })
        }
        parts.push(part)
      }
      return { content: Buffer.concat(parts), ...(mark === undefined ? {} : { mark }) }
    },
    async blob({ digest, bytes }) {
      const address = `${root}/shards/${digest}`
      const content = await client.bytes(address, bytes, { signal })
      if (content === undefined)
        throw new Failure('shard-missing', `${shown(address)} is not there`, { input: shown(address) })
      return content
    },
  }
}

/** Whether a served address or a folder holds shards, and not the layout of OSV's bucket. */
export async function servesShards(base: string, client: HttpClient, signal?: AbortSignal): Promise<boolean> {
  try {
    const address = `${base.replace(/\/+$/, '')}/${MANIFEST_NAME}`
    const content = await client.bytes(address, MAX_MANIFEST_BYTES, { signal })
    if (content === undefined) return false
    return looksLikeManifest(JSON.parse(new TextDecoder().decode(content)))
  } catch {
    // Whoever cannot answer this says what is wrong when asked for what it should have.
    signal?.throwIfAborted()
    return false
  }
}
