import { judge, type VersionStatement } from './ranges.ts'
import type { VersionOrder } from './version-order.ts'

/**
 * The smallest version above `installed` that some range calls fixed and that none of the statements holds affected any more:
 * the least upgrade that leaves the affected range, over all of its intervals. Undefined when no version is named.
 */
export function smallestFix(
  statements: readonly VersionStatement[],
  installed: string,
  order: VersionOrder,
): string | undefined {
  const at = order.parse(installed)
  const candidates = new Set<string>()
  for (const statement of statements) {
    for (const range of statement.ranges) {
      if (range.type === 'GIT') continue
      for (const { fixed } of range.events) {
        if (fixed !== undefined && order.compare(order.parse(fixed), at) > 0) candidates.add(fixed)
      }
    }
  }
  const ascending = [...candidates].sort((a, b) => order.compare(order.parse(a), order.parse(b)) || (a < b ? -1 : 1))
  return ascending.find((version) => statements.every((statement) => judge(statement, version, order) !== 'affected'))
}

/**
 * The branch of a library's version: its first number, below 1.0 the first two (https://semver.org/#spec-item-4 lets anything
 * change there). Undefined when the text does not begin with numbers.
 */
export function branchOf(version: string): string | undefined {
  const numbers = /^[vV=]?(\d+)(?:\.(\d+))?/.exec(version)
  if (numbers === null) return undefined
  return numbers[1] === '0' && numbers[2] !== undefined ? `0.${numbers[2]}` : numbers[1]
}

/** `only a newer branch is fixed (2.x)` when an upgrade leaves the installed version's branch, else undefined. */
export function newerBranchRemark(installed: string, fixed: string): string | undefined {
  const from = branchOf(installed)
  const to = branchOf(fixed)
  if (from === undefined || to === undefined || from === to) return undefined
  return `only a newer branch is fixed (${to}.x)`
}
