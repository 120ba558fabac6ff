import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { ensureDirectory } from '../lib/cache-directory.ts'
import { asFailure, Failure } from '../lib/failure.ts'
import { type HttpClient, httpClient } from '../lib/http.ts'
import { takeLock } from '../lib/process-lock.ts'
import { openStored, type StoredDatabase } from './database/read.ts'
import { createDraft } from './database/write.ts'
import { diskFailure, removeLeftovers } from './leftovers.ts'
import { bareEcosystem } from './package-key.ts'
import type { FiledFeeds } from './sources/filed-feeds.ts'
import { SOURCES } from './sources/index.ts'
import { PUBLIC_BUCKET } from './sources/layout.ts'
import { listEcosystems } from './sources/listing.ts'
import { type EcosystemReport, originOf, type Place, type SourceResult, type UpdateRun } from './sources/source.ts'
import { takeFeeds } from './sources/take-feeds.ts'
import { advisoryFolder, databasePath } from './state.ts'
import type { DatabaseStatus } from './types.ts'
import { feedNeed, publishedByFeeds, selectEcosystems } from './update-need.ts'
import { openPlace } from './update-place.ts'
import { dropShards, shardPlace, updateShards } from './update-shards.ts'
import type { UpdateIo, UpdateOptions, UpdateReport } from './update-types.ts'

const LOCK_WAIT_MS = 10 * 60_000

/**
 * Brings the advisories of a cache folder up to date and puts the new database in place by one rename. Rejects with
 * `Failure` when nothing at all could be had (the old database stays as it is), when the disk is full, or when interrupted.
 */
export async function updateAdvisories(options: UpdateOptions, io: UpdateIo): Promise<UpdateReport> {
  const folder = await ensureDirectory(advisoryFolder(options.cacheDir))
  const asked = io.now().getTime()
  const lock = await takeLock(join(folder, 'update.lock'), {
    waitMs: io.lockWaitMs ?? LOCK_WAIT_MS,
    signal: io.signal,
    waiting: (holder) => io.progress?.({ message: `waiting for the update by ${holder}` }),
  })
  try {
    const done = lock.waited ? updatedMeanwhile(options, asked) : undefined
    if (done !== undefined) return done
    await removeLeftovers(folder, io.now().getTime())
    return await updateLocked(folder, options, io)
  } catch (error) {
    if (io.signal?.aborted) throw asFailure(Object.assign(new Error('interrupted'), { name: 'AbortError' }))
    throw diskFailure(error, folder)
  } finally {
    await lock.release()
  }
}

/** The database that another process put in place while this one waited, when that was all that was wanted. */
function updatedMeanwhile(options: UpdateOptions, since: number): UpdateReport | undefined {
  if (options.from !== undefined || options.ecosystems !== undefined || options.all || options.force) return undefined
  const { database } = openPrevious(options.cacheDir)
  if (database === undefined) return undefined
  try {
    const status = database.status()
    if (Date.parse(status.checkedAt) < since) return undefined
    return { status, ecosystems: [], feeds: [], warnings: status.warnings, complete: true, byAnother: true }
  } finally {
    database.close()
  }
}

async function updateLocked(folder: string, options: UpdateOptions, io: UpdateIo): Promise<UpdateReport> {
  const client = httpClient({ env: io.env, ...io.http })
  const { database: previous, warning } = openPrevious(options.cacheDir)
  let place: Place | undefined
  let shards: Awaited<ReturnType<typeof shardPlace>>
  try {
    const from = options.from ?? io.env.BULWARK_ADVISORIES_URL ?? PUBLIC_BUCKET
    shards = await shardPlace(from, folder, client, io)
    if (shards !== undefined) return await updateShards(folder, shards, options, io)
    place = await openPlace(from, client, folder, io)
    return await build(folder, options, io, client, place, previous, warning === undefined ? [] : [warning])
  } finally {
    if (place !== undefined && place.kind !== 'layout') place.database.close()
    await shards?.close?.()
    previous?.close()
    await client.close()
  }
}

function openPrevious(cacheDir: string): { database?: StoredDatabase; warning?: string } {
  const path = databasePath(cacheDir)
  if (!existsSync(path)) return {}
  try {
    return { database: openStored(path) }
  } catch (error) {
    return { warning: `${asFailure(error).message}; everything is fetched anew` }
  }
}

