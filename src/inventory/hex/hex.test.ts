import { describe, expect, it } from 'vitest'
import { catalogued } from '../../../test/support/catalog.ts'
import { hex } from './index.ts'

const PATH = 'app/mix.lock'

describe('hex', () => {
  it('lists what the file names', async () => {
    const { components, diagnostics } = await catalogued(hex, {
      [PATH]:
        '%{\n  "plug": {:hex, :plug, "1.11.1", "f2", [:mix], [{:mime, "~> 1.0", []}], "hexpm", "23"},\n  "foo": {:git, "https://example.org/foo.git", "fc94", []},\n}\n',
    })
    expect(diagnostics).toEqual([])
    expect(components.map(({ purl }) => purl)).toEqual(['pkg:hex/plug@1.11.1', 'pkg:hex/foo@fc94'])
  })

  it.each(['', 'hello', '%{\n  "a": {:hex, 1},\n}'])('tells that %j could not be read', async (content) => {
    const { components, diagnostics } = await catalogued(hex, { [PATH]: content })
    expect(components).toEqual([])
    expect(diagnostics).toMatchObject([{ path: PATH, effect: 'partial' }])
  })
})
