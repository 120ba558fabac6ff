import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export const ROOT = join(import.meta.dirname, '..')

/** Runs the launcher as a user would. Resolves to its peak memory in bytes; rejects when it does not end with status 0. */
export function bulwark(words: readonly string[], measureMemory = false): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(join(ROOT, 'bulwark'), words, { stdio: ['ignore', 'ignore', 'pipe'] })
    let peak = 0
    // The launcher becomes the program (exec), so the child's own high-water mark is the program's.
    const timer = measureMemory ? setInterval(() => (peak = Math.max(peak, highWaterMark(child.pid))), 10) : undefined
    let said = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text
    })
    child.once('error', reject)
    child.once('close', (status) => {
      clearInterval(timer)
      if (status === 0) resolve(peak)
      else reject(new Error(`bulwark ${words.join(' ')} ended with status ${status}: ${said.trim()}`))
    })
  })
}

/** The most resident memory that a process has had (`VmHWM`, proc(5)), in bytes; 0 when it has ended. */
function highWaterMark(pid: number | undefined): number {
  try {
    return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024
  } catch {
    return 0
  }
}

/** The words of such a scan of any target: see {@link scanWords}. */
export function quietScan(target: string, cache: string): string[] {
  return ['scan', target, '--offline', '--allow-incomplete', '--quiet', '--format', 'json', '--cache-dir', cache]
}

/** The words of a scan that prints nothing, asks nobody, and keeps what it learns in `cache`; with `advisories` it matches against that file. */
export function scanWords(image: string, cache: string, advisories?: string): string[] {
  const words = quietScan(`oci-layout:${image}`, cache)
  return advisories === undefined ? words : [...words, '--advisories', advisories]
}
