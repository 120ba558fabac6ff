import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { askedToWait, backoff, DEFAULT_PATIENCE, rateLimited } from './patience.ts'

const NOW = Date.UTC(2026, 0, 1)
const wait = (headers: Record<string, string>): number | undefined => askedToWait(new Map(Object.entries(headers)), NOW)

describe('how long a server asks to wait', () => {
  it('is said in seconds, as a date, or by the window of a limit that is used up', () => {
    expect(wait({ 'retry-after': '120' })).toBe(120_000)
    expect(wait({ 'retry-after': new Date(NOW + 5000).toUTCString() })).toBe(5000)
    expect(wait({ 'retry-after': new Date(NOW - 5000).toUTCString() })).toBe(0)
    expect(wait({ 'retry-after': String(NOW / 1000 + 7) })).toBe(7000)
    expect(wait({ 'ratelimit-remaining': '0', 'ratelimit-reset': '30' })).toBe(30_000)
    expect(wait({ 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(NOW / 1000 + 9) })).toBe(9000)
    expect(wait({ 'ratelimit-limit': '100;w=21600', 'ratelimit-remaining': '0;w=21600' })).toBe(21_600_000)
  })

  it('is unknown where nothing is said, or where the limit is not the reason', () => {
    expect(wait({})).toBeUndefined()
    expect(wait({ 'retry-after': 'soon' })).toBeUndefined()
    expect(wait({ 'ratelimit-remaining': '5', 'ratelimit-reset': '30' })).toBeUndefined()
  })

  it('is never before now, whatever is said', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 30 }), (text) => {
        const found = wait({ 'retry-after': text, 'ratelimit-remaining': '0', 'ratelimit-reset': text })
        expect(found === undefined || found >= 0).toBe(true)
        expect(rateLimited('x', 'y', new Map([['retry-after', text]]), NOW).code).toBe('registry-rate-limited')
      }),
    )
  })
})

describe('pauses between attempts', () => {
  it('grow, jitter, and end somewhere', () => {
    const { backoffMs, longestWaitMs } = DEFAULT_PATIENCE
    for (let tries = 1; tries < 50; tries++) {
      const most = Math.min(longestWaitMs, backoffMs * 2 ** (tries - 1))
      const pause = backoff(DEFAULT_PATIENCE, tries)
      expect(pause).toBeGreaterThanOrEqual(most / 2)
      expect(pause).toBeLessThanOrEqual(most)
    }
  })
})

describe('a pause', () => {
  it('ends at once when the run is interrupted', async () => {
    const stop = new AbortController()
    const pause = DEFAULT_PATIENCE.pause(60_000, stop.signal)
    stop.abort(new Error('stopped'))
    await expect(pause).rejects.toThrow('stopped')
    await expect(DEFAULT_PATIENCE.pause(60_000, stop.signal)).rejects.toThrow('stopped')
    await DEFAULT_PATIENCE.pause(0, new AbortController().signal)
  })
})
