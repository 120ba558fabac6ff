import { describe, expect, it } from 'vitest'
import { catalogued } from '../../../test/support/catalog.ts'
import { netscaler } from './index.ts'

describe('NetScaler', () => {
  it.each([
    ['nsconfig/ns.conf', '#NS14.1 Build 12.35\nset ns config\n'],
    ['flash/boot/loader.conf', 'autoboot_delay=3\nkernel="/ns-14.1-12.35"\n'],
    ['ns.conf', 'ns-14.1-12.35'],
  ])('says its release in %s', async (path, text) => {
    const { components } = await catalogued(netscaler, { [path]: text })
    expect(components).toMatchObject([{ purl: 'pkg:generic/citrix/netscaler@14.1-12.35', version: '14.1-12.35' }])
  })

  it('is not seen in files of the same name', async () => {
    const answer = await catalogued(netscaler, { 'etc/ns.conf': 'nameserver 1.1.1.1', 'boot/loader.conf': '\0\xff' })
    expect([...answer.components, ...answer.diagnostics]).toEqual([])
  })
})
