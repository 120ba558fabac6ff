import { describe, expect, it } from 'vitest'
import { catalogued } from '../../../test/support/catalog.ts'
import { swift } from './index.ts'

const PATH = 'app/Package.resolved'

describe('swift', () => {
  it('lists what the file names', async () => {
    const { components, diagnostics } = await catalogued(swift, {
      [PATH]:
        '{"pins":[{"location":"git@github.com:apple/swift-nio.git","state":{"version":"2.41.0"}},{"location":"https://github.com/a/b.git","state":{"revision":"abc"}}],"version":2}',
    })
    expect(diagnostics).toEqual([])
    expect(components.map(({ purl }) => purl)).toEqual([
      'pkg:swift/github.com/apple/swift-nio@2.41.0',
      'pkg:swift/github.com/a/b@abc',
    ])
  })

  it.each(['', '{}', '{"pins":[1]}'])('tells that %j could not be read', async (content) => {
    const { components, diagnostics } = await catalogued(swift, { [PATH]: content })
    expect(components).toEqual([])
    expect(diagnostics).toMatchObject([{ path: PATH, effect: 'partial' }])
  })
})
