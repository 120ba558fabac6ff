import { describe, expect, it } from 'vitest'
import { ALL_FINDINGS, ALPINE_LAYER, useFlagFixtures } from '../support/flag-fixtures.ts'
import { expectRefused } from '../support/sandbox.ts'
import { dockerArchive, tarball } from '../support/tar-writer.ts'

const fixtures = useFlagFixtures()
const { image } = fixtures

describe('flags about answers that are not whole', () => {
  it('--allow-incomplete makes a blind answer a warning', async () => {
    const none = ['--cache-dir', `${fixtures.folder}/none`]
    const blind = await fixtures.scan(image, none)
    expect(blind).toMatchObject({ status: 3, stdout: expect.stringMatching(/^Blind /m) })
    expect(blind.stdout).toContain('not everything could be examined: see Blind')
    const allowed = await fixtures.scan(image, [...none, '--allow-incomplete'])
    expect(allowed).toMatchObject({ status: 0, stderr: expect.stringContaining('warning: the answer is incomplete') })
    expect(allowed.stdout).toMatch(/^Blind /m)
  })

  it('--exit-code comes before a blind answer', async () => {
    const status = 'Package: a\nStatus: install ok installed\nVersion: 1\nArchitecture: amd64\n\n'
    const layer = tarball([{ name: 'var/lib/dpkg/status', body: status }])
    const half = fixtures.file('half.tar', dockerArchive([{ layers: [ALPINE_LAYER, layer] }]))
    const archLike = fixtures.file('blind.tar', dockerArchive([{ layers: [layer] }]))
    expect((await fixtures.scan(archLike, ['--exit-code', '7'])).status).toBe(3)
    expect((await fixtures.scan(half, ['--exit-code', '7'])).status).toBe(7)
  })

  it('--strict makes a partial answer exit status 3', async () => {
    const layer = tarball([{ name: 'srv/package-lock.json', body: '{"lockfileVersion": 3, "packages": {' }])
    const broken = fixtures.file('broken-lock.tar', dockerArchive([{ layers: [ALPINE_LAYER, layer] }]))
    const partial = await fixtures.scan(broken)
    expect(partial).toMatchObject({ status: 0, stdout: expect.stringMatching(/^Partial +.*srv\/package-lock\.json/m) })
    expect((await fixtures.scan(broken, ['--strict'])).status).toBe(3)
    expect((await fixtures.scan(image, ['--strict'])).status).toBe(0)
    expect((await fixtures.scan(broken, ['--strict', '--exit-code', '7'])).status).toBe(7)
  })
})

describe('flags that bound the work', () => {
  it('--timeout gives up, names the target and gives no answer', async () => {
    const huge = fixtures.hugeImage()
    expectRefused(await fixtures.scan(huge, ['--timeout', '300ms']), 3, 'huge.tar', 'gave up after 0.3 s', '--timeout')
    expect(await fixtures.found(image, ['--timeout', '1m'])).toEqual(ALL_FINDINGS)
    expectRefused(await fixtures.scan(image, ['--timeout', 'soon']), 2, '--timeout', 'soon')
  })

  it('--max-unpacked refuses a layer that unpacks to more, and names it', async () => {
    const layer = tarball([{ name: 'zeros', body: Buffer.alloc(3_000_000) }])
    const target = fixtures.file('large.tar', dockerArchive([{ layers: [ALPINE_LAYER, layer] }]))
    expectRefused(await fixtures.scan(target, ['--max-unpacked', '1M']), 3, /layer [0-9]|sha256:/)
    expect((await fixtures.scan(target, ['--max-unpacked', '4M'])).status).toBe(0)
    expectRefused(await fixtures.scan(target, ['--max-unpacked', 'much']), 2, '--max-unpacked', 'much')
  })

  it('--max-ratio refuses a layer that unpacks to more times its size, and names it', async () => {
    const layer = tarball([{ name: 'zeros', body: Buffer.alloc(70_000_000) }])
    const target = fixtures.file('bomb.tar', dockerArchive([{ layers: [ALPINE_LAYER, layer], compression: 'gzip' }]))
    expectRefused(await fixtures.scan(target, ['--max-ratio', '100']), 3, /ratio of 100/)
    expect((await fixtures.scan(target, ['--max-ratio', '1500'])).status).toBe(0)
    expectRefused(await fixtures.scan(target, ['--max-ratio', '1']), 2, '--max-ratio')
  })

  it('--parallel reads that many layers at once: the answer is the same', async () => {
    const one = ['--cache-dir', `${fixtures.folder}/one`, '--advisories', `${fixtures.cache}/advisories/advisories.db`]
    const eight = one.map((word) => word.replace(/one$/, 'eight'))
    expect(await fixtures.found(image, [...one, '--parallel', '1'])).toEqual(ALL_FINDINGS)
    expect(await fixtures.found(image, [...eight, '--parallel', '8'])).toEqual(ALL_FINDINGS)
    expectRefused(await fixtures.scan(image, ['--parallel', '0']), 2, '--parallel')
  })
})
