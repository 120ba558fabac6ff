import { describe, expect, it } from 'vitest'
import { catalog, operatingSystem } from '../../../test/support/catalog.ts'
import { cos } from './index.ts'

const PATH = 'etc/cos-package-info.json'

describe('Container-Optimized OS', () => {
  it('gives what is installed, not what was used to build', () => {
    const installedPackages = [
      { category: 'sys-libs', name: 'zlib', version: '17162.336.17', ebuild_version: '1.2.11-r5' },
      { name: 3 },
    ]
    const text = JSON.stringify({ installedPackages, buildTimePackages: [{ name: 'perl', version: '1' }] })
    const answer = catalog(cos, { [PATH]: text }, { os: operatingSystem('cos', '101') })
    expect(answer.components).toMatchObject([
      {
        name: 'zlib',
        purl: 'pkg:cos/sys-libs/zlib@17162.336.17?distro=cos-101',
        ecosystem: 'cos:101',
        source: { name: 'sys-libs/zlib', version: '1.2.11-r5' },
      },
    ])
    expect(answer.diagnostics).toMatchObject([{ effect: 'partial', path: PATH }])
  })

  it.each(['asdf', '{}', '[]', '{"installedPackages":1}'])('is blind for %s', (text) => {
    expect(catalog(cos, { [PATH]: text }).diagnostics).toMatchObject([{ effect: 'blind', path: PATH }])
  })
})
