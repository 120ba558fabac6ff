/** One measured figure and what it is held to. */
export interface BenchLine {
  /** Short and stable, as `scan-one-gzip-layer`. */
  readonly name: string
  readonly measured: number
  /** `x` is a ratio to a reference measured in the same run. */
  readonly unit: 'x' | 'ms' | 'MB' | '%' | '/s'
  readonly limit: number
  /** Whether `limit` is the most or the least that is allowed. */
  readonly at: 'most' | 'least'
}

/** One benchmark, run by its id: `./bulwark test bench <id>`. */
export interface Benchmark {
  readonly id: string
  /**
   * Measures and reports each figure as soon as it is known. Rejects when it cannot measure at all; what a machine
   * lacks (a tool, data, permission) is a {@link Unmeasurable} that says so.
   */
  run(report: (line: BenchLine) => void): Promise<void>
}

/** This machine lacks what the benchmark needs: it counts as skipped, with the message as its reason. */
export class Unmeasurable extends Error {}

/** Whether a figure keeps its limit. */
export function withinLimit(line: BenchLine): boolean {
  return line.at === 'most' ? line.measured <= line.limit : line.measured >= line.limit
}

/** The middle value; the mean of the two middle ones of an even number. NaN for none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/**
 * Times several things in turn, `rounds` times over, so that a busy moment of the machine meets all of them alike.
 * Resolves to the median of each in milliseconds, in the order given.
 */
export async function interleaved(
  rounds: number,
  things: readonly (() => Promise<unknown> | unknown)[],
): Promise<number[]> {
  const times: number[][] = things.map(() => [])
  for (let round = 0; round < rounds; round++) {
    for (const [index, thing] of things.entries()) {
      const start = performance.now()
      await thing()
      times[index].push(performance.now() - start)
    }
  }
  return times.map(median)
}
