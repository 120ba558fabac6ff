import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { catalogued, operatingSystem } from '../../../test/support/catalog.ts'
import { sbomFiles } from './index.ts'

const document = { spdxVersion: 'SPDX-2.3', packages: [] as unknown[], relationships: [] as unknown[] }

function spdxPackage(id: string, purl: string, more: object = {}) {
  const externalRefs = [{ referenceCategory: 'PACKAGE-MANAGER', referenceType: 'purl', referenceLocator: purl }]
  return { SPDXID: `SPDXRef-${id}`, name: id, externalRefs, ...more }
}

describe('SPDX documents inside a target', () => {
  it('of Bitnami name components with version, licence, CPE and what they need', async () => {
    const bitnami = {
      ...document,
      packages: [
        spdxPackage('postgresql', 'pkg:bitnami/postgresql@16.4.0-1?arch=amd64&distro=debian-12', {
          licenseConcluded: 'NOASSERTION',
          licenseDeclared: 'PostgreSQL',
          supplier: 'Organization: VMware, Inc.',
          checksums: [{ algorithm: 'SHA256', checksumValue: 'A'.repeat(64) }],
        }),
        spdxPackage('geos', 'pkg:generic/geos', { versionInfo: '3.12.0' }),
        spdxPackage('none', 'pkg:generic/none'),
      ],
      relationships: [
        { spdxElementId: 'SPDXRef-postgresql', relationshipType: 'DEPENDS_ON', relatedSpdxElement: 'SPDXRef-geos' },
      ],
    }
    const path = 'opt/bitnami/postgresql/.spdx-postgresql.spdx'
    const answer = await catalogued(sbomFiles, { [path]: JSON.stringify(bitnami) })
    expect(answer.diagnostics).toEqual([])
    expect(answer.components).toMatchObject([
      {
        purl: 'pkg:bitnami/postgresql@16.4.0-1?arch=amd64&distro=debian-12',
        name: 'postgresql',
        ecosystem: 'Bitnami',
        licences: ['PostgreSQL'],
        supplier: 'VMware, Inc.',
        hashes: [`sha256:${'a'.repeat(64)}`],
        evidence: [{ path }],
      },
      { purl: 'pkg:generic/geos@3.12.0', version: '3.12.0', ecosystem: 'generic' },
    ])
    const [postgresql, geos] = answer.components
    expect(answer.relations).toEqual([{ from: postgresql.id, to: geos.id, kind: 'depends-on' }])
  })

  it('in tag-value form and in version 3 say the same, with lines', async () => {
    const text =
      'SPDXVersion: SPDX-2.3\n\nPackageName: a\nSPDXID: SPDXRef-a\nPackageVersion: 1\nPackageComment: <text>one\nPackageName: no\n</text>\nExternalRef: PACKAGE-MANAGER purl pkg:pypi/A_b@1\n\nPackageName: c\nExternalRef: PACKAGE-MANAGER purl pkg:cargo/c@2\nSPDXID: SPDXRef-c\nRelationship: SPDXRef-c DEV_DEPENDENCY_OF SPDXRef-a\n'
    const graph = {
      '@graph': [
        { type: 'software_Package', spdxId: 'x', software_packageUrl: 'pkg:golang/github.com/A/b@v1.2.3' },
        { type: 'software_Package', spdxId: 'y', software_packageUrl: 'pkg:maven/g/a@1' },
        { type: 'Relationship', relationshipType: 'dependsOn', from: 'x', to: ['y', 'x', 7] },
      ],
    }
    const answer = await catalogued(sbomFiles, { 'a.spdx': text, 'b.spdx.json': JSON.stringify(graph) })
    expect(answer.components.map(({ name, version, ecosystem, scope }) => [name, version, ecosystem, scope])).toEqual([
      ['a-b', '1', 'PyPI', 'unknown'],
      ['c', '2', 'crates.io', 'development'],
      [expect.stringMatching(/^github\.com\//), 'v1.2.3', 'Go', 'unknown'],
      ['g:a', '1', 'Maven', 'unknown'],
    ])
    expect(answer.components[0].evidence[0].lines).toEqual([3, 9])
    expect(answer.relations).toHaveLength(2)
  })

  it('leave the packages of a known operating system to its own database', async () => {
    const files = {
      'var/lib/db/sbom/a.spdx.json': JSON.stringify({
        ...document,
        packages: [spdxPackage('a', 'pkg:apk/wolfi/a@1-r0'), spdxPackage('b', 'pkg:npm/b@1')],
      }),
    }
    const os = operatingSystem('wolfi', '20230201')
    expect((await catalogued(sbomFiles, files, { os })).components.map(({ name }) => name)).toEqual(['b'])
    expect((await catalogued(sbomFiles, files)).components.map(({ name }) => name)).toEqual(['a', 'b'])
  })
})

describe('CycloneDX documents inside a target', () => {
  it('name components inside others, in JSON and XML', async () => {
    const json = {
      bomFormat: 'CycloneDX',
      components: [
        {
          'bom-ref': 'one',
          purl: 'pkg:npm/%40s%2Fone@1',
          licenses: [{ license: { id: 'MIT' } }, { expression: 'Apache-2.0 OR MIT' }],
          components: [{ purl: 'pkg:npm/two@2', 'bom-ref': 'two' }, { name: 'nameless' }],
        },
        { purl: 'no url' },
      ],
      dependencies: [{ ref: 'one', dependsOn: ['two', 'absent'] }],
    }
    const xml =
      '<?xml version="1.0"?>\n<bom xmlns="http://cyclonedx.org/schema/bom/1.5">\n<components>\n<component bom-ref="x">\n<name>x</name><purl>pkg:gem/x@3</purl><licenses><license><id>Ruby</id></license></licenses>\n</component>\n</components></bom>'
    const answer = await catalogued(sbomFiles, { 'a/bom.json': JSON.stringify(json), 'b/x.cdx.xml': xml })
    expect(answer.components).toMatchObject([
      { name: '@s/one', purl: 'pkg:npm/%40s/one@1', licences: ['MIT', 'Apache-2.0 OR MIT'] },
      { name: 'two', ecosystem: 'npm' },
      { name: 'x', ecosystem: 'RubyGems', licences: ['Ruby'], evidence: [{ lines: [4, 6] }] },
    ])
    expect(answer.relations).toHaveLength(1)
    expect(answer.diagnostics).toMatchObject([{ path: 'a/bom.json', effect: 'partial' }])
  })

  it('that are none are told only where their name promises one', async () => {
    const none = {
      'a/bom.json': '{"a":1}',
      'b.cdx.json': '{}',
      'c.spdx': 'hello',
      'd.cdx.xml': '<a/>',
      'e.spdx.json': '{',
    }
    const answer = await catalogued(sbomFiles, none)
    expect(answer.components).toEqual([])
    expect(answer.diagnostics.map(({ path }) => path)).toEqual(['b.cdx.json', 'c.spdx', 'd.cdx.xml', 'e.spdx.json'])
  })

  it('nested without end, with keys of prototypes, or of any bytes never throw', async () => {
    let nested: object = { purl: 'pkg:npm/deep@1' }
    for (let i = 0; i < 900; i++) nested = { components: [nested] }
    const files = {
      'a.cdx.json': JSON.stringify({ bomFormat: 'CycloneDX', ...nested }),
      'b.cdx.json':
        '{"bomFormat":"CycloneDX","components":[{"__proto__":{"purl":"pkg:npm/x@1"}},null,3,[[]]],"dependencies":{}}',
    }
    const answer = await catalogued(sbomFiles, files)
    expect(answer.components.map(({ name }) => name)).toEqual(['deep'])
    await fc.assert(
      fc.asyncProperty(
        fc.string(),
        fc.constantFrom('x.spdx', 'x.cdx.json', 'bom.xml', 'y.spdx.json'),
        async (text, path) => {
          const { diagnostics } = await catalogued(sbomFiles, { [path]: text })
          expect(diagnostics.every(({ code }) => code === 'sbom-unreadable')).toBe(true)
        },
      ),
      { numRuns: 50 },
    )
  })
})
