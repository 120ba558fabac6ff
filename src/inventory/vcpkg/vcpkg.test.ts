import { describe, expect, it } from 'vitest'
import { catalogued } from '../../../test/support/catalog.ts'
import { vcpkg } from './index.ts'

const STATUS = `Package: zlib
Version: 1.3.1
Port-Version: 1
Depends: vcpkg-cmake:x64-linux
Architecture: x64-linux
Multi-Arch: same
Abi: 0a1b
Status: install ok installed

Package: curl
Version: 8.6.0
Depends: zlib
Architecture: x64-linux
Default-Features: ssl
Status: install ok installed

Package: curl
Feature: ssl
Depends: openssl
Architecture: x64-linux
Status: install ok installed

Package: old
Version: 1.0
Architecture: x64-linux
Status: purge ok not-installed
`
const BILL = JSON.stringify({
  spdxVersion: 'SPDX-2.2',
  packages: [
    { name: 'zlib', SPDXID: 'SPDXRef-port', versionInfo: '1.3.1#1', licenseConcluded: 'Zlib' },
    { name: 'zlib:x64-linux', SPDXID: 'SPDXRef-binary', versionInfo: '0a1b' },
    { name: 'madler/zlib', SPDXID: 'SPDXRef-resource-1' },
  ],
})

describe('vcpkg', () => {
  it('lists installed ports, with licences of their bills and what needs what', async () => {
    const { components, relations, diagnostics } = await catalogued(vcpkg, {
      'app/vcpkg_installed/vcpkg/status': STATUS,
      'app/vcpkg_installed/x64-linux/share/zlib/vcpkg.spdx.json': BILL,
    })
    expect(diagnostics).toEqual([])
    expect(components.map(({ purl, licences, evidence }) => [purl, licences, evidence[0]?.lines])).toEqual([
      ['pkg:vcpkg/zlib@1.3.1?port_version=1&triplet=x64-linux', ['Zlib'], [1, 8]],
      ['pkg:vcpkg/curl@8.6.0?triplet=x64-linux', [], [10, 15]],
    ])
    expect(relations).toEqual([{ from: components[1]?.id, to: components[0]?.id, kind: 'depends-on' }])
  })

  it('takes later updates over the status, and a bill alone where nothing else is', async () => {
    const { components } = await catalogued(vcpkg, {
      'a/vcpkg/status': STATUS,
      'a/vcpkg/updates/0000000001':
        'Package: zlib\nVersion: 1.3.2\nArchitecture: x64-linux\nStatus: install ok installed\n',
      'a/vcpkg/updates/0000000002':
        'Package: curl\nVersion: 8.6.0\nArchitecture: x64-linux\nStatus: purge ok not-installed\n',
      'b/x64-linux/share/zlib/vcpkg.spdx.json': BILL,
    })
    expect(components.map(({ name, version, evidence }) => [name, version, evidence[0]?.path])).toEqual([
      ['zlib', '1.3.2', 'a/vcpkg/updates/0000000001'],
      ['zlib', '1.3.1', 'b/x64-linux/share/zlib/vcpkg.spdx.json'],
    ])
  })

  it('lists what a project asks for with a version', async () => {
    const { components } = await catalogued(vcpkg, {
      'app/vcpkg.json': JSON.stringify({
        dependencies: [
          'fmt',
          'any',
          { name: 'zlib', 'version>=': '1.2.11#9' },
          { name: 'cmake-tool', 'version>=': '1.0', host: true },
        ],
        features: { more: { dependencies: [{ name: 'boost', 'version>=': '1.80.0' }] } },
        overrides: [{ name: 'fmt', version: '10.1.1' }],
      }),
    })
    expect(components.map(({ purl, scope, evidence }) => [purl, scope, evidence[0]?.confidence])).toEqual([
      ['pkg:vcpkg/fmt@10.1.1', 'runtime', 1],
      ['pkg:vcpkg/zlib@1.2.11?port_version=9', 'runtime', 0.3],
      ['pkg:vcpkg/cmake-tool@1.0', 'development', 0.3],
      ['pkg:vcpkg/boost@1.80.0', 'runtime', 0.3],
    ])
  })

  it.each([
    ['vcpkg.json', '{'],
    ['vcpkg.json', '{"dependencies":[{"name":"a\\u0000","version>=":"1"}]}'],
    ['x/share/y/vcpkg.spdx.json', '[]'],
    ['x/share/y/vcpkg.spdx.json', '{"packages":[{"SPDXID":"SPDXRef-port"}]}'],
    ['x/share/y/vcpkg.spdx.json', '{"__proto__":{"packages":[]}}'],
    ['vcpkg/status', 'Package: a\nArchitecture: x\nStatus: install ok installed\n'],
    ['vcpkg/status', 'no field\n'],
  ])('names a broken %s (%#) and keeps the others', async (name, content) => {
    const { components, diagnostics } = await catalogued(vcpkg, {
      [`bad/${name}`]: content,
      'good/vcpkg/status': STATUS,
    })
    expect(components).toHaveLength(2)
    expect(diagnostics).toMatchObject([{ path: `bad/${name}`, effect: 'partial' }])
  })
})
