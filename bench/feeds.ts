import { execFile } from 'node:child_process'
import { createReadStream, existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { matchInventory, openAdvisories, updateAdvisories } from '../src/advisories/index.ts'
import { componentOf, inventoryOf, MIRROR, mirrorRecords } from '../test/support/advisories.ts'
import { type Benchmark, median, Unmeasurable } from './benchmark.ts'
import { MODELS, writeMirror } from './mirror-generator.ts'

const ROOT = resolve(import.meta.dirname, '..')
const RECORDS = Number(process.env.BULWARK_BENCH_RECORDS ?? 350_000)
const EPSS_ROWS = 300_000
const KEV_ROWS = 1_500
const COMPONENTS = 1_000
const ROUNDS = 7

/** Runs in a process of its own, so that the peak of memory is the work's. */
const WORK = `
const { updateAdvisories, buildAdvisories, databasePath } = await import(process.env.BENCH_ADVISORIES)
const cacheDir = process.env.BENCH_CACHE
const start = performance.now()
let records = 0
if (process.env.BENCH_MIRROR) {
  const report = await updateAdvisories(
    { cacheDir, from: process.env.BENCH_MIRROR, all: true, feeds: { asked: ['none'] } },
    { env: {}, now: () => new Date() },
  )
  records = report.status.ecosystems.reduce((sum, one) => sum + one.records, 0)
}
if (process.env.BENCH_SHARDS) buildAdvisories(databasePath(cacheDir), process.env.BENCH_SHARDS)
console.log(JSON.stringify({ ms: performance.now() - start, kib: process.resourceUsage().maxRSS, records }))
`

/** Building as many advisories as the world has, what a pipeline fetches of them, and what a day costs. */
export const feeds: Benchmark = {
  id: 'feeds',
  async run(report) {
    if (!existsSync(join(MIRROR, 'ecosystems.txt'))) throw new Unmeasurable(`no slice of advisories at ${MIRROR}`)
    const scratch = await mkdtemp(join(tmpdir(), 'bulwark-bench-feeds-'))
    const [mirror, cache, shards, client] = ['mirror', 'cache', 'shards', 'client'].map((name) => join(scratch, name))
    const work = async (more: Readonly<Record<string, string>>) => {
      const env = {
        ...process.env,
        BENCH_ADVISORIES: join(ROOT, 'src/advisories/index.ts'),
        BENCH_CACHE: cache,
        ...more,
      }
      const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', WORK], { env })
      return JSON.parse(stdout) as { ms: number; kib: number; records: number }
    }
    const served = await countingServer(shards)
    try {
      const slice = new Map(
        await Promise.all(MODELS.map(async (name) => [name, (await mirrorRecords(name)) as never] as const)),
      )
      writeMirror(mirror, slice, RECORDS, 0)
      writeFacts(mirror, 0)
      const update = await work({ BENCH_MIRROR: mirror })
      if (update.records < RECORDS * 0.95) throw new Error(`the mirror gave ${update.records} records only`)
      const build = await work({ BENCH_SHARDS: shards })
      report({ name: 'feeds-update', measured: update.ms, unit: 'ms', limit: 90_000, at: 'most' })
      report({ name: 'feeds-build', measured: build.ms, unit: 'ms', limit: 90_000, at: 'most' })
      report({ name: 'feeds-full', measured: update.ms + build.ms, unit: 'ms', limit: 90_000, at: 'most' })
      report({
        name: 'feeds-memory',
        measured: Math.max(update.kib, build.kib) / 1024,
        unit: 'MB',
        limit: 600,
        at: 'most',
      })

      writeFacts(mirror, 1)
      const refresh = await work({ BENCH_MIRROR: mirror })
      report({ name: 'feeds-exploitation', measured: refresh.ms, unit: 'ms', limit: 2_000, at: 'most' })

      const whole = packedBytes(shards)
      const fetch = async (ecosystems?: readonly string[]) => {
        served.bytes = 0
        const io = { env: {}, now: () => new Date() }
        await updateAdvisories({ cacheDir: client, from: served.address, ...(ecosystems && { ecosystems }) }, io)
        return (100 * served.bytes) / whole
      }
      const first = await fetch(['Debian:12', 'npm'])
      report({ name: 'feeds-pipeline-fetch', measured: first, unit: '%', limit: 15, at: 'most' })
      writeMirror(mirror, slice, RECORDS, 1)
      await work({ BENCH_MIRROR: mirror, BENCH_SHARDS: shards })
      report({ name: 'feeds-next-day-fetch', measured: await fetch(), unit: '%', limit: 3, at: 'most' })
      report({
        name: 'feeds-match-1000',
        measured: await matchTime(served.address, scratch),
        unit: 'ms',
        limit: 60,
        at: 'most',
      })
    } finally {
      served.close()
      await rm(scratch, { recursive: true, force: true })
    }
  },
}

/** A server of a folder that counts what it sends. */
async function countingServer(folder: string) {
  const server = createServer((request, response) => {
    const path = join(folder, decodeURIComponent(request.url ?? '/'))
    if (!existsSync(path) || !statSync(path).isFile()) return void response.writeHead(404).end()
    counted.bytes += statSync(path).size
    createReadStream(path).pipe(response)
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  const { port } = server.address() as AddressInfo
  const counted = { bytes: 0, address: `http://127.0.0.1:${port}`, close: () => void server.close() }
  return counted
}

function packedBytes(shards: string): number {
  return readdirSync(join(shards, 'shards')).reduce((sum, name) => sum + statSync(join(shards, 'shards', name)).size, 0)
}

/** EPSS of that day, and KEV. */
function writeFacts(mirror: string, day: number): void {
  for (const name of ['epss', 'kev']) mkdirSync(join(mirror, name), { recursive: true })
  const rows = Array.from(
    { length: EPSS_ROWS },
    (_, index) => `CVE-2024-${10_000 + index},0.0${1 + ((index + day) % 9)},0.5`,
  )
  const text = `#model_version:v2026,score_date:2026-11-${20 + day}T00:00:00Z\ncve,epss,percentile\n${rows.join('\n')}\n`
  writeFileSync(join(mirror, 'epss', 'epss_scores-current.csv.gz'), gzipSync(text, { level: 1 }))
  const vulnerabilities = Array.from({ length: KEV_ROWS }, (_, index) => ({
    cveID: `CVE-2024-${10_000 + index}`,
    dateAdded: '2026-01-01',
  }))
  const catalogue = { dateReleased: `2026-11-${20 + day}T00:00:00Z`, vulnerabilities }
  writeFileSync(join(mirror, 'kev', 'known_exploited_vulnerabilities.json'), JSON.stringify(catalogue))
}

/** Opening all shards of six ecosystems and matching components against them, in one process, opened anew each time. */
async function matchTime(address: string, scratch: string): Promise<number> {
  const cacheDir = join(scratch, 'matched')
  const ecosystems = ['Debian:12', 'npm', 'PyPI', 'Go', 'Maven', 'RubyGems']
  await updateAdvisories({ cacheDir, from: address, ecosystems }, { env: {}, now: () => new Date() })
  const database = openAdvisories(cacheDir)
  const names = new Map(
    ecosystems.map((name) => [name, [...database.packages(name)].map(([entry]) => entry.name)] as const),
  )
  database.close()
  const components = ecosystems.flatMap((ecosystem) => {
    const all = names.get(ecosystem) ?? []
    const count = Math.ceil(COMPONENTS / ecosystems.length)
    return Array.from({ length: count }, (_, index) => {
      const name = all[Math.floor((index * all.length) / count)] ?? 'none'
      const version = ecosystem === 'Debian:12' ? '9:99-1' : '999.0.0'
      return componentOf({
        name,
        version: index % 5 === 0 ? '0.0.1' : version,
        ecosystem,
        purl: `pkg:generic/${encodeURIComponent(`${ecosystem}/${name}`)}@${index}`,
      })
    })
  })
  const inventory = inventoryOf(components)
  const times: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now()
    const opened = openAdvisories(cacheDir)
    const { findings } = matchInventory(inventory, opened, { image: true, includeKernelHeaders: false })
    times.push(performance.now() - start)
    opened.close()
    if (findings.length === 0) throw new Error('no findings: nothing was measured')
  }
  rmSync(cacheDir, { recursive: true, force: true })
  return median(times)
}
