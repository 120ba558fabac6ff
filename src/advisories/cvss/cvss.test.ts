import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type CvssScore, scoreCvss, severityOfScore } from './index.ts'
import type { MetricTable } from './types.ts'
import { TABLE_2 } from './version2.ts'
import { TABLE_3 } from './version3.ts'
import { TABLE_4 } from './version4.ts'

function vectors(prefix: string, table: MetricTable): fc.Arbitrary<string> {
  const fields = [...table.values].map(([metric, values]) => {
    const field = fc.constantFrom(...values.keys()).map((value): string[] => [`${metric}:${value}`])
    return table.mandatory.includes(metric) ? field : fc.oneof(field, fc.constant<string[]>([]))
  })
  return fc.tuple(...fields).map((parts) => prefix + parts.flat().join('/'))
}

const anyVector = fc.oneof(
  vectors('', TABLE_2),
  vectors('CVSS:2.0/', TABLE_2),
  vectors('CVSS:3.0/', TABLE_3),
  vectors('CVSS:3.1/', TABLE_3),
  vectors('CVSS:4.0/', TABLE_4),
)

function scored(vector: string): CvssScore {
  const score = scoreCvss(vector)
  if ('failure' in score) throw new Error(score.message)
  return score
}

describe('scoreCvss', () => {
  it('gives every vector scores from 0 to 10 with one decimal', () => {
    fc.assert(
      fc.property(anyVector, (vector) => {
        const score = scored(vector)
        for (const value of [score.base, score.temporal ?? 0, score.environmental ?? 0, score.overall]) {
          expect(value).toBeGreaterThanOrEqual(0)
          expect(value).toBeLessThanOrEqual(10)
          expect(Number(value.toFixed(1))).toBe(value)
        }
      }),
      { numRuns: 2000 },
    )
  })

  it('does not mind the order of the metrics', () => {
    fc.assert(
      fc.property(anyVector, (vector) => {
        const start = vector.startsWith('CVSS:') ? vector.indexOf('/') + 1 : 0
        const swapped = vector.slice(0, start) + vector.slice(start).split('/').reverse().join('/')
        expect(scoreCvss(swapped)).toEqual(scoreCvss(vector))
      }),
    )
  })

  it('takes any text without throwing', () => {
    fc.assert(fc.property(fc.string(), (text) => void scoreCvss(text)))
    fc.assert(fc.property(anyVector, fc.nat(300), (vector, cut) => void scoreCvss(vector.slice(0, cut))))
  })

  it.each([
    ['AV:N/AC:L/Au:N/C:C/I:C/A:C', 10, 'critical'],
    ['(AV:N/AC:L/Au:N/C:P/I:P/A:P)', 7.5, 'high'],
    ['CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N', 0, 'none'],
    ['CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H', 10, 'critical'],
    ['CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H/E:U', 6.9, 'medium'],
    ['CVSS:3.1/AV:A/AC:H/PR:N/UI:R/S:U/C:L/I:N/A:N', 2.6, 'low'],
    ['CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N', 9.3, 'critical'],
    ['CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N/MSI:S', 10.0, 'critical'],
  ])('%s', (vector, overall, severity) => {
    expect(scoreCvss(vector)).toMatchObject({ overall, severity })
  })

  it('does not let undefined environmental metrics change the overall score', () => {
    const score = scored('CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:H/I:H/A:H')
    expect(score.overall).toBe(score.base)
  })

  it.each([
    ['', 'malformed-field'],
    ['high', 'malformed-field'],
    ['CVSS:5.0/AV:N', 'unknown-version'],
    ['CVSS:3.1/', 'malformed-field'],
    ['CVSS:3.1/AV:N', 'missing-metric'],
    ['CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/', 'malformed-field'],
    ['CVSS:3.1/AV:N/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H', 'duplicate-metric'],
    ['CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/XX:Y', 'unknown-metric'],
    ['CVSS:3.1/AV:Q/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H', 'unknown-value'],
    ['CVSS:3.1/__proto__:Q', 'unknown-metric'],
    ['A'.repeat(100_000), 'too-long'],
  ])('%.60s is no vector: %s', (vector, kind) => {
    expect(scoreCvss(vector)).toMatchObject({ failure: kind })
  })
})

describe('severityOfScore', () => {
  it('names the bands of the specification', () => {
    expect([0, 0.1, 3.9, 4, 6.9, 7, 8.9, 9, 10].map(severityOfScore)).toEqual([
      'none',
      'low',
      'low',
      'medium',
      'medium',
      'high',
      'high',
      'critical',
      'critical',
    ])
  })
})
