import {
  type AdvisoryDatabase,
  type DatabaseStatus,
  databasePath,
  fetchMissing,
  isStale,
  missingEcosystems,
  newestRecordAt,
  openAdvisories,
  rememberEcosystems,
  type UpdateIo,
  updateAdvisories,
} from '../advisories/index.ts'
import { asFailure } from '../lib/failure.ts'
import type { Diagnostic } from '../model/diagnostic.ts'
import type { Inventory } from '../model/inventory.ts'
import type { AdvisoriesUsed } from '../model/scan-result.ts'
import type { ScanIo, ScanOptions } from './types.ts'

/** The advisories that a scan matches against, and what has to be said about them. The caller closes the database. */
export interface AdvisoriesInHand {
  readonly database?: AdvisoryDatabase
  readonly used?: AdvisoriesUsed
  readonly diagnostics: readonly Diagnostic[]
}

/** A database without anything in it: what is asked of it is what the world publishes. */
const EMPTY: DatabaseStatus = {
  id: '',
  builtAt: '',
  from: '',
  checkedAt: '',
  everything: false,
  ecosystems: [],
  warnings: [],
  listed: [],
}

/**
 * The advisories for an inventory: the file that was given, else the cache's, brought up to date first when the last check is over
 * 24 hours ago, and with the ecosystems that the inventory needs. What could not be fetched is a notice, and what is then missing is
 * found by matching. @throws Failure when a given file is no database, or when interrupted.
 */
export async function advisoriesFor(inventory: Inventory, options: ScanOptions, io: ScanIo): Promise<AdvisoriesInHand> {
  if (options.advisories !== undefined) return inHand(openAdvisories(options.advisories), [])
  const diagnostics: Diagnostic[] = []
  const needed = missingEcosystems(inventory, EMPTY)
  await attempt(() => rememberEcosystems(options.cacheDir, needed), 'advisories-not-remembered', diagnostics, io)
  // Where nothing is to be matched, nothing needs to be fetched.
  const idle = inventory.components.length === 0
  if (options.offline || options.noUpdate || idle) return inHand(openCached(options.cacheDir), diagnostics)
  let status = statusOf(options.cacheDir)
  if (status === undefined || isStale(status, io.now())) {
    const from = io.environment.BULWARK_ADVISORIES_URL ?? status?.from
    const update = (): Promise<unknown> => updateAdvisories({ cacheDir: options.cacheDir, from }, updateIo(io, options))
    await attempt(update, 'advisories-not-updated', diagnostics, io)
    status = statusOf(options.cacheDir)
  }
  const held = status
  const missing = held === undefined ? [] : missingEcosystems(inventory, held)
  if (held !== undefined && missing.length > 0) {
    const fetch = (): Promise<unknown> => fetchMissing(options.cacheDir, missing, held, updateIo(io, options))
    await attempt(fetch, 'advisories-not-updated', diagnostics, io)
  }
  return inHand(openCached(options.cacheDir), diagnostics)
}

function updateIo(io: ScanIo, { network }: Pick<ScanOptions, 'network'>): UpdateIo {
  return {
    network,
    env: io.environment,
    now: io.now,
    signal: io.signal,
    progress: (event) => io.progress({ stage: 'advisories', ...event, message: `advisories: ${event.message}` }),
  }
}

/** Runs what the answer can do without: its failure is a notice. An interrupt is passed on. */
async function attempt(
  work: () => Promise<unknown>,
  code: string,
  diagnostics: Diagnostic[],
  io: ScanIo,
): Promise<void> {
  try {
    await work()
  } catch (thrown) {
    io.signal.throwIfAborted()
    const failure = asFailure(thrown)
    const why = [failure.message, ...failure.hints.slice(0, 1)].join('; ')
    const what = code === 'advisories-not-updated' ? 'the advisories could not be updated' : 'could not be noted'
    diagnostics.push({ code, message: `${what}: ${why}`, effect: 'notice' })
  }
}

/** The cache's database, or undefined where there is none yet. @throws Failure when it is damaged. */
function openCached(cacheDir: string): AdvisoryDatabase | undefined {
  try {
    return openAdvisories(databasePath(cacheDir))
  } catch (thrown) {
    if (asFailure(thrown).code === 'no-advisories') return undefined
    throw thrown
  }
}

/** What the cache's database says of itself; a damaged one counts as none, so that the update replaces it. */
function statusOf(cacheDir: string): DatabaseStatus | undefined {
  let database: AdvisoryDatabase | undefined
  try {
    database = openCached(cacheDir)
    return database?.status()
  } catch {
    // Opening it for the match fails again, and then it is said.
    return undefined
  } finally {
    database?.close()
  }
}

function inHand(database: AdvisoryDatabase | undefined, diagnostics: readonly Diagnostic[]): AdvisoriesInHand {
  if (database === undefined) return { diagnostics }
  const status = database.status()
  const used = {
    id: status.id,
    from: status.from,
    newestRecordAt: newestRecordAt(status) ?? '',
    checkedAt: status.checkedAt,
    warnings: status.warnings,
  }
  return { database, used, diagnostics }
}
