import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { explainedDatabase } from '../support/explained-cache.ts'
import { expectRefused, Sandbox } from '../support/sandbox.ts'

const sandbox = new Sandbox()
let database: string
let shop: string

beforeAll(async () => {
  await sandbox.prepare()
  database = await explainedDatabase(sandbox)
  shop = join(sandbox.folder, 'shop')
  mkdirSync(shop)
  writeFileSync(
    join(shop, 'package-lock.json'),
    JSON.stringify({ lockfileVersion: 3, packages: { '': { name: 'x' }, 'node_modules/shop': { version: '1.5.0' } } }),
  )
})
afterAll(() => sandbox.remove())

const why = (...words: string[]) => sandbox.run(['why', '--advisories', database, ...words])

describe('bulwark why', () => {
  it('says that it is reported, and by whose word', async () => {
    const { stdout, status } = await why('CVE-2026-1', shop)
    expect(stdout).toMatch(
      /CVE-2026-1 in shop 1\.5\.0 is reported: low by ghsa, from GHSA-aaaa-aaaa-aaaa\n {2}in package-lock\.json/,
    )
    expect(status).toBe(0)
  })

  it('says which flag leaves it out, who excepted it, and what other rules make of it', async () => {
    expect((await why('--severity', 'critical', 'CVE-2026-1', shop)).stdout).toMatch(/is left out by --severity/)
    expect((await why('--severity', 'critical', '--severity-source', 'nvd', 'CVE-2026-1', shop)).stdout).toMatch(
      /is reported: critical by nvd/,
    )
    const file = join(sandbox.folder, 'ignore')
    writeFileSync(file, 'GHSA-aaaa-aaaa-aaaa\n')
    expect((await why('--ignorefile', file, 'CVE-2026-1', shop)).stdout).toMatch(/is excepted by .*ignore/)
  })

  it('says that the package is there and outside the range, or not there', async () => {
    expect((await why('CVE-2026-2', shop)).stdout).toMatch(
      /shop 1\.5\.0 \(npm\) is there: no finding: 1\.5\.0 is outside every range\n.*GHSA-bbbb-bbbb-bbbb: npm shop < 1\.0\.0/,
    )
    expect((await why('CVE-2026-3', shop)).stdout).toMatch(
      /nothing of what CVE-2026-3 is about is in the target\n.*other \(npm\)/,
    )
  })

  it('cannot say where nobody goes by the name, or nothing is here, and tells what to do', async () => {
    const unknown = await why('CVE-1999-9', shop)
    expect(unknown).toMatchObject({
      status: 3,
      stdout: expect.stringMatching(/no advisory that is here goes by the name CVE-1999-9/),
    })
    const none = await sandbox.run([
      'why',
      '--cache-dir',
      join(sandbox.folder, 'nothing'),
      '--no-update',
      'CVE-2026-1',
      shop,
    ])
    expect(none).toMatchObject({ status: 3, stdout: expect.stringMatching(/there are no advisories on this machine/) })
    expectRefused(await why('CVE-2026-1'), 2, 'bulwark why CVE')
  })

  it('says the same as JSON', async () => {
    const { stdout } = await why('--format', 'json', 'CVE-2026-2', shop)
    expect(JSON.parse(stdout)).toMatchObject({ id: 'CVE-2026-2', answers: [{ reason: 'outside-range' }] })
  })
})
