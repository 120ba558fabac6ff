import { randomBytes } from 'node:crypto'
import { link, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import * as z from 'zod'
import { Failure } from './failure.ts'

export interface LockOptions {
  /** How long to wait for another process, in milliseconds. */
  readonly waitMs: number
  readonly signal?: AbortSignal
  /** Called once when there is something to wait for. */
  readonly waiting?: (holder: string) => void
}

/** A lock that is held, to be given back. */
export interface HeldLock {
  /** Whether another process had it first. */
  readonly waited: boolean
  release(): Promise<void>
}

const POLL_MS = 200
const HEARTBEAT_MS = 20_000
/** A holder that gave no sign of life for so long is gone, whatever machine it ran on. */
const STALE_MS = 10 * 60_000

const holderShape = z.object({ pid: z.number().int().positive(), host: z.string(), key: z.string() })

/**
 * Takes a lock file among processes, which may be on several machines with one file system. A lock whose holder is dead is
 * taken over. It keeps work from being done twice; what it guards must be safe without it (built aside, renamed into place),
 * since a holder that slept longer than the limit may meet its successor. Rejects with `Failure` when the wait is over.
 */
export async function takeLock(path: string, options: LockOptions): Promise<HeldLock> {
  const key = randomBytes(12).toString('hex')
  const own = `${path}.${key}`
  const started = performance.now()
  let waited = false
  await writeFile(own, JSON.stringify({ pid: process.pid, host: hostname(), key }), { mode: 0o600 })
  try {
    while (!(await linked(own, path))) {
      if (await removeStale(path)) continue
      if (!waited) options.waiting?.(await holderOf(path))
      waited = true
      if (performance.now() - started > options.waitMs)
        throw new Failure('locked', `${path} is held by ${await holderOf(path)}`, {
          input: path,
          hints: ['wait until it is done, or end it'],
        })
      await pause(POLL_MS, undefined, { signal: options.signal })
    }
  } finally {
    await rm(own, { force: true })
  }
  const heartbeat = setInterval(() => {
    const now = new Date()
    utimes(path, now, now).catch(() => {})
  }, HEARTBEAT_MS)
  heartbeat.unref()
  return {
    waited,
    async release() {
      clearInterval(heartbeat)
      if ((await keyOf(path)) === key) await rm(path, { force: true })
    },
  }
}

/** A hard link is made or not made, at once, also over a network file system; the name appears with its content. */
async function linked(own: string, path: string): Promise<boolean> {
  try {
    await link(own, path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/** Puts aside the lock of a dead holder. Whoever renames it wins; a living lock that was renamed by mistake is put back. */
async function removeStale(path: string): Promise<boolean> {
  const key = await keyOf(path)
  if (!(await isStale(path))) return false
  const aside = `${path}.stale-${randomBytes(6).toString('hex')}`
  try {
    await rename(path, aside)
  } catch {
    return true
  }
  if ((await keyOf(aside)) !== key) await link(aside, path).catch(() => {})
  await rm(aside, { force: true })
  return true
}

async function isStale(path: string): Promise<boolean> {
  const held = await stat(path).catch(() => undefined)
  if (held === undefined) return false
  if (Date.now() - held.mtimeMs > STALE_MS) return true
  const holder = await readHolder(path)
  return holder !== undefined && holder.host === hostname() && !isAlive(holder.pid)
}

/** Whether a process of this machine lives. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

async function readHolder(path: string): Promise<z.infer<typeof holderShape> | undefined> {
  try {
    return holderShape.parse(JSON.parse(await readFile(path, 'utf8')))
  } catch {
    return undefined
  }
}

async function keyOf(path: string): Promise<string | undefined> {
  return (await readHolder(path))?.key
}

async function holderOf(path: string): Promise<string> {
  const holder = await readHolder(path)
  return holder === undefined ? 'another process' : `process ${holder.pid} on ${holder.host}`
}
