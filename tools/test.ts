/** `./bulwark test`: everything CI does, or one part of it. */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import type { TestCounts } from './count-reporter.ts'

const USAGE = `usage: ./bulwark test                       all that CI runs: checks, unit, conformance, e2e, a minute of fuzz
       ./bulwark test checks                format and lint, types, floors, dead code
       ./bulwark test unit [FILTER...]      tests beside the code
       ./bulwark test conformance [SUITE]   other projects' cases; data in BULWARK_CONFORMANCE (../shared/conformance)
       ./bulwark test e2e [FILTER...]       the command as a user starts it
       ./bulwark test fuzz [SECONDS]        mutated real files through every binary parser (60; or BULWARK_FUZZ_SECONDS)
       ./bulwark test bench [NAME]          speed and memory against their limits
`

/** What a part comes to. */
interface PartResult {
  readonly passed: number
  readonly failed: readonly string[]
  readonly skipped: readonly string[]
  /** Where one line of `skipped` stands for several. */
  readonly skippedCount?: number
}

interface Context {
  readonly root: string
  /** Fuzzing seconds where none are given. */
  readonly fuzzSeconds: string
}

type Part = (context: Context, words: readonly string[]) => Promise<PartResult>

const PARTS: ReadonlyMap<string, Part> = new Map([
  ['checks', checks],
  ['unit', (context, words) => vitest(context, 'unit', words)],
  ['conformance', conformance],
  ['e2e', (context, words) => vitest(context, 'e2e', words)],
  ['fuzz', fuzz],
  ['bench', bench],
])

const IN_CI = ['checks', 'unit', 'conformance', 'e2e', 'fuzz']

class UsageError extends Error {}

/** Runs `./bulwark test` with these words below a checkout. Resolves to the exit status: 0, 1 when anything failed, 2 for usage. */
export async function main(root: string, words: readonly string[]): Promise<number> {
  const [name, ...rest] = words
  if (name === '--help' || name === '-h' || name === 'help') return say(USAGE, 0)
  if (name !== undefined && !PARTS.has(name)) return say(`there is no part ${name}\n${USAGE}`, 2)
  const context: Context = { root, fuzzSeconds: process.env.BULWARK_FUZZ_SECONDS || '60' }
  const results: PartResult[] = []
  try {
    for (const part of name === undefined ? IN_CI : [name]) results.push(await PARTS.get(part)!(context, rest))
  } catch (error) {
    if (error instanceof UsageError) return say(`${error.message}\n`, 2)
    throw error
  }
  return summary(results)
}

function say(text: string, status: number): number {
  process[status === 0 ? 'stdout' : 'stderr'].write(text)
  return status
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}

function summary(results: readonly PartResult[]): number {
  const failed = results.flatMap((result) => result.failed)
  const skipped = results.flatMap((result) => result.skipped)
  const skippedCount = results.reduce((sum, result) => sum + (result.skippedCount ?? result.skipped.length), 0)
  if (skipped.length > 0) print('')
  for (const line of skipped) print(`skipped ${line}`)
  if (failed.length > 0) print('')
  for (const line of failed) print(`FAILED ${line}`)
  const passed = results.reduce((sum, result) => sum + result.passed, 0)
  print('')
  print(`${passed} passed, ${failed.length} failed, ${skippedCount} skipped`)
  return failed.length === 0 ? 0 : 1
}

/** Format and lint, types, floors, dead code: each is one thing that passes or fails. */
async function checks({ root }: Context): Promise<PartResult> {
  const tool = (path: string): string => join(root, 'node_modules', path)
  const all: readonly [string, () => Promise<string | undefined>][] = [
    ['format and lint', () => output(root, tool('@biomejs/biome/bin/biome'), ['ci', '--colors=off', '.'])],
    ['types', () => output(root, tool('typescript/bin/tsc'), ['--noEmit', '--pretty', 'false'])],
    ['floors', () => floors(root)],
    ['dead code', () => output(root, tool('knip/bin/knip.js'), ['--no-progress'])],
  ]
  const failed: string[] = []
  for (const [name, check] of all) {
    const start = performance.now()
    const problem = await check()
    print(
      `${problem === undefined ? 'ok    ' : 'FAILED'} ${name} (${((performance.now() - start) / 1000).toFixed(1)} s)`,
    )
    if (problem === undefined) continue
    print(problem)
    failed.push(name)
  }
  return { passed: all.length - failed.length, failed, skipped: [] }
}

