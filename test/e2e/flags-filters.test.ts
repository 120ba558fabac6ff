import { describe, expect, it } from 'vitest'
import { ALL_FINDINGS, useFlagFixtures } from '../support/flag-fixtures.ts'
import { expectRefused } from '../support/sandbox.ts'

const fixtures = useFlagFixtures()
const { image } = fixtures

const without = (...words: string[]): readonly string[] =>
  ALL_FINDINGS.filter((name) => !words.some((word) => name.includes(word)))

describe('flags that choose what counts', () => {
  it('none of them: everything that is known is found', async () => {
    expect(await fixtures.found(image)).toEqual(ALL_FINDINGS)
  })

  it('--severity keeps these severities, and says how many it left out, and how many of them are unknown', async () => {
    expect(await fixtures.found(image, ['--severity', 'critical,LOW'])).toEqual(without('0003', 'lodash'))
    expect(await fixtures.found(image, ['-s', 'unknown'])).toEqual(['CVE-2099-0003 musl'])
    const { stdout } = await fixtures.scan(image, ['--severity', 'critical'])
    expect(stdout).toMatch(/Left out +[34] findings by --severity, 1 of them of unknown severity/)
    expectRefused(await fixtures.scan(image, ['--severity', 'terrible']), 2, '--severity', 'terrible')
  })

  it('--ignore-unfixed leaves out what no version fixes', async () => {
    expect(await fixtures.found(image, ['--ignore-unfixed'])).toEqual(without('0002'))
    expect((await fixtures.scan(image, ['--ignore-unfixed'])).stdout).toMatch(/Left out +1 finding by --ignore-unfixed/)
  })

  it('--ignore-status leaves out what the vendor says so of, by our names and by those of Trivy', async () => {
    expect(await fixtures.found(image, ['--ignore-status', 'affected'])).toEqual(without('0002'))
    expect((await fixtures.scan(image, ['--ignore-status', 'fixed,will_not_fix'])).stdout).toMatch(
      /Left out .*by --ignore-status/,
    )
    expectRefused(await fixtures.scan(image, ['--ignore-status', 'nonsense']), 2, '--ignore-status', 'will-not-fix')
  })

  it('--pkg-types examines packages of the system, or libraries', async () => {
    expect(await fixtures.found(image, ['--pkg-types', 'os'])).toEqual(without('GHSA'))
    expect(await fixtures.found(image, ['--pkg-types', 'library'])).toEqual(without('CVE'))
    expectRefused(await fixtures.scan(image, ['--pkg-types', 'kernel']), 2, '--pkg-types', 'kernel')
  })

  it('--distro takes the system to be another', async () => {
    const names = await fixtures.found(image, ['--distro', 'alpine:3.19'])
    expect(names).toEqual(['CVE-2099-0019 openssl', ...without('CVE')])
    expectRefused(await fixtures.scan(image, ['--distro', 'nonsense']), 2, 'distro')
  })

  it('--scanners takes vuln, and refuses by name what is not built', async () => {
    expect(await fixtures.found(image, ['--scanners', 'vuln'])).toEqual(ALL_FINDINGS)
    expectRefused(await fixtures.scan(image, ['--scanners', 'vuln,secret']), 2, '--scanners', 'secret', 'not built yet')
    expectRefused(await fixtures.scan(image, ['--scanners', 'magic']), 2, '--scanners', 'magic')
  })

  it('--ignorefile leaves what it names out of the open findings, with the reason', async () => {
    const file = fixtures.file('exceptions', '# not reachable\nCVE-2099-0001\nGHSA-aaaa-aaaa-aaaa exp:2000-01-01\n')
    expect(await fixtures.found(image, ['--ignorefile', file])).toEqual(without('0001'))
    const yaml = fixtures.file('exceptions.yaml', 'vulnerabilities:\n  - id: CVE-2099-0003\n    statement: no\n')
    expect(await fixtures.found(image, ['--ignorefile', yaml])).toEqual(without('0003'))
    expectRefused(await fixtures.scan(image, ['--ignorefile', `${file}.gone`]), 2, 'exceptions.gone')
  })

  it('--show-suppressed shows what an exception has settled, with who and why', async () => {
    const words = ['--ignorefile', fixtures.file('settled', '# not reachable\nCVE-2099-0001\n')]
    const hidden = await fixtures.scan(image, words)
    expect(hidden.stdout).not.toContain('CVE-2099-0001')
    expect(hidden.stdout).toMatch(/Suppressed +1 \(1 excepted, 0 not affected\) +--show-suppressed/)
    const shown = await fixtures.scan(image, [...words, '--show-suppressed'])
    expect(shown.stdout).toMatch(/CVE-2099-0001 +openssl 3\.3\.0-r0 +excepted by .*settled.*: not reachable/)
  })

  it('--read chooses between what is installed and what is declared', async () => {
    const folder = fixtures.mixedFolder()
    expect(await fixtures.found(folder, ['--min-confidence', '1'])).toEqual(['GHSA-bbbb-bbbb-bbbb minimist'])
    expect(await fixtures.found(folder, ['--read', 'installed'])).toEqual(['GHSA-aaaa-aaaa-aaaa lodash'])
    expect(await fixtures.found(folder, ['--read', 'both', '--include-dev-deps'])).toEqual([
      'GHSA-aaaa-aaaa-aaaa lodash',
      'GHSA-aaaa-aaaa-aaaa lodash',
      'GHSA-bbbb-bbbb-bbbb minimist',
    ])
    expectRefused(await fixtures.scan(folder, ['--read', 'everything']), 2, '--read', 'everything')
  })

  it('--include-dev-deps keeps findings about what only development needs, which are counted without it', async () => {
    const folder = fixtures.mixedFolder()
    const { stdout } = await fixtures.scan(folder)
    expect(stdout).toMatch(
      /Left out +1 finding by scope \(needed for development only; --include-dev-deps keeps them\)/,
    )
    expect(await fixtures.found(folder, ['--include-dev-deps'])).toEqual([
      'GHSA-aaaa-aaaa-aaaa lodash',
      'GHSA-bbbb-bbbb-bbbb minimist',
    ])
  })

  it('--min-confidence leaves out what is less sure', async () => {
    const folder = fixtures.rangesFolder()
    expect(await fixtures.found(folder)).toEqual(['GHSA-bbbb-bbbb-bbbb minimist'])
    expect(await fixtures.found(folder, ['--min-confidence', '0.5'])).toEqual([])
    expectRefused(await fixtures.scan(folder, ['--min-confidence', '7']), 2, '--min-confidence', '7')
  })

  it('--reachable keeps findings by whether the entry point loads what they are about', async () => {
    const node = fixtures.nodeImage()
    const both = ['GHSA-aaaa-aaaa-aaaa lodash', 'GHSA-bbbb-bbbb-bbbb minimist']
    expect(await fixtures.found(node)).toEqual(both)
    expect(await fixtures.found(node, ['--reachable', 'yes,unknown'])).toEqual(both.slice(1))
    expect(await fixtures.found(node, ['--reachable', 'no'])).toEqual(both.slice(0, 1))
    const { stdout } = await fixtures.scan(node, ['--reachable', 'yes'])
    expect(stdout).toMatch(/Left out +1 finding by --reachable/)
    expect(stdout).toContain('reachable: the entry point loads it: bin/node → app/main.js → app/arguments.js')
    expect((await fixtures.scan(node)).stdout).toContain('not reachable: app/main.js does not look for packages in')
    expectRefused(await fixtures.scan(node, ['--reachable', 'maybe']), 2, '--reachable', 'maybe')
  })

  it("--include-owned keeps findings about libraries that are files of the system's packages", async () => {
    const owned = fixtures.ownedImage()
    expect(await fixtures.found(owned)).toEqual([])
    expect((await fixtures.scan(owned)).stdout).toContain('--include-owned keeps them')
    expect(await fixtures.found(owned, ['--include-owned'])).toEqual(['GHSA-aaaa-aaaa-aaaa lodash'])
  })

  it('--all-layers shows what a later layer removed or replaced, with where', async () => {
    const image = fixtures.replacedImage()
    expect(await fixtures.found(image)).toEqual([])
    const words = ['--all-layers']
    expect(await fixtures.found(image, words)).toEqual(['GHSA-aaaa-aaaa-aaaa lodash', 'GHSA-bbbb-bbbb-bbbb minimist'])
    const { stdout } = await fixtures.scan(image, [...words, '--all-findings'])
    expect(stdout).toContain('not in the final image: replaced by layer 2')
    expect(stdout).toContain('not in the final image: removed by layer 3')
  })

  it("--include-kernel-headers matches kernel headers against the kernel's advisories", async () => {
    const headers = fixtures.headersImage()
    expect(await fixtures.found(headers)).toEqual([])
    const { stdout } = await fixtures.scan(headers)
    expect(stdout).toMatch(
      /Not affected +linux-libc-dev 6\.1\.1-1: 1 finding, not affected: vulnerable code not present/,
    )
    expect(await fixtures.found(headers, ['--include-kernel-headers'])).toEqual(['CVE-2099-0012 linux-libc-dev'])
  })

  it('--skip-files leaves out files by pattern', async () => {
    expect(await fixtures.found(image, ['--skip-files', '**/minimist/package.json'])).toEqual(without('minimist'))
    const both = ['--skip-files', 'opt/tool/**', '--skip-files', '/srv/app/node_modules/lodash/package.json']
    expect(await fixtures.found(image, both)).toEqual(without('GHSA'))
  })

  it('--skip-dirs leaves out folders by pattern', async () => {
    expect(await fixtures.found(image, ['--skip-dirs', 'srv'])).toEqual(without('lodash'))
    expect(await fixtures.found(image, ['--skip-dirs', '**/node_modules'])).toEqual(without('GHSA'))
  })

  it('--platform chooses among the images of a layout, and lists them when there is none of that kind', async () => {
    const layout = fixtures.layoutOfTwo()
    expect(await fixtures.found(layout, ['--platform', 'linux/amd64'])).toEqual(ALL_FINDINGS)
    expect(await fixtures.found(layout, ['--platform', 'linux/arm64'])).toEqual(without('GHSA'))
    const refused = await fixtures.scan(layout, ['--platform', 'linux/s390x'])
    expectRefused(refused, 3, 'linux/s390x', 'linux/amd64', 'linux/arm64')
  })

  it('--exit-code is the status when findings are left after the filters, and cannot be 2 or 3', async () => {
    expect((await fixtures.scan(image)).status).toBe(0)
    expect((await fixtures.scan(image, ['--exit-code', '7'])).status).toBe(7)
    const nothing = ['--exit-code', '7', '--severity', 'negligible']
    expect((await fixtures.scan(image, nothing)).status).toBe(0)
    expectRefused(await fixtures.scan(image, ['--exit-code', '2']), 2, 'cannot be 2', 'wrong usage')
    expectRefused(await fixtures.scan(image, ['--exit-code', '3']), 2, 'cannot be 3', 'could not be given')
  })
})
