import { rm, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { type HttpClient, isHttpAddress, shown } from '../lib/http.ts'
import { DATABASE_NAME } from './database/schema.ts'
import { fetchShards, type ShardIo } from './shards/fetch.ts'
import { MANIFEST_NAME } from './shards/manifest.ts'
import { NOTE_NAME, readNote } from './shards/note.ts'
import { hasShards, openShards } from './shards/open.ts'
import { folderShards, type ShardPlace, servedShards, servesShards } from './shards/place.ts'
import { registryName, registryShards } from './shards/registry.ts'
import { PUBLIC_BUCKET } from './sources/layout.ts'
import { metEcosystems } from './state.ts'
import type { UpdateIo, UpdateOptions, UpdateReport } from './update-types.ts'

/** The place of shards that `--from` names; undefined for what is something else (a bucket's layout, a packed file, another database). */
export async function shardPlace(
  from: string,
  cache: string,
  client: HttpClient,
  { env, network, signal }: UpdateIo,
): Promise<(ShardPlace & { close?(): Promise<void> }) | undefined> {
  if (from === PUBLIC_BUCKET) return undefined
  if (isHttpAddress(from)) {
    // A place that had shards has them still, although it fails to answer today.
    const had = hasShards(cache) && readNote(cache)?.from === shown(from).replace(/\/+$/, '')
    return had || (await servesShards(from, client, signal)) ? servedShards(from, client, signal) : undefined
  }
  const found = await stat(resolve(from)).catch(() => undefined)
  if (found !== undefined)
    return found.isDirectory() && hasShards(resolve(from)) ? folderShards(resolve(from)) : undefined
  const name = registryName(from)
  return name && registryShards(name, { env, ...(network && { network }), signal })
}

/** Brings the shards of a cache up to those of a place; they take the place of a database in one file. */
export async function updateShards(
  folder: string,
  place: ShardPlace,
  options: UpdateOptions,
  io: UpdateIo,
): Promise<UpdateReport> {
  const asked = options.ecosystems ?? []
  const here = hasShards(folder)
  const wish = {
    // A machine that has no shards yet takes those of the ecosystems that its scans have met.
    ecosystems: asked.length > 0 || here ? asked : metEcosystems(options.cacheDir),
    all: options.all ?? false,
  }
  const shardIo: ShardIo = { now: io.now, signal: io.signal, progress: io.progress ?? (() => {}) }
  const { ecosystems, warnings } = await fetchShards(folder, place, wish, shardIo)
  await rm(join(folder, DATABASE_NAME), { force: true })
  const database = openShards(folder)
  try {
    const status = database.status()
    return {
      status,
      ecosystems,
      feeds: [],
      warnings: [...warnings, ...status.warnings],
      complete: true,
      byAnother: false,
    }
  } finally {
    database.close()
  }
}

/** Takes shards away where a database in one file took their place. */
export async function dropShards(folder: string): Promise<void> {
  for (const name of [MANIFEST_NAME, NOTE_NAME, 'shards'])
    await rm(join(folder, name), { recursive: true, force: true })
}
