import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { cacheDirectory } from './cache-directory.ts'
import { takeLock } from './process-lock.ts'

describe('a lock among processes', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bulwark-lock-'))
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  it('is had by one at a time, in the end by all, and leaves nothing', async () => {
    let [inside, most, turns, waiting] = [0, 0, 0, 0]
    let others: Promise<boolean[]> = Promise.resolve([])
    const first = await takeLock(join(folder, 'lock'), { waitMs: 0 })
    await new Promise<void>((everyoneWaits, wrong) => {
      const turn = async () => {
        const lock = await takeLock(join(folder, 'lock'), {
          waitMs: 20_000,
          waiting: () => {
            if (++waiting === 2) first.release().then(everyoneWaits, wrong)
          },
        })
        most = Math.max(most, ++inside)
        await new Promise(setImmediate)
        inside--
        turns++
        await lock.release()
        return lock.waited
      }
      others = Promise.all([turn(), turn()])
      others.catch(wrong)
    })
    expect(await others).toEqual([true, true])
    expect([first.waited, most, turns]).toEqual([false, 1, 2])
    expect(await readdir(folder)).toEqual([])
  })

  it('is taken over from a dead process, but not from a living one', async () => {
    const path = join(folder, 'lock')
    await writeFile(path, JSON.stringify({ pid: 999_999_999, host: hostname(), key: 'dead' }))
    await (await takeLock(path, { waitMs: 0 })).release()
    await writeFile(path, JSON.stringify({ pid: process.pid, host: hostname(), key: 'alive' }))
    await expect(takeLock(path, { waitMs: 0 })).rejects.toMatchObject({ code: 'locked' })
    await writeFile(path, JSON.stringify({ pid: 999_999_999, host: 'elsewhere', key: 'unknown' }))
    await expect(takeLock(path, { waitMs: 0 })).rejects.toThrow('process 999999999 on elsewhere')
  })
})

describe('the cache folder', () => {
  it('is the one that is named, else the convention of the platform', () => {
    expect(cacheDirectory({ BULWARK_CACHE_DIR: '/c' }, 'linux', '/home/a')).toBe('/c')
    expect(cacheDirectory({ XDG_CACHE_HOME: '/x' }, 'linux', '/home/a')).toBe('/x/bulwark')
    expect(cacheDirectory({ XDG_CACHE_HOME: 'relative' }, 'linux', '/home/a')).toBe('/home/a/.cache/bulwark')
    expect(cacheDirectory({}, 'darwin', '/Users/a')).toBe('/Users/a/Library/Caches/bulwark')
  })
})
