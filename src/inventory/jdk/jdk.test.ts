import { describe, expect, it } from 'vitest'
import { catalogued } from '../../../test/support/catalog.ts'
import { jdk } from './index.ts'

async function found(text: string) {
  const { components, diagnostics } = await catalogued(jdk, { 'opt/java/release': text })
  return { components, diagnostics, purls: components.map(({ purl }) => purl) }
}

describe('the release file of Java', () => {
  it('of OpenJDK, whoever built it', async () => {
    const { components } = await found(
      'IMPLEMENTOR="Eclipse Adoptium"\r\nJAVA_VERSION="17.0.9"\r\nOS_ARCH="x86_64"\r\n',
    )
    expect(components).toMatchObject([
      {
        purl: 'pkg:generic/oracle/openjdk@17.0.9',
        name: 'java',
        version: '17.0.9',
        ecosystem: 'Bitnami',
        supplier: 'Eclipse Adoptium',
        cpes: ['cpe:2.3:a:oracle:openjdk:17.0.9:*:*:*:*:*:*:*'],
        evidence: [{ path: 'opt/java/release', lines: [2, 2] }],
      },
    ])
  })

  it('of Java 8, of Oracle, of GraalVM', async () => {
    const eight = await found('JAVA_VERSION="1.8.0_392"\n')
    expect(eight.components[0].cpes).toEqual(['cpe:2.3:a:oracle:openjdk:8:update392:*:*:*:*:*:*'])
    const oracle = await found('IMPLEMENTOR="Oracle Corporation"\nBUILD_TYPE="commercial"\nJAVA_VERSION="1.8.0"\n')
    expect(oracle.components[0].cpes).toEqual(['cpe:2.3:a:oracle:jdk:1.8.0:-:*:*:*:*:*:*'])
    const graal = await found('GRAALVM_VERSION="22.3.1"\nJAVA_VERSION="17.0.6"\n')
    expect(graal.purls).toEqual(['pkg:generic/oracle/openjdk@17.0.6', 'pkg:generic/oracle/graalvm@22.3.1'])
  })

  it('other files of that name hold nothing; what is no version is told', async () => {
    for (const text of ['', 'Fedora release 39\n', `\0\0${'JAVA'.repeat(9000)}`])
      expect(await found(text)).toMatchObject({ components: [], diagnostics: [] })
    const { components, diagnostics } = await found('JAVA_VERSION="1\u001b[2J"\n')
    expect(components).toEqual([])
    expect(diagnostics).toMatchObject([{ path: 'opt/java/release', effect: 'partial' }])
  })
})
