import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Failure } from '../../lib/failure.ts'
import { parseEpss } from './epss.ts'
import { parseKev } from './kev.ts'
import { isNewer, parseModifiedList } from './modified-list.ts'

describe('the list of changes', () => {
  it('is used whole or not at all, and nothing in it makes it fail', () => {
    expect(parseModifiedList(Buffer.from('2026-01-01T00:00:00Z,A\r\n2026-01-02T00:00:00Z,A\n\n'))).toEqual({
      ok: true,
      times: new Map([['A', '2026-01-02T00:00:00Z']]),
    })
    for (const text of ['', 'A', 'yesterday,A', '2026-01-01T00:00:00Z,../A', '2026-01-01T00:00:00Z,'])
      expect(parseModifiedList(Buffer.from(text)).ok).toBe(false)
    fc.assert(fc.property(fc.uint8Array(), (bytes) => void parseModifiedList(bytes)))
  })

  it('compares times as times', () => {
    expect(isNewer('2026-01-01T00:00:00.5Z', '2026-01-01T00:00:00Z')).toBe(true)
    expect(isNewer('2026-01-01T00:00:00+01:00', '2026-01-01T00:00:00Z')).toBe(false)
    expect(isNewer('2026-01-01T00:00:00Z', '')).toBe(true)
  })
})

describe('KEV and EPSS', () => {
  it('are read or refused with the name of the input, whatever the bytes', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array(),
          fc.json().map((text) => Buffer.from(text)),
        ),
        (bytes) => {
          for (const parse of [parseKev, parseEpss]) {
            try {
              parse(bytes, 'the input')
            } catch (error) {
              expect(error).toBeInstanceOf(Failure)
              expect((error as Failure).input).toBe('the input')
            }
          }
        },
      ),
    )
  })

  it('reads scores by the names of their columns and counts wrong rows', () => {
    const csv =
      '#score_date:2026-01-03T00:00:00Z\npercentile,cve,epss\n0.9,CVE-2026-0001,1e-05\n2,CVE-2026-0002,0.1\nx\n'
    const scores = { on: '2026-01-03', rows: [['CVE-2026-0001', 0.00001, 0.9]], skipped: 2 }
    expect(parseEpss(Buffer.from(csv), 'x')).toEqual(scores)
    expect(parseEpss(gzipSync(csv), 'x')).toEqual(scores)
    expect(() => parseEpss(gzipSync(csv).subarray(0, 40), 'x')).toThrow('damaged gzip')
  })
})
