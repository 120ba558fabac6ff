import type { OsvEvent, OsvRange } from '../types.ts'
import type { VersionOrder } from './version-order.ts'

/** What an entry says about one version; `silent`: it has neither versions nor ranges that this ecosystem can judge. */
export type Verdict = 'affected' | 'unaffected' | 'silent'

/** The part of an affected entry that speaks about versions. */
export interface VersionStatement {
  readonly ranges: readonly OsvRange[]
  readonly versions: readonly string[]
}

/**
 * Whether `installed` is affected, by the evaluation of the OSV schema (https://ossf.github.io/osv-schema/#evaluation): it is
 * named in `versions`, or lies in one of the ranges. GIT ranges say nothing about package versions and are passed over, not the
 * ones after them. Where there are no other ranges, `versions` is compared by the scheme, so that `1.0` meets `1.0.0`.
 */
export function judge(statement: VersionStatement, installed: string, order: VersionOrder): Verdict {
  const at = order.parse(installed)
  let ranged = false
  for (const range of statement.ranges) {
    if (range.type === 'GIT') continue
    ranged = true
    if (inRange(range.events, at, order)) return 'affected'
  }
  if (statement.versions.length === 0) return ranged ? 'unaffected' : 'silent'
  if (statement.versions.includes(installed)) return 'affected'
  if (!ranged && statement.versions.some((version) => order.compare(order.parse(version), at) === 0)) return 'affected'
  return 'unaffected'
}

/** Whether the events of one range hold `at`. Their order in the record means nothing. */
export function inRange(events: readonly OsvEvent[], at: unknown, order: VersionOrder): boolean {
  const [first, second] = events
  if (events.length === 2 && isPlain(first, 'introduced') && first.introduced === '0' && isPlain(second, 'fixed')) {
    return second.fixed !== '0' && order.compare(at, order.parse(second.fixed)) < 0
  }
  if (!beforeLimits(events, at, order)) return false
  let open: boolean = false
  for (const point of pointsOf(events, order)) {
    const side = point.version === undefined ? 1 : order.compare(at, point.version)
    if (side < 0) break
    const opened: number = (open ? 1 : 0) + point.introduced - point.fixed
    if (side === 0) return opened > 0
    open = opened - point.lastAffected > 0
  }
  return open
}

/** Whether an event says just this: nearly all ranges are `introduced: "0"` and one `fixed`, and are judged without sorting. */
function isPlain<Key extends 'introduced' | 'fixed'>(
  event: OsvEvent,
  key: Key,
): event is OsvEvent & Record<Key, string> {
  return (
    event[key] !== undefined &&
    event.last_affected === undefined &&
    event.limit === undefined &&
    event[key === 'fixed' ? 'introduced' : 'fixed'] === undefined
  )
}

/** `limit`: a version counts only below at least one of the range's limits; `*` is no limit. */
function beforeLimits(events: readonly OsvEvent[], at: unknown, order: VersionOrder): boolean {
  let limited = false
  for (const { limit } of events) {
    if (limit === undefined) continue
    if (limit === '*' || order.compare(at, order.parse(limit)) < 0) return true
    limited = true
  }
  return !limited
}

/** All events of one version. Intervals that end and begin there are counted, so that `[1, 2) [2, 3)` is one and `[2, 2)` none. */
interface Point {
  /** Undefined is before every version: `introduced: "0"`, and `fixed: "0"`, which is Alpine's word for not affected. */
  readonly version: unknown
  introduced: number
  fixed: number
  lastAffected: number
}

/** The events by version, ascending. A range without any `introduced` is taken to begin before every version. */
function pointsOf(events: readonly OsvEvent[], order: VersionOrder): Point[] {
  const points: Point[] = []
  let begins = false
  for (const event of events) {
    if (event.introduced !== undefined) {
      begins = true
      pointAt(points, event.introduced === '0' ? undefined : order.parse(event.introduced), order).introduced++
    }
    if (event.fixed !== undefined) {
      pointAt(points, event.fixed === '0' ? undefined : order.parse(event.fixed), order).fixed++
    }
    if (event.last_affected !== undefined) pointAt(points, order.parse(event.last_affected), order).lastAffected++
  }
  if (!begins && points.length > 0) pointAt(points, undefined, order).introduced++
  return points
}

/** The point of that version, put in its place when it is new. Binary search: a hostile record may hold thousands of events. */
function pointAt(points: Point[], version: unknown, order: VersionOrder): Point {
  let low = 0
  let high = points.length
  while (low < high) {
    const middle = (low + high) >> 1
    const side = compareStarts(points[middle].version, version, order)
    if (side === 0) return points[middle]
    if (side < 0) low = middle + 1
    else high = middle
  }
  const point: Point = { version, introduced: 0, fixed: 0, lastAffected: 0 }
  points.splice(low, 0, point)
  return point
}

function compareStarts(a: unknown, b: unknown, order: VersionOrder): number {
  if (a === undefined || b === undefined) return a === b ? 0 : a === undefined ? -1 : 1
  return order.compare(a, b)
}

/** Whether a statement can hold no version at all: every range is empty (`introduced: "0"`, `fixed: "0"`) and none is named. */
export function isNever(statement: VersionStatement, order: VersionOrder): boolean {
  if (statement.versions.length > 0) return false
  const ranges = statement.ranges.filter((range) => range.type !== 'GIT')
  return ranges.length > 0 && ranges.every((range) => isEmptyRange(range.events, order))
}

/** Every interval ends where it begins. */
function isEmptyRange(events: readonly OsvEvent[], order: VersionOrder): boolean {
  return pointsOf(events, order).every((point) => point.lastAffected === 0 && point.introduced <= point.fixed)
}
