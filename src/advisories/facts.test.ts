import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { componentOf, inventoryOf, recordOf } from '../../test/support/advisories.ts'
import { openStored } from './database/read.ts'
import { createDraft } from './database/write.ts'
import { matchInventory } from './matching/match.ts'
import { buildShards } from './shards/build.ts'
import type { AdvisoryDatabase, SourcedFact } from './types.ts'

const AT = '2026-11-24T00:00:00Z'
const FACTS: readonly SourcedFact[] = [
  {
    cve: 'CVE-2026-0001',
    source: 'exploit-db',
    exploit: 'public',
    reference: 'https://example.org/1',
    since: '2026-01-02',
  },
  { cve: 'CVE-2026-0001', source: 'metasploit', exploit: 'public' },
  { cve: 'CVE-2026-0001', source: 'metasploit', exploit: 'weaponised' },
  { cve: 'CVE-2026-0002', source: 'nuclei', exploit: 'public' },
  {
    cve: 'CVE-2026-0003',
    source: 'vulnrichment',
    ssvc: { exploitation: 'none', automatable: 'no', technicalImpact: 'partial' },
  },
]

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bulwark-facts-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function written(): string {
  const path = join(folder, 'advisories.db')
  const draft = createDraft(path)
  const npm = draft.ecosystem('npm')
  for (const number of [1, 2, 3, 4])
    npm.add(
      recordOf({
        id: `GHSA-aaaa-aaaa-aaa${number}`,
        aliases: [`CVE-2026-000${number}`],
        affected: [
          { package: { ecosystem: 'npm', name: 'shop' }, ranges: [{ type: 'SEMVER', events: [{ introduced: '0' }] }] },
        ],
      }),
      AT,
      { source: 'osv', fetchedAt: AT },
    )
  npm.finish('osv', AT)
  draft.facts(FACTS)
  draft.finish({ builtAt: AT, from: 'osv', checkedAt: AT, warnings: [], listed: [] })
  return path
}

const maturities = (database: AdvisoryDatabase) =>
  matchInventory(inventoryOf([componentOf({ name: 'shop', version: '1.0.0', ecosystem: 'npm' })]), database, {
    includeKernelHeaders: false,
    image: false,
  })
    .findings.map(({ names: [name], exploit }) => [
      name,
      exploit.maturity,
      exploit.proofs?.map(({ source }) => source) ?? [],
    ])
    .sort()

describe('facts about weaknesses', () => {
  it('make exploits public or weaponised, with where they are published', () => {
    const database = openStored(written())
    expect(maturities(database)).toEqual([
      ['CVE-2026-0001', 'weaponised', ['exploit-db', 'metasploit']],
      ['CVE-2026-0002', 'public', ['nuclei']],
      ['CVE-2026-0003', 'none-known', []],
      ['CVE-2026-0004', 'none-known', []],
    ])
    expect(database.facts('CVE-2026-0003')).toMatchObject([
      { source: 'vulnrichment', ssvc: { technicalImpact: 'partial' } },
    ])
    database.close()
  })

  it('come with the shards, and stay where a database is renewed', async () => {
    const first = openStored(written())
    const { manifest } = buildShards(first, join(folder, 'shards'))
    expect(manifest.exploitation.bytes).toBeGreaterThan(0)
    const path = join(folder, 'renewed.db')
    const draft = createDraft(path)
    draft.keep(first, 'npm', { fetchedAt: '2026-11-25T00:00:00Z' })
    draft.facts(first.allFacts())
    draft.epss([['CVE-2026-0001', 0.5, 0.9]])
    draft.finish({ builtAt: AT, from: 'osv', checkedAt: AT, warnings: [], listed: [] })
    const renewed = openStored(path)
    expect(maturities(renewed)).toEqual(maturities(first))
    expect(renewed.epss('CVE-2026-0001')?.probability).toBe(0.5)
    expect(renewed.ecosystem('npm')?.fetchedAt).toBe('2026-11-25T00:00:00Z')
    renewed.close()
    first.close()
  })
})
