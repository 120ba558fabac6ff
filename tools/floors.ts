import { spawnSync } from 'node:child_process'
import { existsSync, globSync } from 'node:fs'
import { join } from 'node:path'

/** What dependency-cruiser says of the floors, and whether it looked at all there is. */
export interface FloorsResult {
  /** One line each, `rule: from -> to`. */
  readonly violations: readonly string[]
  /** Modules below src/ that it saw, and source files that lie there: with a compiler that it does not know it sees none and is content. */
  readonly seen: number
  readonly files: number
}

/** Source files below `src/` of a project, relative to it. */
export function sourceFiles(root: string): string[] {
  return globSync('src/**/*.ts', { cwd: root }).filter((path) => !path.includes('testdata/'))
}

/**
 * Runs dependency-cruiser with a project's own configuration over its `src/`. Throws when it gives no result.
 * `extraArguments` are for tests that make it see less.
 */
export function checkFloors(root: string, extraArguments: readonly string[] = []): FloorsResult {
  const cruiser = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs')
  if (!existsSync(cruiser)) throw new Error(`${cruiser} is missing`)
  const run = spawnSync(
    process.execPath,
    [cruiser, '--config', '.dependency-cruiser.cjs', '--output-type', 'json', ...extraArguments, 'src'],
    { cwd: root, encoding: 'utf8', maxBuffer: 1024 ** 3 },
  )
  let report: {
    modules: { source: string }[]
    summary: { violations: { from: string; to: string; rule: { name: string; severity: string } }[] }
  }
  try {
    report = JSON.parse(run.stdout)
  } catch {
    throw new Error(`dependency-cruiser gave no result (status ${run.status}): ${run.stderr.trim()}`)
  }
  const files = new Set(sourceFiles(root))
  return {
    violations: report.summary.violations
      .filter((violation) => violation.rule.severity === 'error')
      .map((violation) => `${violation.rule.name}: ${violation.from} -> ${violation.to}`),
    seen: report.modules.filter((module) => files.has(module.source)).length,
    files: files.size,
  }
}

/** What is wrong with the floors, one line each; empty when nothing is. */
export function floorProblems(result: FloorsResult): string[] {
  const unseen =
    result.seen < result.files
      ? [
          `dependency-cruiser saw ${result.seen} of ${result.files} source files: a check that does not look proves nothing`,
        ]
      : []
  return result.files === 0 ? ['there are no source files'] : [...unseen, ...result.violations]
}
