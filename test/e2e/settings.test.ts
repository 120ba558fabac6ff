import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ALL_FINDINGS, useFlagFixtures } from '../support/flag-fixtures.ts'
import { expectRefused } from '../support/sandbox.ts'

const fixtures = useFlagFixtures()
const { image } = fixtures
const CRITICAL = ['CVE-2099-0001 openssl', 'GHSA-bbbb-bbbb-bbbb minimist']
const UNKNOWN = ['CVE-2099-0003 musl']
const LOW = ['CVE-2099-0002 busybox']

/** A working folder with this `.bulwark.yaml`. */
function folderWith(name: string, settings: string): string {
  const folder = join(fixtures.folder, name)
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, '.bulwark.yaml'), settings)
  return folder
}

describe('settings', () => {
  it('come from the flag, else the environment, else the file, else the default', async () => {
    const cwd = folderWith('precedence', 'severity: [low]\n')
    const env = { BULWARK_SEVERITY: 'unknown' }
    expect(await fixtures.found(image)).toEqual(ALL_FINDINGS)
    expect(await fixtures.found(image, [], { cwd })).toEqual(LOW)
    expect(await fixtures.found(image, [], { cwd, env })).toEqual(UNKNOWN)
    expect(await fixtures.found(image, ['--severity', 'critical'], { cwd, env })).toEqual(CRITICAL)
  })

  it('of the environment name every flag: switches, numbers, lists, and those of the advisories', async () => {
    const env = { BULWARK_IGNORE_UNFIXED: 'true', BULWARK_EXIT_CODE: '9', BULWARK_SKIP_DIRS: 'srv,opt' }
    const ran = await fixtures.scan(image, [], { env })
    expect(ran.status).toBe(9)
    expect(ran.stdout).not.toMatch(/CVE-2099-0002|GHSA/)
    const elsewhere = join(fixtures.folder, 'by environment')
    const update = await fixtures.run(['advisories', 'update'], {
      env: { BULWARK_FROM: fixtures.mirror, BULWARK_CACHE_DIR: elsewhere, BULWARK_ECOSYSTEMS: 'npm' },
    })
    expect(update).toMatchObject({ status: 0, stdout: expect.stringMatching(/^ npm +taken +32 /m) })
    expect(update.stdout).not.toContain('Alpine')
  })

  it('of the file may turn a switch on that the command line turns off', async () => {
    const cwd = folderWith('switch', 'ignore-unfixed: true\nexit-code: 7\n')
    expect((await fixtures.scan(image, [], { cwd })).status).toBe(7)
    expect(await fixtures.found(image, [], { cwd })).not.toContain(LOW[0])
    expect(await fixtures.found(image, ['--ignore-unfixed=false'], { cwd })).toEqual(ALL_FINDINGS)
  })

  it('that are wrong are refused by the name of the place where they stand', async () => {
    const scan = (settings: string) => fixtures.scan(image, [], { cwd: folderWith('wrong', settings) })
    expectRefused(await scan('timeout: 5m\nseverty: high\n'), 2, '.bulwark.yaml:2', 'severty')
    expectRefused(await scan('severity: dreadful\n'), 2, '.bulwark.yaml:1', 'severity', 'dreadful')
    expectRefused(await scan('severity: {a: b}\n'), 2, '.bulwark.yaml:1')
    expectRefused(await scan('severity: [high\n'), 2, '.bulwark.yaml')
    expectRefused(await scan('- high\n'), 2, '.bulwark.yaml')
    expectRefused(await fixtures.scan(image, [], { env: { BULWARK_EXIT_CODE: '3' } }), 2, 'BULWARK_EXIT_CODE')
    expectRefused(await fixtures.scan(image, [], { env: { BULWARK_STRICT: 'perhaps' } }), 2, 'BULWARK_STRICT')
  })

  it('are listed by bulwark settings, each with its value and origin', async () => {
    const cwd = folderWith('listed', '# ours\nseverity: [critical, high]\n')
    const options = { cwd, env: { BULWARK_TIMEOUT: '5m' } }
    const table = await fixtures.run(['settings', '--exit-code', '1'], options)
    expect(table).toMatchObject({ status: 0, stderr: '' })
    expect(table.stdout).toMatch(/^severity +critical,high +file \.bulwark\.yaml:2$/m)
    expect(table.stdout).toMatch(/^timeout +\S+ +environment BULWARK_TIMEOUT$/m)
    expect(table.stdout).toMatch(/^exit-code +1 +flag --exit-code$/m)
    expect(table.stdout).toMatch(/^ignore-unfixed +false +default$/m)
    const json = await fixtures.run(['settings', '--format', 'json'], options)
    expect(JSON.stringify(JSON.parse(json.stdout))).toContain('.bulwark.yaml:2')
    expectRefused(await fixtures.run(['settings', '--severity', 'dreadful']), 2, '--severity', 'dreadful')
  })
})
