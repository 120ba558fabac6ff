import { describe, expect, it } from 'vitest'
import { catalog, operatingSystem } from '../../../test/support/catalog.ts'
import { bottlerocket } from './index.ts'

const PATH = 'usr/share/bottlerocket/application-inventory.json'

describe('Bottlerocket', () => {
  it('puts epoch, version and release together, and leaves an epoch of 0 out', () => {
    const one = { Publisher: 'kit', Architecture: 'x86_64' }
    const Content = [
      { ...one, Name: 'glibc', Version: '2.43', Release: '1.br1', Epoch: '1' },
      { ...one, Name: 'runc', Version: '1.3', Release: '2', Epoch: '0' },
      { Version: '1' },
    ]
    const os = operatingSystem('bottlerocket', '1.20')
    const answer = catalog(bottlerocket, { [PATH]: JSON.stringify({ Content }) }, { os })
    expect(answer.components.map(({ name, version }) => `${name} ${version}`)).toEqual([
      'glibc 1:2.43-1.br1',
      'runc 1.3-2',
    ])
    expect(answer.components[0]?.purl).toBe(
      'pkg:rpm/bottlerocket/glibc@2.43-1.br1?arch=x86_64&distro=bottlerocket-1.20&epoch=1',
    )
    expect(answer.diagnostics).toMatchObject([{ effect: 'partial', path: PATH }])
  })

  it('is blind for a file in another form', () => {
    expect(catalog(bottlerocket, { [PATH]: '{"Content":{}}' }).diagnostics).toMatchObject([{ effect: 'blind' }])
  })
})
