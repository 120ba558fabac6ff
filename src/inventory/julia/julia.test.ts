import { describe, expect, it } from 'vitest'
import { catalogued } from '../../../test/support/catalog.ts'
import { julia } from './index.ts'

const PATH = 'app/Manifest.toml'

describe('julia', () => {
  it('lists what the file names', async () => {
    const { components, diagnostics } = await catalogued(julia, {
      [PATH]: 'manifest_format = "2.0"\n[[deps.A]]\nuuid = "u1"\nversion = "1.0.0"\n[[deps.Base]]\nuuid = "u2"\n',
    })
    expect(diagnostics).toEqual([])
    expect(components.map(({ purl }) => purl)).toEqual(['pkg:julia/A@1.0.0?uuid=u1'])
  })

  it.each(['not toml', '[[A]]\nversion = ""'])('tells that %j could not be read', async (content) => {
    const { components, diagnostics } = await catalogued(julia, { [PATH]: content })
    expect(components).toEqual([])
    expect(diagnostics).toMatchObject([{ path: PATH, effect: 'partial' }])
  })
})
