import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { matchInventory, openAdvisories } from '../src/advisories/index.ts'
import type { Component } from '../src/model/component.ts'
import { componentOf, inventoryOf } from '../test/support/advisories.ts'
import { RECORDS_PER_PACKAGE, SHARES, writeAdvisories } from './advisories.ts'
import { type Benchmark, median } from './benchmark.ts'

const RECORDS = 300_000
const COMPONENTS = 1_000
const ROUNDS = 7

/** Matching a large image's components against as many records as the world has, from the database file, opened anew each time. */
export const match: Benchmark = {
  id: 'match',
  async run(report) {
    const scratch = mkdtempSync(join(tmpdir(), 'bulwark-match-'))
    try {
      const file = join(scratch, 'advisories.db')
      writeAdvisories(file, RECORDS)
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