async function build(
  folder: string,
  options: UpdateOptions,
  io: UpdateIo,
  client: HttpClient,
  place: Place,
  previous: StoredDatabase | undefined,
  warnings: string[],
): Promise<UpdateReport> {
  const at = io.now().toISOString()
  const warn = (text: string) => warnings.push(text)
  const listed =
    place.kind === 'packed'
      ? [...place.database.ecosystems().keys()]
      : place.kind === 'foreign'
        ? place.database.ecosystems
        : await listEcosystems(place.layout, warn)
  if (place.kind === 'foreign') warn(`${place.database.id} says nothing of: ${place.database.cannotSay.join('; ')}`)
  const selected = selectEcosystems(options, place, listed, previous)
  const temporary = join(folder, `new-${process.pid}-${randomBytes(6).toString('hex')}.db`)
  let feeds: FiledFeeds | undefined
  try {
    const draft = createDraft(temporary)
    const { signal, progress = () => {} } = io
    const force = options.force ?? false
    const { env, now } = io
    const taken = { client, env, now, signal, force, warn, progress }
    feeds = await takeFeeds(folder, options.feeds ?? {}, feedNeed(options, place, listed, selected), taken)
    const run: UpdateRun = { place, previous, draft, at, selected, listed, force, feeds, signal, warn, progress }
    const reports = await fill(run, warnings).finally(() => draft.abandon())
    signal?.throwIfAborted()
    const path = databasePath(options.cacheDir)
    await putInPlace(temporary, path, folder)
    await dropShards(folder)
    const opened = openStored(path)
    const status = opened.status()
    opened.close()
    const whole = (one: { readonly outcome: string }) => !['kept', 'missing', 'partly'].includes(one.outcome)
    const complete = reports.every(whole) && feeds.reports.every(whole)
    return { status, ecosystems: reports, feeds: feeds.reports, warnings, complete, byAnother: false }
  } finally {
    feeds?.close()
    await rm(temporary, { force: true })
  }
}

/** Lets every source fill the draft, and finishes it. Rejects when there was something to ask for and nothing was had. */
async function fill(run: UpdateRun, warnings: readonly string[]): Promise<readonly EcosystemReport[]> {
  const { place, previous, draft } = run
  let result: SourceResult = {}
  for (const source of SOURCES) {
    run.signal?.throwIfAborted()
    result = { ...result, ...(await source.update(run)) }
  }
  const reports = result.ecosystems ?? []
  const asked = reports.filter((report) => report.outcome !== 'carried')
  if (asked.length > 0 && asked.every((report) => report.outcome === 'kept' || report.outcome === 'missing'))
    throw nothingHad(place, warnings)
  run.progress({ message: 'joining names' })
  // A check of a part is no check of the whole.
  const whole = previous === undefined || asked.length === reports.length
  draft.finish({
    builtAt: run.at,
    from: originOf(place),
    checkedAt: whole ? run.at : previous.meta.checkedAt,
    warnings,
    listed: place.kind === 'packed' ? place.database.meta.listed : run.listed,
    ...(run.feeds.status.length === 0 ? {} : { feeds: run.feeds.status }),
    kev: result.kev,
    epss: result.epss,
  })
  return reports
}

function nothingHad(place: Place, warnings: readonly string[]): Failure {
  return new Failure('advisories-update', `no advisories could be had from ${originOf(place)}`, {
    input: originOf(place),
    hints: warnings.slice(0, 20),
  })
}

/** Onto the disk first, then into its place: a crash leaves the old database or the new one. */
async function putInPlace(temporary: string, path: string, folder: string): Promise<void> {
  for (const [name, flags, rest] of [
    [temporary, 'r+', () => rename(temporary, path)],
    [folder, 'r', async () => {}],
  ] as const) {
    const handle = await open(name, flags)
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rest()
  }
}

/**
 * Fetches those of `needed` (with or without release) that the database lacks and the world publishes, from the source that
 * was used last. Undefined when there is nothing to fetch. Rejects as {@link updateAdvisories} does.
 */
export async function fetchMissing(
  cacheDir: string,
  needed: readonly string[],
  status: DatabaseStatus,
  io: UpdateIo,
): Promise<UpdateReport | undefined> {
  const ecosystems = lackingEcosystems(needed, status)
  if (ecosystems.length === 0) return undefined
  return await updateAdvisories({ cacheDir, from: status.from, ecosystems }, io)
}

/** Those of `needed` that the source lists and the database lacks: without release, except where releases come one by one. */
export function lackingEcosystems(
  needed: readonly string[],
  status: Pick<DatabaseStatus, 'ecosystems' | 'listed' | 'from' | 'partial'>,
): readonly string[] {
  const here = new Set(status.ecosystems.map((one) => one.name))
  const listed = new Set([...status.listed.map(bareEcosystem), ...publishedByFeeds(status.from)])
  const lacking = needed.filter((name) => {
    const bare = bareEcosystem(name)
    return listed.has(bare) && (!here.has(bare) || status.partial?.includes(bare))
  })
  return [...new Set(status.partial === undefined ? lacking.map(bareEcosystem) : lacking)]
}
