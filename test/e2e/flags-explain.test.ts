import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { explainedDatabase } from '../support/explained-cache.ts'
import { expectRefused, Sandbox } from '../support/sandbox.ts'

const sandbox = new Sandbox()
let database: string

beforeAll(async () => {
  await sandbox.prepare()
  database = await explainedDatabase(sandbox)
})
afterAll(() => sandbox.remove())

const explain = (...words: string[]) =>
  sandbox.run(['advisories', 'explain', '--advisories', database, ...words, 'CVE-2026-1'])
const SHOP = ['--component', 'pkg:npm/shop@1.5.0']

describe('flags of explanations', () => {
  it('--component says which statement counted for a package, and refuses what names none', async () => {
    const { stdout } = await explain(...SHOP)
    expect(stdout).toMatch(/GHSA-aaaa-aaaa-aaaa .*from trivy-db/)
    expect(stdout).toMatch(/npm +shop +< 2\.0\.0 +matched: 1\.5\.0 is within/)
    expectRefused(await explain('--component', 'shop'), 2, 'pkg:npm/lodash@4.17.11')
    expectRefused(await explain('--component', 'pkg:deb/debian/bash@1'), 2, 'debian')
    const unknown = ['advisories', 'explain', '--advisories', database, 'CVE-1999-9']
    expect(await sandbox.run(unknown)).toMatchObject({ status: 1 })
  })

  it('--severity-source says whose severity is shown, and refuses a name that nobody has', async () => {
    expect((await explain(...SHOP)).stdout).toMatch(/severity: ghsa says low: .*before nvd \(critical\)/)
    expect((await explain(...SHOP, '--severity-source', 'redhat,nvd')).stdout).toMatch(/severity: nvd says critical/)
    expectRefused(await explain('--severity-source', 'nonsense'), 2, 'nvd')
  })

  it('--match-policy says who decides, and refuses what is no policy', async () => {
    expect((await explain(...SHOP, '--match-policy', 'agreed')).stdout).toMatch(/a finding: GHSA-aaaa-aaaa-aaaa/)
    expectRefused(await explain('--match-policy', 'nonsense'), 2, 'agreed')
  })

  it('advisories audit finds nothing where one source speaks', async () => {
    const { stdout, status } = await sandbox.run(['advisories', 'audit', '--advisories', database])
    expect({ stdout, status }).toEqual({ stdout: '0 contradictions\n', status: 0 })
  })
})
