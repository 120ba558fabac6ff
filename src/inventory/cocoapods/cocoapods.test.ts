import { describe, expect, it } from 'vitest'
import { catalogued } from '../../../test/support/catalog.ts'
import { cocoapods } from './index.ts'

describe('Podfile.lock', () => {
  it('lists pods and subspecs with who needs whom and what was asked for', async () => {
    const { components, relations, diagnostics } = await catalogued(cocoapods, {
      'app/Podfile.lock':
        'PODS:\n  - A (1.10):\n    - B/Core (~> 2)\n  - B/Core (2.0.1)\nDEPENDENCIES:\n  - A (~> 1.0)\n',
    })
    expect(diagnostics).toEqual([])
    expect(components.map(({ purl, direct }) => [purl, direct])).toEqual([
      ['pkg:cocoapods/A@1.10', true],
      ['pkg:cocoapods/B@2.0.1#Core', false],
    ])
    expect(relations).toEqual([{ from: components[0]?.id, to: components[1]?.id, kind: 'depends-on' }])
  })

  it.each(['', 'PODS: x', 'PODS: [', '- a'])('tells that %j could not be read', async (content) => {
    const { components, diagnostics } = await catalogued(cocoapods, { 'app/Podfile.lock': content })
    expect(components).toEqual([])
    expect(diagnostics).toMatchObject([{ path: 'app/Podfile.lock', effect: 'partial' }])
  })
})
