import { describe, expect, it } from 'vitest'
import { lowestAllowed } from './lowest-allowed.ts'

describe('lowestAllowed', () => {
  it.each([
    ['>= 0.34.0 and < 2.0.0', '0.34.0', false],
    ['^1.2', '1.2', false],
    ['~> 2.0-rc.1', '2.0-rc.1', false],
    ['< 3, >= 1.1', '1.1', false],
    ['== 1.0', '1.0', true],
    ['=1.0-1', '1.0-1', true],
    ['1.2 || 2', '1.2', false],
    ['v1.4', '1.4', false],
    ['1.*', '1', false],
  ])('%s is at least %s', (range, version, exact) => {
    expect(lowestAllowed(range, 'least')).toEqual({ version, exact })
  })

  it('takes a version on its own for that version only where the format does', () => {
    expect(lowestAllowed('1.2.3', 'exact')).toEqual({ version: '1.2.3', exact: true })
    expect(lowestAllowed('1.2.3', 'least')).toEqual({ version: '1.2.3', exact: false })
  })

  it.each(['', '*', '< 2', 'any', '!= 1.0', 'abc1.0'])('%s has no least version', (range) => {
    expect(lowestAllowed(range, 'exact')).toBeUndefined()
  })

  it('ends soon on a long text', () => {
    const start = performance.now()
    lowestAllowed('< '.repeat(1_000_000), 'exact')
    lowestAllowed(' '.repeat(1_000_000), 'exact')
    expect(performance.now() - start).toBeLessThan(200)
  })
})
