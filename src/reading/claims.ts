import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, rmSync, statSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { asFailure } from '../lib/failure.ts'
import { primaryCode, SQLITE_BUSY } from './sqlite-store-tables.ts'
import type { Claims, ClaimTaken } from './types.ts'

const FIRST_PAUSE_MS = 25
const LONGEST_PAUSE_MS = 400
const HEARTBEAT_MS = 5000
/** A holder that gave no sign of life for so long stands still (stopped, or its machine asleep), though its claim is valid. */
const STALE_MS = 60_000
/** A claim that passed so often from one to the next is for something that cannot be stored: everyone reads it for himself. */
const MOST_HANDOVERS = 2

/**
 * Claims in a folder, one empty file each. What is claimed is a lock that SQLite takes on the file (an empty database in an exclusive
 * transaction), the one lock that Node has from the kernel: it ends with its process, also across containers that share the
 * folder, and nothing has to guess from process numbers who lives. Whoever has read and stored takes the file away, which tells the others.
 */
export function fileClaims(folder: string): Claims {
  return new FileClaims(folder)
}

/** Removes claims that nobody holds: they are left by processes that were killed, and mean nothing. Gives their number. */
export function sweepClaims(folder: string): number {
  let swept = 0
  for (const name of namesIn(folder)) {
    const lock = openLock(folder, join(folder, name))
    if (lock?.take() === 'held') swept++
    lock?.release(true)
  }
  return swept
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).filter((name) => /^[0-9a-f]{40}$/.test(name))
  } catch {
    return []
  }
}

class FileClaims implements Claims {
  readonly #folder: string
  readonly #held = new Set<string>()
  readonly #clock = new SharedClock()

  constructor(folder: string) {
    this.#folder = folder
  }

  async take<Found>(
    name: string,
    known: () => Found | undefined,
    signal: AbortSignal,
    waiting: () => void,
  ): Promise<ClaimTaken<Found>> {
    const alone = { why: 'alone', done() {} } as const
    // Another image of this process reads it: the runner gives both what it reads once.
    if (this.#held.has(name)) return alone
    const path = join(this.#folder, createHash('sha256').update(name).digest('hex').slice(0, 40))
    for (let handovers = 0; handovers < MOST_HANDOVERS; handovers++) {
      const lock = openLock(this.#folder, path)
      if (lock === undefined) return alone
      try {
        while (lock.isThere()) {
          const taken = lock.take()
          if (taken === 'broken') return alone
          if (taken === 'held') {
            const found = known()
            if (found === undefined) return this.#hold(name, lock)
            lock.release(true)
            this.#clock.quicken()
            return { why: 'known', found }
          }
          if (this.#held.has(name)) return alone
          if (lock.isStale()) lock.putAside()
          waiting()
          await this.#clock.next(signal)
        }
      } finally {
        if (!this.#held.has(name) || !lock.isHeld) lock.release(false)
      }
      this.#clock.quicken()
      const found = known()
      if (found !== undefined) return { why: 'known', found }
    }
    return alone
  }

  #hold(name: string, lock: Lock): ClaimTaken<never> {
    this.#held.add(name)
    const heartbeat = setInterval(() => lock.beat(), HEARTBEAT_MS)
    heartbeat.unref()
    return {
      why: 'claimed',
      done: (settled) => {
        clearInterval(heartbeat)
        this.#held.delete(name)
        lock.release(settled)
      },
    }
  }
}

interface Lock {
  readonly isHeld: boolean
  /** Whether the file still goes by its name. */
  isThere(): boolean
  /** `broken`: this file, or this file system, cannot be locked at all. */
  take(): 'held' | 'busy' | 'broken'
  beat(): void
  isStale(): boolean
  /** Takes the file's name away though another holds it, so that a new claim can be made. */
  putAside(): void
  /** Lets go; with `settled`, takes the file away too. Safe to call twice. */
  release(settled: boolean): void
}

/** Undefined where no such file can be made. */
function openLock(folder: string, path: string): Lock | undefined {
  let database: DatabaseSync | undefined
  const inodeNow = (): number | undefined => statSync(path, { throwIfNoEntry: false })?.ino
  let inode: number | undefined
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    database = new DatabaseSync(path, { timeout: 0 })
    inode = inodeNow()
  } catch {
    database?.close()
    return undefined
  }
  const opened = database
  let held = false
  let open = true
  const isThere = (): boolean => inode !== undefined && inodeNow() === inode
  const remove = (): void => {
    try {
      if (isThere()) rmSync(path)
    } catch {
      // Another was quicker, or the system keeps names of open files.
    }
  }
  return {
    get isHeld() {
      return held
    },
    isThere,
    take() {
      try {
        // Nothing is ever written, so there is no need of a journal's file. Where another holds the claim, both wait.
        opened.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
      } catch (error) {
        return primaryCode(error) === SQLITE_BUSY ? 'busy' : 'broken'
      }
      // The name may have passed to another file in between: then this lock says nothing to the others.
      held = isThere()
      if (!held) opened.exec('ROLLBACK')
      else this.beat()
      return held ? 'held' : 'busy'
    },
    beat() {
      const now = new Date()
      try {
        if (isThere()) utimesSync(path, now, now)
      } catch {
        // Then the others may read it, too.
      }
    },
    isStale: () => {
      const seen = statSync(path, { throwIfNoEntry: false })?.mtimeMs
      return seen !== undefined && Date.now() - seen > STALE_MS
    },
    putAside: remove,
    release(settled) {
      if (!open) return
      open = false
      if (held && settled) remove()
      held = false
      opened.close()
    },
  }
}

/** Wakes all who wait in this process at once, with jittered pauses that grow until something happens. */
class SharedClock {
  #sleepers: (() => void)[] = []
  #pause = FIRST_PAUSE_MS
  #timer: NodeJS.Timeout | undefined

  /** Resolves at the next tick. @throws Failure, the signal's reason. */
  next(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(asFailure(signal.reason))
      const stop = (): void => reject(asFailure(signal.reason))
      signal.addEventListener('abort', stop, { once: true })
      this.#sleepers.push(() => {
        signal.removeEventListener('abort', stop)
        resolve()
      })
      this.#timer ??= setTimeout(() => this.#tick(), this.#pause * (0.5 + Math.random()))
    })
  }

  quicken(): void {
    this.#pause = FIRST_PAUSE_MS
  }

  #tick(): void {
    this.#timer = undefined
    this.#pause = Math.min(this.#pause * 1.5, LONGEST_PAUSE_MS)
    const woken = this.#sleepers
    this.#sleepers = []
    for (const wake of woken) wake()
  }
}
