import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ALL_FINDINGS, namesIn, useFlagFixtures } from '../support/flag-fixtures.ts'
import { expectRefused } from '../support/sandbox.ts'
import { dockerArchive, tarball } from '../support/tar-writer.ts'

const fixtures = useFlagFixtures()
const { image } = fixtures
const JSON_OFFLINE = ['--format', 'json', '--skip-db-update']

describe("Trivy's command lines", () => {
  it('--input names the image archive, in place of the target', async () => {
    expect(namesIn(await fixtures.run(['image', ...JSON_OFFLINE, '--input', image]))).toEqual(ALL_FINDINGS)
    expectRefused(await fixtures.run(['image', '--input', image, image]), 2, '--input')
    expectRefused(await fixtures.run(['image', '--skip-db-update']), 2, 'needs a target')
    expectRefused(await fixtures.run(['fs', '--input', image]), 2, '--input')
  })

  it('--exit-on-eol is the status when the system is past its end of life', async () => {
    const layer = tarball([
      { name: 'etc/os-release', body: 'ID=alpine\nVERSION_ID=3.10.2\n' },
      { name: 'lib/apk/db/installed', body: 'P:musl\nV:9\nA:x86_64\nL:MIT\no:musl\n\n' },
    ])
    const old = fixtures.file('old.tar', dockerArchive([{ layers: [layer] }]))
    const words = ['image', '--skip-db-update', '--allow-incomplete', '--input', old]
    expect((await fixtures.run(words)).status).toBe(0)
    expect((await fixtures.run([...words, '--exit-on-eol', '5'])).status).toBe(5)
    expectRefused(await fixtures.run([...words, '--exit-on-eol', '3']), 2, '--exit-on-eol')
  })

  it('--skip-db-update, --skip-update and --offline-scan ask nobody for advisories', async () => {
    const env = { BULWARK_ADVISORIES_URL: 'http://127.0.0.1:9', BULWARK_CACHE_DIR: join(fixtures.folder, 'nothing') }
    for (const flag of ['--skip-db-update', '--skip-update', '--offline-scan']) {
      const ran = await fixtures.run(['image', flag, '--input', image], { env })
      expect(ran.status, ran.stderr).toBe(3)
      expect(ran.stdout.replace(/\s+/g, ' ')).not.toContain('could not be updated')
    }
    const asks = await fixtures.run(['image', '--input', image], { env })
    expect(asks.stdout.replace(/\s+/g, ' ')).toContain('the advisories could not be updated')
  })

  it('--vuln-type is --pkg-types', async () => {
    const ran = await fixtures.run(['image', ...JSON_OFFLINE, '--vuln-type', 'library', '--input', image])
    expect(namesIn(ran)).toEqual(ALL_FINDINGS.filter((name) => name.startsWith('GHSA')))
  })

  it('--vuln-severity-source is --severity-source', async () => {
    const words = ['image', ...JSON_OFFLINE, '--input', image, '--vuln-severity-source']
    expect(namesIn(await fixtures.run([...words, 'nvd,auto']))).toEqual(ALL_FINDINGS)
    expectRefused(await fixtures.run([...words, 'nonsense']), 2, 'nvd')
  })

  it('--security-checks is --scanners', async () => {
    const ran = await fixtures.run(['image', ...JSON_OFFLINE, '--security-checks', 'vuln', '--input', image])
    expect(namesIn(ran)).toEqual(ALL_FINDINGS)
    const words = ['image', '--security-checks', 'vuln,config', '--input', image]
    expectRefused(await fixtures.run(words), 2, 'config', 'not built yet')
  })

  it('fs and repo count what is locked, rootfs what is installed', async () => {
    const lock = { lockfileVersion: 3, packages: { '': {}, 'node_modules/lodash': { version: '4.17.11' } } }
    fixtures.file('both/package-lock.json', JSON.stringify(lock))
    const minimist = JSON.stringify({ name: 'minimist', version: '1.2.0' })
    fixtures.file('both/node_modules/minimist/package.json', minimist)
    const both = join(fixtures.folder, 'both')
    for (const [command, names] of [
      ['fs', ['GHSA-aaaa-aaaa-aaaa lodash']],
      ['repo', ['GHSA-aaaa-aaaa-aaaa lodash']],
      ['rootfs', ['GHSA-bbbb-bbbb-bbbb minimist']],
    ] as const)
      expect(namesIn(await fixtures.run([command, ...JSON_OFFLINE, both])), command).toEqual(names)
    expectRefused(await fixtures.run(['repo', 'https://example.org/x.git']), 2, 'https://example.org/x.git')
  })

  it('a flag that is not built is refused by name, in every command', async () => {
    for (const [command, flag] of [
      ['image', '--server'],
      ['image', '--vex'],
      ['fs', '--secret-config'],
      ['repo', '--branch'],
      ['rootfs', '--ignore-policy'],
    ] as const)
      expectRefused(await fixtures.run([command, flag, 'x', image]), 2, flag, 'not built yet')
    expectRefused(await fixtures.run(['image', '--no-such-flag', image]), 2, '--no-such-flag')
    expectRefused(await fixtures.run(['sbom', image]), 2, 'sbom')
    expectRefused(await fixtures.run(['nonsense', image]), 2, 'nonsense')
  })
})
