import type { OsvEvent, OsvRange } from '../types.ts'

/** Versions from one bound to another; a bound that is missing is no bound. */
export interface Interval {
  readonly from?: string
  /** `from` itself is not in it. */
  readonly after?: boolean
  readonly to?: string
  /** `to` itself is in it. */
  readonly through?: boolean
}

/** Alternatives that one constraint may have, and characters that it may be long. */
const MAX_ALTERNATIVES = 1_000
const MAX_LENGTH = 64 * 1024

/**
 * The versions that a constraint names, as vulnerability databases write them: comparisons (`>= 1.0, < 2.0`), alternatives
 * (`< 1.0 || >= 2.0, < 2.1`), Maven's intervals (`[1.0,2.0),(3.0,]`), `~> 1.2` of RubyGems, `^1.2` and `~1.2` of npm, `*`. Undefined
 * for anything else.
 */
export function parseConstraint(text: string): readonly Interval[] | undefined {
  if (text.length > MAX_LENGTH) return undefined
  const intervals: Interval[] = []
  for (const alternative of text.split(/\|\|?/)) {
    const found = /^\s*[[(]/.test(alternative) ? mavenIntervals(alternative) : comparisons(alternative)
    if (found === undefined || intervals.length + found.length > MAX_ALTERNATIVES) return undefined
    intervals.push(...found)
  }
  return intervals
}

/** `[1.0,2.0),(,0.9],[3.1]` (https://maven.apache.org/pom.html#dependency-version-requirement-specification). */
function mavenIntervals(text: string): Interval[] | undefined {
  const intervals: Interval[] = []
  const form = /\s*([[(])\s*([^,[\]()\s]*)\s*(?:(,)\s*([^,[\]()\s]*)\s*)?([\])])\s*(?:,|$)/y
  let at = 0
  while (at < text.length) {
    form.lastIndex = at
    const found = form.exec(text)
    if (found === null || intervals.length >= MAX_ALTERNATIVES) return undefined
    at = form.lastIndex
    const [, open, from, comma, to = '', close] = found
    if (comma === undefined) {
      if (open !== '[' || close !== ']' || from === '') return undefined
      intervals.push({ from, to: from, through: true })
      continue
    }
    intervals.push({
      ...(from === '' ? {} : { from, ...(open === '(' ? { after: true } : {}) }),
      ...(to === '' ? {} : { to, ...(close === ']' ? { through: true } : {}) }),
    })
  }
  return intervals.length === 0 ? undefined : intervals
}

/** What holds between the bounds of comparisons that all must hold. */
function comparisons(text: string): Interval[] | undefined {
  const bounds: { from?: string; after?: boolean; to?: string; through?: boolean } = {}
  const words = text
    .replace(/(<=|>=|==|~>|[<>=^~!])\s+/g, '$1')
    .split(/[,\s]+/)
    .filter((word) => word !== '')
  const lower = (from: string, after: boolean): boolean => {
    if (bounds.from !== undefined && bounds.from !== from) return false
    bounds.from = from
    if (after) bounds.after = true
    return true
  }
  const upper = (to: string, through: boolean): boolean => {
    if (bounds.to !== undefined && bounds.to !== to) return false
    bounds.to = to
    if (through) bounds.through = true
    return true
  }
  for (const word of words) {
    if (word === '*') continue
    const parts = /^(<=|>=|<|>|==?|~>|\^|~)?v?([0-9A-Za-z][^\s,<>=^|]*)$/.exec(word)
    if (parts === null) return undefined
    const [, sign = '=', version] = parts
    const next = nextOf(sign, version)
    const held =
      sign === '<'
        ? upper(version, false)
        : sign === '<='
          ? upper(version, true)
          : sign === '>'
            ? lower(version, true)
            : sign === '>='
              ? lower(version, false)
              : next === undefined
                ? lower(version, false) && upper(version, true)
                : lower(version, false) && upper(next, false)
    if (!held) return undefined
  }
  return [bounds]
}

/** The first version that `~> 1.2.3`, `^1.2.3` or `~1.2.3` no longer holds; undefined for other signs. */
function nextOf(sign: string, version: string): string | undefined {
  if (sign !== '~>' && sign !== '^' && sign !== '~') return undefined
  const numbers = /^\d+(?:\.\d+)*/.exec(version)?.[0].split('.').map(Number) ?? []
  if (numbers.length === 0) return undefined
  let kept: number
  if (sign === '~>') kept = Math.max(1, numbers.length - 1)
  else if (sign === '~') kept = Math.min(2, numbers.length)
  // `^0.2.3` ends before 0.3, `^1.2.3` before 2.
  else kept = Math.min(numbers.length, numbers.findIndex((number) => number > 0) + 1 || numbers.length)
  const head = numbers.slice(0, kept)
  head[kept - 1]++
  return head.join('.')
}

/** Ranges of OSV that hold what intervals hold, and the versions at their open ends, which OSV's events cannot leave out. */
export function rangesOf(intervals: readonly Interval[]): {
  readonly ranges: readonly OsvRange[]
  readonly after: readonly string[]
} {
  const ranges = intervals.map(({ from = '0', to, through }): OsvRange => {
    const end: OsvEvent[] = to === undefined ? [] : [through ? { last_affected: to } : { fixed: to }]
    return { type: 'ECOSYSTEM', events: [{ introduced: from }, ...end] }
  })
  return { ranges, after: afterOf(intervals) }
}

/** One range of OSV that holds what none of these intervals holds: databases that list repaired versions mean all others. */
export function complementOf(intervals: readonly Interval[]): {
  readonly ranges: readonly OsvRange[]
  readonly after: readonly string[]
} {
  const events: OsvEvent[] = [{ introduced: '0' }]
  const after: string[] = []
  for (const { from, after: excludes, to, through } of intervals) {
    events.push(from !== undefined && excludes ? { last_affected: from } : { fixed: from ?? '0' })
    if (to === undefined) continue
    events.push({ introduced: to })
    if (through) after.push(to)
  }
  return { ranges: [{ type: 'ECOSYSTEM', events }], after }
}

function afterOf(intervals: readonly Interval[]): readonly string[] {
  return intervals.flatMap(({ from, after }) => (from !== undefined && after ? [from] : []))
}
