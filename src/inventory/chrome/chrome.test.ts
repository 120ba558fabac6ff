import { describe, expect, it } from 'vitest'
import { catalogued } from '../../../test/support/catalog.ts'
import { chrome } from './index.ts'

const ID = 'ghbmnnjooekpmoecnnnilnnbdlolhkhi'
const FOLDER = `home/u/.config/chromium/Default/Extensions/${ID}`

describe('extensions of Chrome', () => {
  it('are named by the folder that they lie in', async () => {
    const { components, diagnostics } = await catalogued(chrome, {
      [`${FOLDER}/1.89.1_0/manifest.json`]: '{"name":"__MSG_x__","version":"1.89.1","author":{"email":"a@b.c"}}',
      [`${FOLDER}/1.89.1_0/images/manifest.json`]: '{"version":"7"}',
      'srv/Extensions/other/manifest.json': '{"version":"7"}',
    })
    expect(diagnostics).toEqual([])
    expect(components).toMatchObject([
      { purl: `pkg:chrome-extension/${ID}@1.89.1`, name: ID, version: '1.89.1', supplier: 'a@b.c' },
    ])
  })

  it('without a version, or none at all, they are a diagnostic', async () => {
    for (const text of ['', '{', '[]', '{}', '{"version":5}', '{"version":"1\\u0000"}', '{"a":'.repeat(5000)]) {
      const { components, diagnostics } = await catalogued(chrome, { [`${FOLDER}/1_0/manifest.json`]: text })
      expect(components).toEqual([])
      expect(diagnostics).toMatchObject([{ path: `${FOLDER}/1_0/manifest.json`, effect: 'partial' }])
    }
  })
})
