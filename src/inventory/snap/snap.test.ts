import { describe, expect, it } from 'vitest'
import { catalogued } from '../../../test/support/catalog.ts'
import { snap } from './index.ts'

describe('snaps', () => {
  it('keep their version as written, with licence and architecture', async () => {
    const text = 'name: a\nversion: 1.10\narchitectures: [amd64]\nlicense: GPL-3.0\n'
    const { components } = await catalogued(snap, { 'snap/a/1/meta/snap.yaml': text })
    expect(components).toMatchObject([
      { purl: 'pkg:snap/a@1.10?arch=amd64', version: '1.10', licences: ['GPL-3.0-only'], presence: 'installed' },
    ])
  })

  it.each(['', 'name: a', '- a', 'name: [', 'name: "a\\u0007"\nversion: 1'])(
    'that are none are told: %j',
    async (text) => {
      const { components, diagnostics } = await catalogued(snap, { 'x/meta/snap.yaml': text })
      expect(components).toEqual([])
      expect(diagnostics).toMatchObject([{ path: 'x/meta/snap.yaml', effect: 'partial' }])
    },
  )
})
