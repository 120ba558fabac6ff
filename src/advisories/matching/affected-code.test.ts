import { describe, expect, it } from 'vitest'
import { componentOf, recordOf } from '../../../test/support/advisories.ts'
import { affects, match, until } from '../../../test/support/matching.ts'
import type { OsvRecord } from '../types.ts'

const net = componentOf({ name: 'golang.org/x/net', version: '0.1.0', ecosystem: 'Go' })

function codeOf(imports: unknown, id = 'GO-2023-0001', more: Partial<OsvRecord>[] = []) {
  const affected = [affects('Go', 'golang.org/x/net', until('0.2.0'), { ecosystem_specific: { imports } })]
  const records = [recordOf({ id, affected }), ...more.map((one) => recordOf({ id: 'GHSA-aaaa-bbbb-cccc', ...one }))]
  const { affectedCode, findings } = match([net], records)
  expect(findings).toHaveLength(1)
  return affectedCode.get(findings[0]?.id ?? '')
}

describe('the code that an advisory of Go names', () => {
  it('comes with the finding, for what other records say too', () => {
    const imports = [
      { path: 'golang.org/x/net/http2', symbols: ['Server.ServeConn'], goos: ['windows'] },
      { path: 'golang.org/x/net/html' },
    ]
    const other = { aliases: ['GO-2023-0001'], affected: [affects('Go', 'golang.org/x/net', until('0.2.0'))] }
    expect(codeOf(imports, 'GO-2023-0001', [other])).toEqual([
      { package: 'golang.org/x/net/http2', symbols: ['Server.ServeConn'], systems: ['windows'] },
      { package: 'golang.org/x/net/html', symbols: [], systems: [] },
    ])
  })

  it.each([
    ['none', undefined],
    ['an empty list', []],
    ['no list', { path: 'x' }],
    ['no path', [{ symbols: ['A'] }]],
    ['symbols that are no texts', [{ path: 'x', symbols: [1] }]],
    ['far too many', Array.from({ length: 2000 }, () => ({ path: 'x' }))],
  ])('is not known where there is %s', (_, imports) => {
    expect(codeOf(imports)).toBeUndefined()
  })

  it('is not taken from other databases', () => {
    expect(codeOf([{ path: 'x' }], 'GHSA-aaaa-bbbb-dddd')).toBeUndefined()
  })
})
