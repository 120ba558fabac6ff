import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Failure } from '../lib/failure.ts'
import { SCAN_FLAGS } from './scan-flags.ts'
import { environmentName, resolveSettings } from './settings.ts'
import { parseSettings } from './settings-yaml.ts'

const KNOWN = new Set(Object.values(SCAN_FLAGS).map((flag) => flag.name))

describe('settings', () => {
  const file = parseSettings('severity: [high, critical]\ntimeout: 1m\nstrict: true\n', '.bulwark.yaml', KNOWN)

  it('come from flag, environment, file, default, in this order', () => {
    const environment = { BULWARK_TIMEOUT: '2m', BULWARK_SEVERITY: 'low' }
    const given = new Map([['severity', ['medium']]])
    const { settings, resolved } = resolveSettings(SCAN_FLAGS, given, environment, file)
    expect(settings.severity).toEqual(['medium'])
    expect(settings.timeout).toBe(120_000)
    expect(settings.strict).toBe(true)
    expect(settings.format).toBe('table')
    const origins = Object.fromEntries(
      resolved.map(({ flag, origin }) => [flag.name, `${origin.kind} ${origin.at}`.trim()]),
    )
    expect(origins).toMatchObject({
      severity: 'flag --severity',
      timeout: 'environment BULWARK_TIMEOUT',
      strict: 'file .bulwark.yaml:3',
      format: 'default',
    })
  })

  it('have one environment variable each', () => {
    expect(environmentName({ name: 'ignore-unfixed' })).toBe('BULWARK_IGNORE_UNFIXED')
    const names = Object.values(SCAN_FLAGS).map(environmentName)
    expect(new Set(names).size).toBe(names.length)
  })

  it('joins what is repeated, and takes the last of what is not', () => {
    const given = new Map([
      ['skip-dirs', ['a', 'b,c']],
      ['format', ['json', 'table']],
    ])
    const { settings } = resolveSettings(SCAN_FLAGS, given, {}, undefined)
    expect(settings.skipDirs).toEqual(['a', 'b', 'c'])
    expect(settings.format).toBe('table')
  })

  it('name where a wrong value stands', () => {
    const wrong = parseSettings('\nformat: xml\n', '.bulwark.yaml', KNOWN)
    expect(() => resolveSettings(SCAN_FLAGS, new Map(), {}, wrong)).toThrow(
      '.bulwark.yaml:2: format expects table or json',
    )
    expect(() => resolveSettings(SCAN_FLAGS, new Map(), { BULWARK_EXIT_CODE: '2' }, undefined)).toThrow(
      'BULWARK_EXIT_CODE cannot be 2',
    )
    expect(() => resolveSettings(SCAN_FLAGS, new Map([['timeout', ['x']]]), {}, undefined)).toThrow(
      '--timeout expects a duration',
    )
  })

  it('refuse a key that no flag has, a nested value, and a text that is no mapping', () => {
    expect(() => parseSettings('severty: high\n', 'f', KNOWN)).toThrow('there is no setting "severty"')
    expect(() => parseSettings('severity: {a: 1}\n', 'f', KNOWN)).toThrow('expects a value or a list')
    expect(() => parseSettings('- a\n', 'f', KNOWN)).toThrow('must hold settings')
    expect(() => parseSettings('severity: high\nseverity: low\n', 'f', KNOWN)).toThrow()
    expect(() => parseSettings('__proto__: 1\n', 'f', KNOWN)).toThrow('there is no setting "__proto__"')
    expect(parseSettings('', 'f', KNOWN).entries.size).toBe(0)
  })

  it('refuse any text with a failure of usage, and nothing else', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), (text) => {
        try {
          parseSettings(text, 'f', KNOWN)
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(Failure)
        }
      }),
    )
  })
})
