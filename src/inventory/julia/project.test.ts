import { describe, expect, it } from 'vitest'
import { catalogued } from '../../../test/support/catalog.ts'
import { julia } from './index.ts'

const JSON_UUID = '682c06a0-de6a-54ab-a142-c8b1cf79cde6'
const PROJECT = `name = "Mine"
uuid = "11111111-de6a-54ab-a142-c8b1cf79cde6"
version = "0.1.0"

[deps]
Dates = "ade2ca70-3891-5945-98fb-dc099432e06a"
JSON = "${JSON_UUID}"
Exact = "22222222-de6a-54ab-a142-c8b1cf79cde6"

[extras]
Aqua = "33333333-de6a-54ab-a142-c8b1cf79cde6"

[compat]
JSON = "0.21.3, 1"
Exact = "=1.2.3"
Aqua = "0.8"
julia = "1.6"
`

describe('projects of Julia', () => {
  it('ask for the least versions that are compatible', async () => {
    const { components, diagnostics } = await catalogued(julia, { 'app/Project.toml': PROJECT })
    expect(diagnostics).toEqual([])
    expect(components.map(({ purl, scope, evidence }) => [purl.split('?')[0], scope, evidence[0]?.confidence])).toEqual(
      [
        ['pkg:julia/JSON@0.21.3', 'runtime', 0.3],
        ['pkg:julia/Exact@1.2.3', 'runtime', 1],
        ['pkg:julia/Aqua@0.8', 'development', 0.3],
      ],
    )
    expect(components[0]?.purl).toBe(`pkg:julia/JSON@0.21.3?uuid=${JSON_UUID}`)
  })

  it('say nothing where a manifest lies beside them', async () => {
    const { components } = await catalogued(julia, {
      'app/Project.toml': PROJECT,
      'app/Manifest.toml': `[[JSON]]\nuuid = "${JSON_UUID}"\nversion = "0.21.4"\n`,
    })
    expect(components.map(({ version }) => version)).toEqual(['0.21.4'])
  })

  it('are of installed packages in a depot', async () => {
    const { components } = await catalogued(julia, {
      'root/.julia/packages/JSON/93Ea8/Project.toml': `name = "JSON"\nuuid = "${JSON_UUID}"\nversion = "0.21.4"\n[deps]\nParsers = "x"\n[compat]\nParsers = "1"`,
    })
    expect(components).toMatchObject([{ name: 'JSON', version: '0.21.4', presence: 'installed' }])
  })

  it.each(['name = ', '\u0000', 'a = 1\na = 2', `a = ${'['.repeat(100_000)}`])(
    'that are broken are named (%#)',
    async (content) => {
      const { components, diagnostics } = await catalogued(julia, {
        'bad/Project.toml': content,
        'good/Project.toml': PROJECT,
      })
      expect(components).toHaveLength(3)
      expect(diagnostics).toMatchObject([{ path: 'bad/Project.toml', effect: 'partial' }])
    },
  )

  it('with tables that are none ask for nothing', async () => {
    const { components, diagnostics } = await catalogued(julia, {
      'app/Project.toml': 'deps = 7\ncompat = [1]\nextras = { a = 1 }\n["__proto__"]\nname = "x"',
    })
    expect([components, diagnostics]).toEqual([[], []])
  })
})
