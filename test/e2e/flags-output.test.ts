import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { useFlagFixtures } from '../support/flag-fixtures.ts'
import { expectRefused } from '../support/sandbox.ts'
import { slowMirror } from '../support/slow-mirror.ts'

const fixtures = useFlagFixtures()
const { image } = fixtures

describe('flags of the report', () => {
  it('--format is a table for people or a versioned JSON document', async () => {
    const table = await fixtures.scan(image)
    expect(table.stdout).toMatch(/^CRITICAL +CVE-2099-0001 +openssl 3\.3\.0-r0 → 3\.3\.2-r0 +CVSS 9\.8/m)
    const json = JSON.parse((await fixtures.scan(image, ['-f', 'json'])).stdout)
    expect(json).toMatchObject({ schemaVersion: expect.stringMatching(/^\d+\.\d+/), complete: true, whole: true })
    expectRefused(await fixtures.scan(image, ['--format', 'html']), 2, '--format', 'html')
  })

  it('--output writes the report to a file, whole or not at all, and an error where it cannot', async () => {
    const folder = join(fixtures.folder, 'reports')
    mkdirSync(folder)
    const file = join(folder, 'result.json')
    const ran = await fixtures.scan(image, ['--format', 'json', '--output', file, '--exit-code', '1'])
    expect(ran).toMatchObject({ status: 1, stdout: '' })
    expect(JSON.parse(readFileSync(file, 'utf8')).components).toHaveLength(5)
    expect(readdirSync(folder)).toEqual(['result.json'])

    expectRefused(await fixtures.scan(image, ['-o', join(folder, 'no', 'such.json')]), 3, 'no/such.json')
    expect((await fixtures.scan(`${image}.gone`, ['-o', join(folder, 'second.json')])).status).toBe(3)
    expect(readdirSync(folder)).toEqual(['result.json'])
  })

  it('--output that may not be written is an error, for a user who may not', async (context) => {
    if (process.getuid?.() !== 0) return context.skip('needs to run as root, to start as a user who may not write')
    const folder = join(fixtures.folder, 'closed')
    mkdirSync(folder, { mode: 0o755 })
    for (const open of [fixtures.folder, fixtures.cwd]) chmodSync(open, 0o755)
    for (const open of [fixtures.tmp, join(fixtures.folder, 'home')]) chmodSync(open, 0o777)
    const words = ['--output', join(folder, 'x'), '--cache-dir', join(fixtures.tmp, 'cache'), '--allow-incomplete']
    const ran = await fixtures.scan(image, words, { uid: 65534, env: { BULWARK_QUIET: 'true' } })
    expect(ran.status, ran.stderr).toBe(3)
    expect(ran.stderr).toMatch(/^error: .*closed\/x: the report could not be written: permission denied$/m)
    expect(existsSync(join(folder, 'x'))).toBe(false)
  })

  it('--list-all-pkgs shows every package', async () => {
    const musl = /^ musl +1\.2\.5-r0 +x86_64 +Alpine:v3\.20 +lib\/apk\/db\/installed$/m
    expect((await fixtures.scan(image)).stdout).not.toMatch(musl)
    expect((await fixtures.scan(image, ['--list-all-pkgs'])).stdout).toMatch(musl)
  })

  it('--all-findings shows more than the first', async () => {
    const source = fixtures.lockFolder()
    const some = await fixtures.scan(source)
    expect(some.stdout.match(/many 1\.0\.0 → 2\.0\.0 +CVSS/g)).toHaveLength(25)
    expect(some.stdout).toContain('… 5 more findings: --all-findings')
    const all = await fixtures.scan(source, ['--all-findings'])
    expect(all.stdout.match(/many 1\.0\.0 → 2\.0\.0 +CVSS/g)).toHaveLength(30)
  })

  it('--no-progress says nothing of progress, and still what is incomplete', async () => {
    const server = await slowMirror(800)
    const first = ['--cache-dir', join(fixtures.folder, 'first'), '--allow-incomplete']
    const env = { BULWARK_ADVISORIES_URL: server.url }
    try {
      const shown = await fixtures.run(['scan', ...first, image], { env })
      expect(shown.stderr).toMatch(/^advisories: /m)
      const second = ['--cache-dir', join(fixtures.folder, 'second'), '--no-progress']
      expect(await fixtures.run(['scan', ...second, image], { env })).toMatchObject({ status: 0, stderr: '' })
      const none = ['--cache-dir', join(fixtures.folder, 'none'), '--no-progress']
      const blind = await fixtures.scan(image, [...none])
      expect(blind).toMatchObject({ status: 3, stderr: expect.stringContaining('the answer is incomplete') })
    } finally {
      await server.close()
    }
  })

  it('--quiet says nothing on stderr but errors', async () => {
    const none = ['--cache-dir', join(fixtures.folder, 'none'), '-q']
    expect(await fixtures.scan(image, none)).toMatchObject({ status: 3, stderr: '' })
    expectRefused(await fixtures.scan(`${image}.gone`, ['--quiet']), 3, 'image.tar.gone')
    const server = await slowMirror(800)
    const words = ['scan', '--quiet', '--cache-dir', join(fixtures.folder, 'third'), image]
    const ran = await fixtures.run(words, { env: { BULWARK_ADVISORIES_URL: server.url } })
    await server.close()
    expect(ran).toMatchObject({ status: 0, stderr: '' })
  })

  it('--debug explains a failure with its code and where it came from', async () => {
    const plain = await fixtures.scan(`${image}.gone`)
    expect(plain.stderr.trim().split('\n').length).toBeLessThanOrEqual(4)
    expect(plain.stderr).not.toContain('code:')
    const explained = await fixtures.scan(`${image}.gone`, ['--debug'])
    expect(explained.stderr).toMatch(/^ {2}code: no-such-target$/m)
    expect(explained.stderr).toMatch(/^ {4}at /m)
  })
})
