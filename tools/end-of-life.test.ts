import { describe, expect, it } from 'vitest'
import { endOfLife } from './end-of-life.ts'

describe('endOfLife', () => {
  it('keys cycles as releases of ours, and keeps dates only', () => {
    const made = endOfLife({
      sles: {
        releases: [
          { releaseCycle: '15.0', eol: '2019-12-31', eoes: '2022-12-31' },
          { releaseCycle: '15.2', eol: '2021-12-31' },
        ],
      },
      'alpine-linux': { releases: [{ releaseCycle: '3.10', eol: '2021-05-01' }] },
      'oracle-linux': { releases: [{ releaseCycle: '10', eol: false, eoes: false }] },
      nodejs: { releases: [{ releaseCycle: '20', eol: '2026-04-30' }] },
    })
    expect(made.releases).toMatchObject({
      'sles:15': { endOfLife: '2019-12-31', endOfExtendedSupport: '2022-12-31' },
      'sles:15 SP2': { endOfLife: '2021-12-31' },
      'alpine:v3.10': { endOfLife: '2021-05-01' },
    })
    expect(Object.keys(made.releases)).not.toContain('ol:10')
    expect(Object.keys(made.releases).some((key) => key.startsWith('nodejs'))).toBe(false)
  })

  it('refuses another form', () => {
    expect(() => endOfLife({ debian: { releases: [{ releaseCycle: '12', eol: 'soon' }] } })).toThrow()
  })
})
