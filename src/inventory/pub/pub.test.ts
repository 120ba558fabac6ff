import { describe, expect, it } from 'vitest'
import { catalogued } from '../../../test/support/catalog.ts'
import { pub } from './index.ts'

const PATH = 'app/pubspec.lock'

describe('pub', () => {
  it('lists what the file names', async () => {
    const { components, diagnostics } = await catalogued(pub, {
      [PATH]:
        'packages:\n  http:\n    dependency: "direct main"\n    source: hosted\n    version: "1.10"\n  flutter:\n    source: sdk\n    version: "0.0.0"\n',
    })
    expect(diagnostics).toEqual([])
    expect(components.map(({ purl }) => purl)).toEqual(['pkg:pub/http@1.10'])
  })

  it.each(['', 'packages: 1', 'packages: {a: {}}', 'packages: ['])(
    'tells that %j could not be read',
    async (content) => {
      const { components, diagnostics } = await catalogued(pub, { [PATH]: content })
      expect(components).toEqual([])
      expect(diagnostics).toMatchObject([{ path: PATH, effect: 'partial' }])
    },
  )
})
