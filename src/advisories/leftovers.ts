import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Failure } from '../lib/failure.ts'
import { isAlive } from '../lib/process-lock.ts'

const WEEK_MS = 7 * 24 * 60 * 60_000

/** What killed updates left: databases half built, and parts of files that nobody came back for. */
export async function removeLeftovers(folder: string, now: number): Promise<void> {
  for (const name of await readdir(folder)) {
    const half = /^(?:new-(\d+)-|bulwark-advisories-(\d+)-|update\.lock\.|met-ecosystems\.json\.)/.exec(name)
    if (half === null) continue
    const pid = Number(half[1] ?? half[2] ?? 0)
    const age =
      now -
      (await stat(join(folder, name)).then(
        (of) => of.mtimeMs,
        () => now,
      ))
    if (pid > 0 ? !isAlive(pid) || age > WEEK_MS : age > 60 * 60_000) await rm(join(folder, name), { force: true })
  }
  const parts = join(folder, 'fetch')
  for (const name of await readdir(parts).catch(() => [])) {
    const age =
      now -
      (await stat(join(parts, name)).then(
        (of) => of.mtimeMs,
        () => now,
      ))
    if (age > WEEK_MS) await rm(join(parts, name), { force: true })
  }
}

/** SQLite and the file system each have their own word for a full disk. */
export function diskFailure(error: unknown, folder: string): unknown {
  const { code, errcode, message } = error as { code?: string; errcode?: number; message?: string }
  const full = code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG' || errcode === 13 || errcode === 10
  if (!full && (errcode === undefined || !/disk|I\/O/.test(message ?? ''))) return error
  return new Failure('disk-full', `cannot write the advisory database in ${folder}: ${message}`, {
    input: folder,
    hints: [
      'the last database stays in use; make room, or choose another folder with --cache-dir or BULWARK_CACHE_DIR',
    ],
    cause: error,
  })
}