async function floors(root: string): Promise<string | undefined> {
  const { checkFloors, floorProblems } = await import('./floors.ts')
  const problems = floorProblems(checkFloors(root))
  return problems.length === 0 ? undefined : problems.join('\n')
}

/** Runs a tool of node_modules; what it said when it failed, else undefined. */
async function output(root: string, script: string, words: readonly string[]): Promise<string | undefined> {
  const child = spawn(process.execPath, [script, ...words], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: environment(),
  })
  let text = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
    })
  const status = await ended(child)
  return status === 0 ? undefined : text.trimEnd() || `it ended with status ${status} and said nothing`
}

/** The environment of what we start: this very Node first, so that tests that run `node` meet the pinned one. */
function environment(more: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  return { ...process.env, PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH ?? ''}`, ...more }
}

/** Resolves to the exit status of a child; a signal that ends us ends it first. */
function ended(child: ChildProcess): Promise<number> {
  const pass = (signal: NodeJS.Signals): void => {
    child.kill(signal)
  }
  process.on('SIGINT', pass)
  process.on('SIGTERM', pass)
  return new Promise<number>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve(code ?? (signal === 'SIGINT' ? 130 : 143)))
  }).finally(() => {
    process.off('SIGINT', pass)
    process.off('SIGTERM', pass)
  })
}

async function vitest(
  { root }: Context,
  project: string,
  words: readonly string[],
  more: Readonly<Record<string, string>> = {},
): Promise<PartResult> {
  const scratch = mkdtempSync(join(tmpdir(), 'bulwark-test-'))
  const counts = join(scratch, 'counts.json')
  try {
    print(`\n${project}`)
    const child = spawn(
      process.execPath,
      [
        join(root, 'node_modules/vitest/vitest.mjs'),
        'run',
        `--project=${project}`,
        '--reporter=default',
        `--reporter=${join(root, 'tools/count-reporter.ts')}`,
        ...words,
      ],
      {
        cwd: root,
        stdio: ['ignore', 'inherit', 'inherit'],
        env: environment({ BULWARK_TEST_COUNTS: counts, ...more }),
      },
    )
    const status = await ended(child)
    if (!existsSync(counts))
      return { passed: 0, failed: [`${project}: vitest ended with status ${status} before it counted`], skipped: [] }
    const read: TestCounts = JSON.parse(readFileSync(counts, 'utf8'))
    const silent = status !== 0 && read.failed.length === 0 ? [`${project}: vitest ended with status ${status}`] : []
    return { passed: read.passed, failed: [...read.failed, ...silent], skipped: read.skipped }
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

async function conformance({ root }: Context, words: readonly string[]): Promise<PartResult> {
  const { SUITES } = await import('../test/conformance/suites.ts')
  const { conformanceRoot, runConformance } = await import('../test/conformance/run.ts')
  const [wanted] = words
  const suites = wanted === undefined ? SUITES : SUITES.filter((suite) => suite.id === wanted)
  if (suites.length === 0 && wanted !== undefined)
    throw new UsageError(`there is no suite ${wanted}; there are: ${SUITES.map((suite) => suite.id).join(', ')}`)
  print('\nconformance')
  const result = await runConformance(suites, conformanceRoot(root), print)
  return { passed: result.passed, failed: result.failed, skipped: result.skipped, skippedCount: result.skippedCases }
}

function fuzz(context: Context, words: readonly string[]): Promise<PartResult> {
  const seconds = words[0] ?? context.fuzzSeconds
  if (!/^[0-9]+$/.test(seconds) || Number(seconds) < 1)
    throw new UsageError(`fuzz: ${seconds} is not a number of seconds`)
  return vitest(context, 'fuzz', words.slice(1), { BULWARK_FUZZ_SECONDS: seconds })
}

async function bench(_: Context, words: readonly string[]): Promise<PartResult> {
  const { BENCHMARK_NAMES, runBenchmarks } = await import('../bench/run.ts')
  const unknown = words.find((word) => !BENCHMARK_NAMES.includes(word))
  if (unknown !== undefined)
    throw new UsageError(`there is no benchmark ${unknown}; there are: ${BENCHMARK_NAMES.join(', ')}`)
  const result = await runBenchmarks(words, print)
  return { passed: result.passed, failed: result.failed, skipped: result.skipped }
}
