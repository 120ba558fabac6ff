import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { type Benchmark, median, Unmeasurable } from './benchmark.ts'

const ROOT = resolve(import.meta.dirname, '..')

/** Runs in a process of its own, so that the peak of memory is the build's. */
const BUILD = `
const { updateAdvisories } = await import(process.env.BENCH_ADVISORIES)
const start = performance.now()
const report = await updateAdvisories(
  { cacheDir: process.env.BENCH_CACHE, from: process.env.BENCH_MIRROR },
  { env: {}, now: () => new Date() },
)
const records = report.status.ecosystems.reduce((sum, one) => sum + one.records, 0)
console.log(JSON.stringify({ ms: performance.now() - start, kib: process.resourceUsage().maxRSS, records }))
`

/** Opens the database often in one process; the first time, which loads code, is not counted. */
const OPEN = `
const { openAdvisories } = await import(process.env.BENCH_ADVISORIES)
const times = []
for (let round = 0; round < 21; round++) {
  const start = performance.now()
  const database = openAdvisories(process.env.BENCH_CACHE)
  times.push(performance.now() - start)
  database.close()
}
console.log(JSON.stringify(times.slice(1)))
`

/** Building the advisory database from a whole mirror, and opening it. */
export const database: Benchmark = {
  id: 'database',
  async run(report) {
    const mirror = resolve(process.env.BULWARK_OSV_MIRROR ?? join(ROOT, '..', 'shared', 'osv-mirror'))
    if (!existsSync(join(mirror, 'ecosystems.txt')))
      throw new Unmeasurable(`no mirror of advisories at ${mirror} (BULWARK_OSV_MIRROR names another)`)
    const cache = await mkdtemp(join(tmpdir(), 'bulwark-bench-'))
    const env = {
      ...process.env,
      BENCH_ADVISORIES: join(ROOT, 'src', 'advisories', 'index.ts'),
      BENCH_CACHE: cache,
      BENCH_MIRROR: mirror,
    }
    const child = async (script: string) =>
      JSON.parse(
        (await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script], { env })).stdout,
      )
    try {
      const built: { ms: number; kib: number; records: number } = await child(BUILD)
      if (built.records < 1_000) throw new Error(`the mirror gave ${built.records} records only`)
      report({ name: 'database-build', measured: built.ms, unit: 'ms', limit: 15_000, at: 'most' })
      report({ name: 'database-build-memory', measured: built.kib / 1024, unit: 'MB', limit: 400, at: 'most' })
      const opened: number[] = await child(OPEN)
      report({ name: 'database-open', measured: median(opened), unit: 'ms', limit: 5, at: 'most' })
    } finally {
      await rm(cache, { recursive: true, force: true })
    }
  },
}
