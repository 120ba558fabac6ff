import { type BenchLine, type Benchmark, Unmeasurable, withinLimit } from './benchmark.ts'

/** Every benchmark, one a line; loaded when it is run. */
const BENCHMARKS: readonly { readonly id: string; readonly load: () => Promise<Benchmark> }[] = [
  { id: 'startup', load: async () => (await import('./startup.ts')).startup },
  { id: 'database', load: async () => (await import('./database.ts')).database },
  { id: 'scan', load: async () => (await import('./scan.ts')).scan },
  { id: 'sources', load: async () => (await import('./sources.ts')).sources },
  { id: 'feeds', load: async () => (await import('./feeds.ts')).feeds },
  { id: 'packages', load: async () => (await import('./packages.ts')).packages },
  { id: 'match', load: async () => (await import('./match.ts')).match },
]

export const BENCHMARK_NAMES: readonly string[] = BENCHMARKS.map((benchmark) => benchmark.id)

export interface BenchCounts {
  readonly passed: number
  readonly failed: readonly string[]
  readonly skipped: readonly string[]
}

/** Runs the named benchmarks, or all, and prints `NAME measured limit ok|over` for each figure. */
export async function runBenchmarks(names: readonly string[], print: (line: string) => void): Promise<BenchCounts> {
  let passed = 0
  const failed: string[] = []
  const skipped: string[] = []
  for (const entry of BENCHMARKS.filter((one) => names.length === 0 || names.includes(one.id))) {
    try {
      const benchmark = await entry.load()
      await benchmark.run((line) => {
        if (withinLimit(line)) passed++
        else failed.push(`bench ${entry.id}: ${line.name}`)
        print(lineText(line))
      })
    } catch (error) {
      if (error instanceof Unmeasurable) skipped.push(`bench ${entry.id}: ${error.message}`)
      else {
        failed.push(`bench ${entry.id}`)
        print(`${entry.id}: ${error instanceof Error ? (error.stack ?? error.message) : error}`)
      }
    }
  }
  return { passed, failed, skipped }
}

function lineText(line: BenchLine): string {
  return `${line.name} ${figure(line.measured, line.unit)} ${figure(line.limit, line.unit)} ${withinLimit(line) ? 'ok' : 'over'}`
}

/** A figure with its unit, to three significant digits below a thousand. */
function figure(value: number, unit: BenchLine['unit']): string {
  const text = Math.abs(value) >= 1000 ? Math.round(value).toString() : Number(value.toPrecision(3)).toString()
  return `${text}${unit}`
}
