import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createDraft } from '../src/advisories/database/write.ts'
import { matchInventory, type OsvRecord, openAdvisories } from '../src/advisories/index.ts'
import type { Component } from '../src/model/component.ts'
import { componentOf, inventoryOf, recordOf } from '../test/support/advisories.ts'
import { type Benchmark, median } from './benchmark.ts'

const RECORDS = 300_000
const COMPONENTS = 1_000
const ROUNDS = 7

/** How the generated records are spread: as in OSV, about five a package, half of them a distribution's. */
const SHARES = [
  { ecosystem: 'Debian', share: 0.4, release: ':12', prefix: 'DEBIAN-CVE' },
  { ecosystem: 'npm', share: 0.25, release: '', prefix: 'GHSA' },
  { ecosystem: 'PyPI', share: 0.15, release: '', prefix: 'PYSEC' },
  { ecosystem: 'Go', share: 0.1, release: '', prefix: 'GO' },
  { ecosystem: 'Maven', share: 0.1, release: '', prefix: 'GHSA' },
] as const

const RECORDS_PER_PACKAGE = 5
const DETAILS = 'An attacker who can send a crafted request makes the parser read past the end of its buffer. '.repeat(
  8,
)

/** Matching a large image's components against as many records as the world has, from the database file, opened anew each time. */
export const match: Benchmark = {
  id: 'match',
  async run(report) {
    const scratch = mkdtempSync(join(tmpdir(), 'bulwark-match-'))
    try {
      const file = join(scratch, 'advisories.db')
      build(file)
      const inventory = inventoryOf(components())
      const opened: number[] = []
      const matched: number[] = []
      for (let round = 0; round < ROUNDS; round++) {
        const start = performance.now()
        const database = openAdvisories(file)
        const open = performance.now()
        const { findings } = matchInventory(inventory, database, { image: true, includeKernelHeaders: false })
        const end = performance.now()
        database.close()
        if (findings.length < COMPONENTS / 4) throw new Error(`only ${findings.length} findings: nothing was measured`)
        opened.push(open - start)
        matched.push(end - open)
      }
      report({ name: 'match-open-database', measured: median(opened), unit: 'ms', limit: 5, at: 'most' })
      report({ name: 'match-1000-components', measured: median(matched), unit: 'ms', limit: 150, at: 'most' })
      report({ name: 'match-1000-components-first', measured: matched[0], unit: 'ms', limit: 150, at: 'most' })
    } finally {
      rmSync(scratch, { recursive: true, force: true })
    }
  },
}

function build(file: string): void {
  const draft = createDraft(file)
  const at = '2026-01-01T00:00:00Z'
  for (const { ecosystem, share, release, prefix } of SHARES) {
    const filled = draft.ecosystem(ecosystem)
    for (let index = 0; index < RECORDS * share; index++) {
      filled.add(generated(index, ecosystem, release, prefix), at, { source: 'generated', fetchedAt: at })
    }
    filled.finish('generated', at)
  }
  draft.epss(Array.from({ length: RECORDS }, (_, index) => [`CVE-2024-${10_000 + index}`, 0.01, 0.5] as const))
  draft.finish({
    builtAt: at,
    from: 'generated',
    checkedAt: at,
    warnings: [],
    listed: SHARES.map((one) => one.ecosystem),
  })
}

/** One record: a package's fixes stand at 1.0.0, 1.1.0 … so that an installed version in between has some of them. */
function generated(index: number, ecosystem: string, release: string, prefix: string): OsvRecord {
  const cve = `CVE-2024-${10_000 + index}`
  const fixed = `1.${index % RECORDS_PER_PACKAGE}.0`
  const distribution = release !== ''
  return recordOf({
    id: distribution ? `${prefix}-${cve.slice(4)}` : `${prefix}-${ecosystem.toLowerCase()}-${index}`,
    ...(distribution ? { upstream: [cve] } : { aliases: [cve] }),
    published: '2024-05-01T00:00:00Z',
    summary: 'Out-of-bounds read in the parser',
    details: DETAILS,
    severity: [{ type: 'CVSS_V3', score: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H' }],
    affected: [
      {
        package: { ecosystem: `${ecosystem}${release}`, name: `package-${Math.floor(index / RECORDS_PER_PACKAGE)}` },
        ranges: [{ type: distribution ? 'ECOSYSTEM' : 'SEMVER', events: [{ introduced: '0' }, { fixed }] }],
      },
    ],
    references: [{ type: 'WEB', url: `https://example.org/${cve}` }],
  })
}

/** Components spread over all packages of the records, one in five out of date. */
function components(): readonly Component[] {
  const list: Component[] = []
  for (const { ecosystem, share, release } of SHARES) {
    const packages = (RECORDS * share) / RECORDS_PER_PACKAGE
    const count = COMPONENTS * share
    for (let index = 0; index < count; index++) {
      const name = `package-${Math.floor((index * packages) / count)}`
      const version = index % 5 === 0 ? '1.1.5' : '1.9.0'
      list.push(
        componentOf({
          name,
          version,
          ecosystem: `${ecosystem}${release}`,
          purl: `pkg:${ecosystem.toLowerCase()}/${name}@${version}`,
        }),
      )
    }
  }
  return list
}
