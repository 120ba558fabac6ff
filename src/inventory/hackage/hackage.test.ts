import { describe, expect, it } from 'vitest'
import { catalogued } from '../../../test/support/catalog.ts'
import { hackage } from './index.ts'

const PATH = 'app/stack.yaml.lock'

describe('hackage', () => {
  it('lists what the file names', async () => {
    const { components, diagnostics } = await catalogued(hackage, {
      [PATH]: 'packages:\n- completed:\n    hackage: jose-jwt-0.10.0@sha256:f1,1\n',
    })
    expect(diagnostics).toEqual([])
    expect(components.map(({ purl }) => purl)).toEqual(['pkg:hackage/jose-jwt@0.10.0'])
  })

  it.each(['', 'a: 1', 'packages: [{}]', 'packages: ['])('tells that %j could not be read', async (content) => {
    const { components, diagnostics } = await catalogued(hackage, { [PATH]: content })
    expect(components).toEqual([])
    expect(diagnostics).toMatchObject([{ path: PATH, effect: 'partial' }])
  })
})
