import { describe, expect, it } from 'vitest'
import { catalogued } from '../../../test/support/catalog.ts'
import { chocolatey } from './index.ts'

const lib = 'ProgramData/chocolatey/lib'

describe('Chocolatey', () => {
  it('has installed what its specifications say', async () => {
    const text =
      '<?xml version="1.0"?>\n<package xmlns="http://schemas.microsoft.com/packaging/2015/06/nuspec.xsd"><metadata><id>git</id><version>2.45.1</version><authors>A</authors><license type="expression">GPL-2.0-only</license></metadata></package>'
    const { components } = await catalogued(chocolatey, { [`${lib}/git/git.nuspec`]: text })
    expect(components).toMatchObject([
      { purl: 'pkg:chocolatey/git@2.45.1', supplier: 'A', licences: ['GPL-2.0-only'], presence: 'installed' },
    ])
  })

  it('tells what is broken, and expands no entities', async () => {
    const bomb = '<!DOCTYPE a [<!ENTITY x "xxxx">]><package><metadata><id>&x;</id></metadata></package>'
    const files = { [`${lib}/a/a.nuspec`]: bomb, [`${lib}/b/b.nuspec`]: '<package/>', [`${lib}/c/c.nuspec`]: '' }
    const { components, diagnostics } = await catalogued(chocolatey, files)
    expect(components).toEqual([])
    expect(diagnostics.map(({ path }) => path)).toEqual(Object.keys(files))
  })
})
