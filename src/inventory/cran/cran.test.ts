import { describe, expect, it } from 'vitest'
import { catalogued } from '../../../test/support/catalog.ts'
import { cran } from './index.ts'

const PATH = 'app/renv.lock'

describe('cran', () => {
  it('lists what the file names', async () => {
    const { components, diagnostics } = await catalogued(cran, {
      [PATH]:
        '{"Packages":{"markdown":{"Package":"markdown","Version":"1.0","Source":"Repository","Repository":"CRAN"},"x":{"Source":"GitHub","Version":"1"}}}',
    })
    expect(diagnostics).toEqual([])
    expect(components.map(({ purl }) => purl)).toEqual(['pkg:cran/markdown@1.0'])
  })

  it.each(['', '{}', '{"Packages":{"__proto__":{"Source":"Repository"}}}'])(
    'tells that %j could not be read',
    async (content) => {
      const { components, diagnostics } = await catalogued(cran, { [PATH]: content })
      expect(components).toEqual([])
      expect(diagnostics).toMatchObject([{ path: PATH, effect: 'partial' }])
    },
  )
})
