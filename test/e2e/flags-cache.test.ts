import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ALL_FINDINGS, ALPINE_LAYER, useFlagFixtures } from '../support/flag-fixtures.ts'
import { expectRefused } from '../support/sandbox.ts'
import { dockerArchive, tarball } from '../support/tar-writer.ts'

const fixtures = useFlagFixtures()
const { image } = fixtures

/** What `cache status` says, as data. */
async function status(words: readonly string[] = []) {
  const ran = await fixtures.run(['cache', 'status', '--format', 'json', ...words])
  expect(ran.status, ran.stderr).toBe(0)
  return JSON.parse(ran.stdout)
}

/** A layer whose index alone takes 60 KB, another one for each number. */
function largeLayer(number: number): Buffer {
  return tarball(Array.from({ length: 4000 }, (_, i) => ({ name: `srv/${number}/${i}` })))
}

describe('flags about the cache of layers', () => {
  it('--cache-max bounds what is kept: what was not used for the longest time goes', async () => {
    const small = ['--cache-max', '300K', '--cache-dir', join(fixtures.folder, 'small')]
    for (let number = 0; number < 6; number++) {
      const target = fixtures.file('large.tar', dockerArchive([{ layers: [ALPINE_LAYER, largeLayer(number)] }]))
      await fixtures.scan(target, [...small, '--allow-incomplete'])
    }
    const kept = await status(small)
    expect(kept.usedBytes).toBeLessThanOrEqual(400 * 1024)
    expect(kept.layers.count).toBeGreaterThan(0)
    expect(kept.layers.count).toBeLessThan(7)
    expect(kept.limitBytes).toBe(300 * 1024)
    const none = ['--cache-max', '0', '--cache-dir', join(fixtures.folder, 'none')]
    await fixtures.scan(image, [...none, '--allow-incomplete'])
    expect((await status(none)).layers.count).toBe(0)
    expectRefused(await fixtures.scan(image, ['--cache-max', 'much']), 2, '--cache-max', 'much')
  })

  it('--shared-cache serves a machine that has read nothing itself', async () => {
    const shared = join(fixtures.folder, 'shared')
    const machine = (name: string): Record<string, string> => ({ BULWARK_CACHE_DIR: join(fixtures.folder, name) })
    const words = ['--shared-cache', shared, '--advisories', join(fixtures.cache, 'advisories/advisories.db')]
    expect(await fixtures.found(image, words, { env: machine('a') })).toEqual(ALL_FINDINGS)
    expect(readdirSync(shared)).toEqual(['facts-1'])
    const second = await fixtures.scan(image, [...words, '--debug'], { env: machine('b') })
    expect(second.stderr).toContain('in the shared cache')
    expect(second.stderr).not.toContain('cache: reading')
    expect(await fixtures.found(image, words, { env: machine('b') })).toEqual(ALL_FINDINGS)
    const byVariable = { ...machine('c'), BULWARK_SHARED_CACHE: shared }
    const third = await fixtures.scan(image, ['--debug', ...words.slice(2)], { env: byVariable })
    expect(third.stderr).toContain('in the shared cache')
  })

  it('--older-than removes only what was not used for so long', async () => {
    await fixtures.found(image)
    expect((await status()).layers.count).toBe(2)
    const kept = await fixtures.run(['cache', 'clean', '--older-than', '1d'])
    expect(kept).toMatchObject({ status: 0, stdout: expect.stringContaining('nothing to remove') })
    expect((await status()).layers.count).toBe(2)
    const gone = await fixtures.run(['cache', 'clean', '--older-than', '0h'])
    expect(gone.stdout).toContain('removed 2 layers')
    expect((await status()).layers.count).toBe(0)
    expect(existsSync(join(fixtures.cache, 'advisories/advisories.db'))).toBe(true)
    expectRefused(await fixtures.run(['cache', 'clean', '--older-than', 'long']), 2, '--older-than', 'long')
  })
})
