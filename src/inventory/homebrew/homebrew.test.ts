import { describe, expect, it } from 'vitest'
import { catalogued } from '../../../test/support/catalog.ts'
import { homebrew } from './index.ts'

const cellar = 'home/linuxbrew/.linuxbrew/Cellar'

describe('Homebrew', () => {
  it('has formulae with what they need, and casks once', async () => {
    const receipt = {
      installed_on_request: true,
      runtime_dependencies: [{ full_name: 'x/tap/openssl@3' }, { full_name: 'absent' }, 3],
      source: { tap: 'homebrew/core' },
    }
    const answer = await catalogued(homebrew, {
      [`${cellar}/curl/8.8.0_1/INSTALL_RECEIPT.json`]: JSON.stringify(receipt),
      [`${cellar}/openssl@3/3.3.1/INSTALL_RECEIPT.json`]: '{}',
      'opt/homebrew/Caskroom/app/1.2/App.app/Contents/Info.plist': 'x',
      'opt/homebrew/Caskroom/app/1.2/app.wrapper.sh': 'x',
      'opt/homebrew/Caskroom/other/.metadata/3,4/20240101/Casks/other.json': '{}',
    })
    expect(answer.components.map(({ purl, direct }) => [purl, direct])).toEqual([
      ['pkg:brew/curl@8.8.0_1', true],
      ['pkg:brew/openssl%403@3.3.1', 'unknown'],
      ['pkg:brew/app@1.2', 'unknown'],
      ['pkg:brew/other@3%2C4', 'unknown'],
    ])
    const [curl, openssl] = answer.components
    expect(answer.relations).toEqual([{ from: curl.id, to: openssl.id, kind: 'depends-on' }])
  })

  it('a broken receipt is told, and its keg still counts', async () => {
    const path = `${cellar}/a/1/INSTALL_RECEIPT.json`
    const answer = await catalogued(homebrew, { [path]: '{"runtime' })
    expect(answer.components.map(({ name }) => name)).toEqual(['a'])
    expect(answer.diagnostics).toMatchObject([{ path, effect: 'partial' }])
  })
})
