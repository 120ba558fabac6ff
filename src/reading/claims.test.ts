import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { fileClaims, sweepClaims } from './claims.ts'

let folder: string
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'claims-')), 'claims')
})
afterEach(() => rmSync(join(folder, '..'), { recursive: true, force: true }))

const NEVER = new AbortController().signal
const unknown = (): undefined => undefined
const idle = (): void => {}

/** Claims of their own for each, as other processes have; the lock itself is told apart by connection. */
describe('a claim', () => {
  it('is given once, and what its holder stored is found by who waits', async () => {
    let stored: string | undefined
    const first = await fileClaims(folder).take('layer', unknown, NEVER, idle)
    if (first.why !== 'claimed') throw new Error(first.why)
    let waits = 0
    const second = fileClaims(folder).take(
      'layer',
      () => stored,
      NEVER,
      () => {
        waits++
        stored = 'facts'
        first.done(true)
      },
    )
    expect(await second).toEqual({ why: 'known', found: 'facts' })
    expect(waits).toBe(1)
    expect(readdirSync(folder)).toEqual([])
  })

  it('that was given back unsettled goes to the next', async () => {
    const first = await fileClaims(folder).take('layer', unknown, NEVER, idle)
    if (first.why !== 'claimed') throw new Error(first.why)
    const second = await fileClaims(folder).take('layer', unknown, NEVER, () => first.done(false))
    expect(second.why).toBe('claimed')
    if (second.why !== 'known') second.done(true)
  })

  it('for what is never stored is not waited for more than twice', async () => {
    const others = fileClaims(folder)
    let holder = await others.take('layer', unknown, NEVER, idle)
    const turns: Promise<void>[] = []
    const next = async (): Promise<void> => {
      if (holder.why !== 'known') holder.done(true)
      holder = await others.take('layer', unknown, NEVER, idle)
    }
    const last = await fileClaims(folder).take('layer', unknown, NEVER, () => void turns.push(next()))
    await Promise.all(turns)
    expect(last.why).not.toBe('known')
    for (const one of [last, holder]) if (one.why !== 'known') one.done(true)
  })

  it('within one process is not waited for: the runner reads once for both', async () => {
    const claims = fileClaims(folder)
    const first = await claims.take('layer', unknown, NEVER, idle)
    expect((await claims.take('layer', unknown, NEVER, idle)).why).toBe('alone')
    if (first.why !== 'known') first.done(true)
  })

  it('is not waited for longer than the scan may take', async () => {
    const first = await fileClaims(folder).take('layer', unknown, NEVER, idle)
    const stop = new AbortController()
    const second = fileClaims(folder).take('layer', unknown, stop.signal, () => stop.abort(new Error('gave up')))
    await expect(second).rejects.toThrow('gave up')
    if (first.why !== 'known') first.done(true)
  })

  it('of a process that was killed goes to the next', async () => {
    const script = `import(${JSON.stringify(join(import.meta.dirname, 'claims.ts'))}).then(async ({ fileClaims }) => {
      await fileClaims(${JSON.stringify(folder)}).take('layer', () => undefined, new AbortController().signal, () => {})
      process.stdout.write('held')
      setInterval(() => {}, 1000)
    })`
    const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
    await new Promise((resolve) => child.stdout.once('data', resolve))
    const taken = await fileClaims(folder).take('layer', unknown, NEVER, () => child.kill('SIGKILL'))
    expect(taken.why).toBe('claimed')
    if (taken.why !== 'known') taken.done(true)
  })

  it('cannot be made in a folder that is a file, or over a file that is no lock: then each reads for itself', async () => {
    writeFileSync(folder, '')
    expect((await fileClaims(folder).take('layer', unknown, NEVER, idle)).why).toBe('alone')
    rmSync(folder)
    const first = await fileClaims(folder).take('layer', unknown, NEVER, idle)
    if (first.why !== 'known') first.done(false)
    const [name] = readdirSync(folder)
    writeFileSync(join(folder, name), 'this is no database, and long enough to look like one'.repeat(100))
    expect((await fileClaims(folder).take('layer', unknown, NEVER, idle)).why).toBe('alone')
  })

  it('that nobody holds is swept away, and one that is held stays', async () => {
    const left = await fileClaims(folder).take('left', unknown, NEVER, idle)
    if (left.why !== 'known') left.done(false)
    const held = await fileClaims(folder).take('held', unknown, NEVER, idle)
    expect(sweepClaims(folder)).toBe(1)
    expect(readdirSync(folder)).toHaveLength(1)
    if (held.why !== 'known') held.done(true)
  })
})
