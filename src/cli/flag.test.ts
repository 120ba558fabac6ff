import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Failure } from '../lib/failure.ts'
import { parseDuration, parseExitCode, parseList, parseSeverities, parseSize, parseSwitch, parseWhole } from './flag.ts'

describe('values of flags', () => {
  it('reads durations as Go writes them', () => {
    expect(parseDuration('90')).toBe(90_000)
    expect(parseDuration('90s')).toBe(90_000)
    expect(parseDuration('1h30m')).toBe(5_400_000)
    expect(parseDuration('1.5s')).toBe(1500)
    expect(parseDuration('250ms')).toBe(250)
    for (const wrong of ['', 'soon', '5 m', '5x', '-5s', '5m!'])
      expect(() => parseDuration(wrong)).toThrow('expects a duration')
  })

  it('reads sizes in powers of 1024', () => {
    expect(parseSize('1024')).toBe(1024)
    expect(parseSize('2k')).toBe(2048)
    expect(parseSize('500MB')).toBe(500 * 1024 ** 2)
    expect(parseSize('1GiB')).toBe(1024 ** 3)
    for (const wrong of ['', 'big', '-1', '1.5G', '1X']) expect(() => parseSize(wrong)).toThrow('expects a size')
  })

  it('reads severities in any case and once each; nothing means all', () => {
    expect(parseSeverities('HIGH,critical, high')).toEqual(['high', 'critical'])
    expect(parseSeverities('')).toBeUndefined()
    expect(() => parseSeverities('severe')).toThrow(
      'expects critical, high, medium, low, negligible or unknown, not "severe"',
    )
  })

  it('keeps the statuses that mean something else', () => {
    expect(parseExitCode('1')).toBe(1)
    expect(() => parseExitCode('2')).toThrow('wrong usage')
    expect(() => parseExitCode('3')).toThrow('could not be given')
    expect(() => parseExitCode('300')).toThrow('whole number')
  })

  it('reads switches and lists', () => {
    expect(parseSwitch('Yes')).toBe(true)
    expect(parseSwitch('')).toBe(false)
    expect(() => parseSwitch('maybe')).toThrow('true or false')
    expect(parseList(' a, ,b ')).toEqual(['a', 'b'])
    expect(() => parseWhole(1, 5)('6')).toThrow('from 1 to 5')
  })

  it('refuses any text with a failure of usage, and nothing else', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        for (const parse of [parseDuration, parseSize, parseExitCode, parseSwitch, parseSeverities]) {
          try {
            parse(text)
          } catch (thrown) {
            expect(thrown).toBeInstanceOf(Failure)
            expect((thrown as Failure).kind).toBe('usage')
          }
        }
      }),
    )
  })
})
