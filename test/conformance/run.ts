import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { CaseOutcome, ConformanceSuite } from './suite.ts'

/** What a run of suites comes to. A case that a suite lists with a reason counts as skipped. */
export interface ConformanceCounts {
  readonly passed: number
  /** One line each, `conformance SUITE: CASE`. */
  readonly failed: readonly string[]
  /** Every case that does not count, with its reason, ready to print. */
  readonly skipped: readonly string[]
  readonly skippedCases: number
}

/** Where the cases lie: any data of the same form as the shared set. */
export function conformanceRoot(projectRoot: string, environment: NodeJS.ProcessEnv = process.env): string {
  return environment.BULWARK_CONFORMANCE || join(projectRoot, '../shared/conformance')
}

/**
 * Runs suites over the data below `dataRoot`. Prints for each `SUITE passed/total`, then each failing case with what was
 * expected and what came out. A suite whose folder is missing counts as one skipped, one that stops or finds no case in its folder
 * as one failed; so does a listed case that passes after all.
 */
export async function runConformance(
  suites: readonly ConformanceSuite[],
  dataRoot: string,
  print: (line: string) => void,
): Promise<ConformanceCounts> {
  let passed = 0
  const failed: string[] = []
  let skippedCases = 0
  const skipped: string[] = []
  for (const suite of suites) {
    const folder = join(dataRoot, suite.id)
    if (!existsSync(folder)) {
      skippedCases++
      skipped.push(`conformance ${suite.id}: there is no ${folder} (set BULWARK_CONFORMANCE)`)
      continue
    }
    const result = await runSuite(suite, folder)
    print(`${suite.id} ${result.passed}/${result.total}`)
    for (const failure of result.failures) print(`  FAILED ${failure.name}${failure.detail}`)
    passed += result.passed
    for (const failure of result.failures) failed.push(`conformance ${suite.id}: ${failure.name}`)
    skippedCases += result.gaps.reduce((sum, gap) => sum + gap.cases, 0)
    for (const gap of result.gaps) skipped.push(`conformance ${suite.id}: ${gap.text}`)
  }
  const without = foldersWithoutSuite(suites, dataRoot)
  if (without.length > 0) print(`no suite yet for: ${without.join(', ')}`)
  return { passed, failed, skipped, skippedCases }
}

function foldersWithoutSuite(suites: readonly ConformanceSuite[], dataRoot: string): string[] {
  if (suites.length < 2 || !existsSync(dataRoot)) return []
  return readdirSync(dataRoot, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !suites.some((suite) => suite.id === entry.name))
    .map((entry) => entry.name)
    .sort()
}

interface CaseFailure {
  readonly name: string
  /** Further lines, indented. */
  readonly detail: string
}

interface SuiteResult {
  readonly passed: number
  readonly total: number
  readonly failures: readonly CaseFailure[]
  readonly gaps: readonly { readonly cases: number; readonly text: string }[]
}

async function runSuite(suite: ConformanceSuite, folder: string): Promise<SuiteResult> {
  const failures: CaseFailure[] = []
  const gaps = new Map<string, { failing: string[]; passing: number }>()
  let passed = 0
  let total = 0
  try {
    for await (const outcome of suite.run(folder)) {
      total++
      const gap = gapOf(suite, outcome.name)
      if (gap !== undefined) {
        const seen = gaps.get(gap) ?? { failing: [], passing: 0 }
        gaps.set(gap, seen)
        if (outcome.passed) seen.passing++
        else seen.failing.push(outcome.name)
        if (outcome.passed && gap.endsWith('*')) passed++
      } else if (outcome.passed) passed++
      else failures.push(describeFailure(outcome))
    }
  } catch (error) {
    const detail = error instanceof Error ? (error.stack ?? error.message) : String(error)
    failures.push({ name: `the suite stopped after ${total} cases`, detail: `\n${detail}` })
  }
  if (total === 0 && failures.length === 0) failures.push({ name: `no case was found in ${folder}`, detail: '' })
  const known: { cases: number; text: string }[] = []
  for (const [gap, { failing, passing }] of gaps) {
    const reason = suite.gaps[gap]
    if (failing.length === 0) {
      const cases = gap.endsWith('*') ? ` in all ${passing} cases` : ''
      failures.push({ name: gap, detail: `\n    listed as a gap ("${reason}"), but passes${cases}` })
      if (gap.endsWith('*')) passed -= passing
    } else known.push({ cases: failing.length, text: `${listed(gap, failing)}: ${reason}` })
  }
  return { passed, total, failures, gaps: known }
}

/** The entry of the list of gaps that covers a case: its own name before the longest prefix. */
function gapOf(suite: ConformanceSuite, name: string): string | undefined {
  if (Object.hasOwn(suite.gaps, name)) return name
  return Object.keys(suite.gaps)
    .filter((gap) => gap.endsWith('*') && name.startsWith(gap.slice(0, -1)))
    .sort((a, b) => b.length - a.length)[0]
}

function listed(gap: string, failing: readonly string[]): string {
  if (!gap.endsWith('*')) return gap
  const names = failing.slice(0, 10).join(', ')
  return `${gap} (${failing.length} cases: ${names}${failing.length > 10 ? ', ...' : ''})`
}

function describeFailure(outcome: CaseOutcome): CaseFailure {
  const expected = outcome.expected === undefined ? '' : `\n    expected ${outcome.expected}`
  const actual = outcome.actual === undefined ? '' : `\n    actual   ${outcome.actual}`
  return { name: outcome.name, detail: `${expected}${actual}` }
}
