import { writeFileSync } from 'node:fs'
import type { Reporter, TestModule } from 'vitest/node'

/** What `tools/test.ts` reads after a run of vitest. */
export interface TestCounts {
  readonly passed: number
  /** `file > suite > test`; files that could not be loaded and errors outside tests count too. */
  readonly failed: readonly string[]
  /** With its reason: the one given to `ctx.skip()`, or the name itself where a test is skipped by condition. */
  readonly skipped: readonly string[]
}

/** Counts tests and writes the counts to the file that `BULWARK_TEST_COUNTS` names. */
// biome-ignore lint/style/noDefaultExport: vitest loads a reporter by its default export
export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]): void {
    let passed = 0
    const failed: string[] = unhandled.map((error) => `an error outside any test: ${messageOf(error)}`)
    const skipped: string[] = []
    for (const module of modules) {
      const ran = failed.length
      for (const test of module.children.allTests()) {
        const result = test.result()
        const name = `${module.relativeModuleId} > ${test.fullName}`
        if (result.state === 'passed') passed++
        else if (result.state === 'failed') failed.push(name)
        else skipped.push(result.state === 'skipped' && result.note ? `${name}: ${result.note}` : name)
      }
      if (module.state() === 'failed' && failed.length === ran)
        failed.push(`${module.relativeModuleId}: ${module.errors()[0]?.message ?? 'a hook failed'}`)
    }
    const counts: TestCounts = { passed, failed, skipped }
    const file = process.env.BULWARK_TEST_COUNTS
    if (file) writeFileSync(file, JSON.stringify(counts))
  }
}

function messageOf(error: unknown): string {
  return error instanceof Object && 'message' in error ? String(error.message) : String(error)
}
