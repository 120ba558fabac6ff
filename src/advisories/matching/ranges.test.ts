import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { dpkg, semver } from '../../versions/index.ts'
import type { OsvEvent, OsvRange } from '../types.ts'
import { smallestFix } from './fixes.ts'
import { isNever, judge } from './ranges.ts'
import { versionOrder } from './version-order.ts'

const order = versionOrder(semver)
const range = (events: readonly OsvEvent[], type: OsvRange['type'] = 'SEMVER'): OsvRange => ({ type, events })
const says = (events: readonly OsvEvent[], version: string) =>
  judge({ ranges: [range(events)], versions: [] }, version, order)

describe('ranges', () => {
  it('holds what was introduced and ends before fixed and after last_affected', () => {
    expect(says([{ introduced: '1.0.0' }, { fixed: '2.0.0' }], '1.0.0')).toBe('affected')
    expect(says([{ introduced: '1.0.0' }, { fixed: '2.0.0' }], '2.0.0')).toBe('unaffected')
    expect(says([{ introduced: '1.0.0' }, { last_affected: '2.0.0' }], '2.0.0')).toBe('affected')
    expect(says([{ introduced: '1.0.0' }, { last_affected: '2.0.0' }], '2.0.1')).toBe('unaffected')
    expect(says([{ introduced: '1.0.0' }, { last_affected: '1.0.0' }], '1.0.0')).toBe('affected')
  })

  it('takes introduced 0 as before everything, also before 0.0.0-alpha and 0~rc1', () => {
    expect(says([{ introduced: '0' }], '0.0.0-alpha')).toBe('affected')
    const debian = versionOrder(dpkg)
    expect(judge({ ranges: [range([{ introduced: '0' }], 'ECOSYSTEM')], versions: [] }, '0~rc1-1', debian)).toBe(
      'affected',
    )
  })

  it('sorts events, and takes an interval that ends where it begins as empty', () => {
    const events = [{ fixed: '1.5.0' }, { introduced: '2.0.0' }, { introduced: '1.0.0' }, { fixed: '2.3.0' }]
    expect(['0.9.0', '1.2.0', '1.7.0', '2.1.0', '2.3.0'].map((version) => says(events, version))).toEqual([
      'unaffected',
      'affected',
      'unaffected',
      'affected',
      'unaffected',
    ])
    expect(says([{ introduced: '1.0.0' }, { fixed: '1.0.0' }], '1.0.0')).toBe('unaffected')
    expect(says([{ introduced: '1.0.0' }, { fixed: '1.0.0' }], '1.2.0')).toBe('unaffected')
  })

  it('keeps on across intervals that touch, in any order of their events', () => {
    const events = [{ introduced: '2.0.0' }, { fixed: '2.0.0' }, { introduced: '1.0.0' }, { fixed: '3.0.0' }]
    expect(says(events, '2.0.0')).toBe('affected')
    expect(says(events.toReversed(), '2.5.0')).toBe('affected')
  })

  it('passes over GIT ranges, not the ones after them', () => {
    const ranges = [
      range([{ introduced: '0' }, { fixed: 'abcdef' }], 'GIT'),
      range([{ introduced: '0' }, { fixed: '1.0.0' }]),
    ]
    expect(judge({ ranges, versions: [] }, '0.9.0', order)).toBe('affected')
    expect(judge({ ranges: ranges.slice(0, 1), versions: [] }, '0.9.0', order)).toBe('silent')
  })

  it('takes versions beside ranges, and compares them by the scheme where there are no others', () => {
    expect(judge({ ranges: [range([{ introduced: '2.0.0' }])], versions: ['1.0.0'] }, '1.0.0', order)).toBe('affected')
    expect(judge({ ranges: [], versions: ['1.0.0+build'] }, '1.0.0', order)).toBe('affected')
    expect(judge({ ranges: [], versions: ['1.0.1'] }, '1.0.0', order)).toBe('unaffected')
    expect(judge({ ranges: [], versions: [] }, '1.0.0', order)).toBe('silent')
  })

  it('counts only below a limit', () => {
    expect(says([{ introduced: '0' }, { limit: '1.0.0' }], '0.9.0')).toBe('affected')
    expect(says([{ introduced: '0' }, { limit: '1.0.0' }], '1.0.0')).toBe('unaffected')
    expect(says([{ introduced: '0' }, { limit: '1.0.0' }, { limit: '*' }], '7.0.0')).toBe('affected')
  })

  it('knows the statement that no version is affected', () => {
    expect(isNever({ ranges: [range([{ introduced: '0' }, { fixed: '0' }])], versions: [] }, order)).toBe(true)
    expect(says([{ introduced: '0' }, { fixed: '0' }], '1.0.0')).toBe('unaffected')
    expect(says([{ introduced: '0' }, { fixed: '0' }], '0.0.0-alpha')).toBe('unaffected')
    expect(says([{ fixed: '0' }, { introduced: '0' }], '0.0.0-alpha')).toBe('unaffected')
    expect(isNever({ ranges: [range([{ introduced: '0' }, { fixed: '1.0.0' }])], versions: [] }, order)).toBe(false)
    expect(isNever({ ranges: [range([{ introduced: '2.0.0' }])], versions: [] }, order)).toBe(false)
  })

  /** Intervals over small whole versions, none overlapping; each ends exclusively, inclusively, or never (the last one). */
  const intervals = fc
    .array(
      fc.record({
        length: fc.integer({ min: 0, max: 3 }),
        gap: fc.integer({ min: 0, max: 2 }),
        inclusive: fc.boolean(),
      }),
      {
        minLength: 1,
        maxLength: 6,
      },
    )
    .map((steps) => {
      let at = 0
      return steps.map(({ length, gap, inclusive }) => {
        const from = at + gap + (inclusive ? 1 : 0)
        at = from + length + (inclusive ? 1 : 0)
        return { from, to: from + length, inclusive }
      })
    })

  it('agrees with plain intervals whatever the order of the events', () => {
    fc.assert(
      fc.property(intervals, fc.integer({ min: 0, max: 40 }), fc.infiniteStream(fc.nat()), (spans, at, random) => {
        const events = spans
          .flatMap(({ from, to, inclusive }): OsvEvent[] => [
            { introduced: `${from}.0.0` },
            inclusive ? { last_affected: `${to}.0.0` } : { fixed: `${to}.0.0` },
          ])
          .map((event) => ({ event, key: random.next().value ?? 0 }))
          .sort((a, b) => a.key - b.key)
          .map(({ event }) => event)
        const expected = spans.some(({ from, to, inclusive }) => at >= from && (inclusive ? at <= to : at < to))
        expect(says(events, `${at}.0.0`)).toBe(expected ? 'affected' : 'unaffected')
      }),
    )
  })

  it('finds the smallest fix: a naive search over all fixed events agrees', () => {
    fc.assert(
      fc.property(intervals, fc.integer({ min: 0, max: 40 }), (spans, at) => {
        const events = spans.flatMap(({ from, to }): OsvEvent[] => [
          { introduced: `${from}.0.0` },
          { fixed: `${to}.0.0` },
        ])
        const naive = spans
          .map(({ to }) => to)
          .filter((to) => to > at && !spans.some((span) => to >= span.from && to < span.to))
          .sort((a, b) => a - b)[0]
        const fix = smallestFix([{ ranges: [range(events)], versions: [] }], `${at}.0.0`, order)
        expect(fix).toBe(naive === undefined ? undefined : `${naive}.0.0`)
      }),
    )
  })
})
