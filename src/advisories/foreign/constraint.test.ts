import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { schemeFor } from '../../versions/index.ts'
import { judge } from '../matching/ranges.ts'
import { versionOrder } from '../matching/version-order.ts'
import { complementOf, parseConstraint, rangesOf } from './constraint.ts'

describe('constraints of other scanners', () => {
  it.each([
    ['>= 1.0, < 2.0', [{ from: '1.0', to: '2.0' }]],
    ['>=1.0 <2.0', [{ from: '1.0', to: '2.0' }]],
    ['< 1.0 || >= 2.0, <= 2.1', [{ to: '1.0' }, { from: '2.0', to: '2.1', through: true }]],
    ['>1.0|<0.5', [{ from: '1.0', after: true }, { to: '0.5' }]],
    ['= 1.2.3', [{ from: '1.2.3', to: '1.2.3', through: true }]],
    ['v1.2.3', [{ from: '1.2.3', to: '1.2.3', through: true }]],
    ['*', [{}]],
    ['', [{}]],
    ['~> 1.2.3', [{ from: '1.2.3', to: '1.3' }]],
    ['~> 2', [{ from: '2', to: '3' }]],
    ['^1.2.3', [{ from: '1.2.3', to: '2' }]],
    ['^0.2.3', [{ from: '0.2.3', to: '0.3' }]],
    ['~1.2.3', [{ from: '1.2.3', to: '1.3' }]],
    [
      '[1.0,2.0),(,0.9],[3.1]',
      [
        { from: '1.0', to: '2.0' },
        { to: '0.9', through: true },
        { from: '3.1', to: '3.1', through: true },
      ],
    ],
    ['(1.0,)', [{ from: '1.0', after: true }]],
    ['< 1:2.3-4.el8', [{ to: '1:2.3-4.el8' }]],
  ])('reads %s', (text, intervals) => {
    expect(parseConstraint(text)).toEqual(intervals)
  })

  it.each([
    '[1.0,2.0',
    '(1.0)',
    '>= 1.0, >= 2.0',
    '< 1.0 < 2.0',
    '!= 1.0',
    '>= ',
    '[]',
    '1.0 || [',
    '<'.repeat(100_000),
  ])('refuses %s', (text) => {
    expect(parseConstraint(text)).toBeUndefined()
  })

  it('never takes long, whatever the text', () => {
    fc.assert(
      fc.property(
        fc.string({
          maxLength: 2_000,
          unit: fc.constantFrom('[', '(', ',', ' ', '|', '<', '>', '=', '~', '1', '.', 'a', ')'),
        }),
        (text) => {
          const started = performance.now()
          parseConstraint(text)
          expect(performance.now() - started).toBeLessThan(500)
        },
      ),
    )
  })

  it('holds what is not repaired where only repaired versions are listed', () => {
    const order = versionOrder(schemeFor('RubyGems') as NonNullable<ReturnType<typeof schemeFor>>)
    const { ranges } = complementOf(['~> 1.2.5', '>= 2.0.1', '< 1.0'].flatMap((text) => parseConstraint(text) ?? []))
    const held = (version: string) => judge({ ranges, versions: [] }, version, order)
    for (const version of ['1.0', '1.2.4', '1.3', '2.0.0'])
      expect([version, held(version)]).toEqual([version, 'affected'])
    for (const version of ['0.9', '1.2.5', '1.2.9', '2.0.1', '3'])
      expect([version, held(version)]).toEqual([version, 'unaffected'])
  })

  it('names the versions behind which an interval begins', () => {
    expect(rangesOf(parseConstraint('> 1.0, < 2.0') ?? [])).toMatchObject({
      after: ['1.0'],
      ranges: [{ events: [{ introduced: '1.0' }, { fixed: '2.0' }] }],
    })
  })
})
