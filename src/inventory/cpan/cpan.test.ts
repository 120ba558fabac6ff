import { describe, expect, it } from 'vitest'
import { catalogued } from '../../../test/support/catalog.ts'
import { cpan } from './index.ts'

const PATH = 'app/META.json'

describe('cpan', () => {
  it('lists what the file names', async () => {
    const { components, diagnostics } = await catalogued(cpan, {
      [PATH]: '{"name":"URI","version":"5.34","license":["perl_5"],"meta-spec":{"version":2}}',
    })
    expect(diagnostics).toEqual([])
    expect(components.map(({ purl }) => purl)).toEqual(['pkg:cpan/URI@5.34'])
  })

  it.each(['', '[]', '{"meta-spec":{}}'])('tells that %j could not be read', async (content) => {
    const { components, diagnostics } = await catalogued(cpan, { [PATH]: content })
    expect(components).toEqual([])
    expect(diagnostics).toMatchObject([{ path: PATH, effect: 'partial' }])
  })
})
