import { describe, expect, it } from 'vitest'
import { catalogued } from '../../../test/support/catalog.ts'
import { lowestVersion } from './declared.ts'
import { maven } from './index.ts'

const SUM = 'ab'.repeat(32)

async function found(path: string, text: string) {
  const { components, diagnostics } = await catalogued(maven, { [path]: text })
  return {
    list: components.map(
      ({ name, version, scope, evidence }) => `${name} ${version} ${scope} ${evidence[0].lines?.[0] ?? '-'}`,
    ),
    diagnostics,
    components,
  }
}

describe('Gradle', () => {
  it('lockfiles tell development from runtime', async () => {
    const text =
      '# c\na:a:1=compileClasspath,runtimeClasspath\nb:b:2=testRuntimeClasspath,annotationProcessor\nempty=\nbroken\n'
    expect((await found('app/gradle.lockfile', text)).list).toEqual(['a:a 1 runtime 2', 'b:b 2 development 3'])
    expect((await found('app/buildscript-gradle.lockfile', 'p:q:1=classpath\n')).list).toEqual(['p:q 1 development 1'])
  })

  it('version catalogues', async () => {
    const text = `[versions]
ktor = "2.3.4"
rich = { strictly = "[1.7, 1.8[", prefer = "1.7.25" }
[libraries]
core = { module = "io.ktor:ktor-core", version.ref = "ktor" }
slf = { group = "org.slf4j", name = "slf4j-api", version = { ref = "rich" } }
short = "g:a:1.+"
bom-less = { module = "x:y" }
__proto__ = "p:p:1"
[plugins]
kotlin = "org.jetbrains.kotlin.jvm:1.9.10"
`
    const { list, components } = await found('gradle/libs.versions.toml', text)
    expect(list).toContain('io.ktor:ktor-core 2.3.4 unknown 5')
    expect(list).toContain('org.slf4j:slf4j-api 1.7 unknown 6')
    expect(list).toContain('g:a 1 unknown 7')
    expect(list).toContain('org.jetbrains.kotlin.jvm:org.jetbrains.kotlin.jvm.gradle.plugin 1.9.10 development 11')
    expect(list.some((one) => one.startsWith('x:y'))).toBe(false)
    expect(components.find(({ name }) => name === 'g:a')?.evidence[0].confidence).toBe(0.3)
  })

  it('verification metadata has digests of archives', async () => {
    const text = `<verification-metadata><components>
<component group="g" name="a" version="1"><artifact name="a-1.jar"><sha256 value="${SUM}"/></artifact>
<artifact name="a-1.pom"><sha256 value="${'cd'.repeat(32)}"/></artifact></component>
<component name="b" version="1"/></components></verification-metadata>`
    const { components, diagnostics } = await found('gradle/verification-metadata.xml', text)
    expect(components).toMatchObject([{ name: 'g:a', hashes: [`sha256:${SUM}`], evidence: [{ lines: [2, 3] }] }])
    expect(diagnostics).toMatchObject([{ effect: 'partial', path: 'gradle/verification-metadata.xml' }])
  })
})

it('sbt lockfiles', async () => {
  const text = JSON.stringify({
    dependencies: [
      { org: 'g', name: 'a_2.13', version: '1', configurations: ['compile', 'test'] },
      { org: 'g', name: 'b', version: '2', configurations: ['test'] },
      { org: 'g' },
      null,
    ],
  })
  const { list, diagnostics } = await found('build.sbt.lock', text)
  expect(list).toEqual(['g:a_2.13 1 runtime -', 'g:b 2 development -'])
  expect(diagnostics).toHaveLength(2)
})

describe('Bazel', () => {
  it('pinned artifacts of both versions, with dependencies', async () => {
    const pinned = JSON.stringify(
      {
        artifacts: { 'g:a': { shasums: { jar: SUM }, version: '1' }, 'g:b': { shasums: {}, version: '2' } },
        dependencies: { 'g:a': ['g:b', 'g:none'] },
        version: '2',
      },
      null,
      1,
    )
    const older = JSON.stringify({
      dependency_tree: {
        dependencies: [
          { coord: 'g:a:1', directDependencies: ['g:b:2'], sha256: SUM },
          { coord: 'g:b:2', directDependencies: [] },
          { coord: 'g:a:jar:sources:1' },
        ],
      },
    })
    for (const text of [pinned, older]) {
      const { components, relations } = await catalogued(maven, { 'maven_install.json': text })
      expect(components).toMatchObject([
        { name: 'g:a', version: '1', hashes: [`sha256:${SUM}`] },
        { name: 'g:b', version: '2' },
      ])
      expect(relations).toEqual([{ from: components[0].id, to: components[1].id, kind: 'depends-on' }])
    }
  })

  it('constants of build files, and nothing that is computed', async () => {
    const text = `V = "1." + "2"\nLIST = ["g:a:" + V, maven.artifact("g", "b", "3"), "g:c:%s" % V]\nmaven_install(artifacts = LIST + ["g:d:[1,2)"] + other(),)\n`
    expect((await found('WORKSPACE', text)).list).toEqual(['g:a 1.2 unknown 3', 'g:b 3 unknown 2', 'g:d 1 unknown 3'])
  })

  it('hostile ones end', async () => {
    const doubling = `a = "xxxxxxxx"\n${'a = a + a\n'.repeat(2000)}maven_install(artifacts=["g:a:" + a])`
    const lists = `a = ["g:a:1"]\n${'a = a + a\n'.repeat(60)}maven_install(artifacts=a)`
    const deep = `maven_install(artifacts=${'['.repeat(100_000)}`
    for (const text of [doubling, lists, deep, '"'.repeat(100_000), 'f('.repeat(50_000), 'f(a if '.repeat(50_000)])
      expect((await found('MODULE.bazel', text)).list.length).toBeLessThan(20_001)
  })
})

it.each([
  ['build.sbt.lock', '{'],
  ['build.sbt.lock', '{"dependencies": 1}'],
  ['maven_install.json', '[]'],
  ['maven_install.json', '{"__proto__": {"artifacts": {}}}'],
  ['gradle/verification-metadata.xml', '<verification-metadata>'],
  ['gradle/libs.versions.toml', '[libraries\n'],
])('what is broken is told: %s', async (path, text) => {
  const { components, diagnostics } = await catalogued(maven, { [path]: text })
  expect(components).toEqual([])
  expect(diagnostics).toMatchObject([{ path, effect: 'partial' }])
})

it.each([
  ['1.0', '1.0', true],
  ['[1.0]', '1.0', true],
  ['[1.0,2.0)', '1.0', false],
  ['(,2.0]', '2.0', false],
  ['(,1.0],[1.2,)', '1.0', false],
  ['1.2.+', '1.2', false],
])('the least that %s allows', (text, version, exact) => {
  expect(lowestVersion(text)).toEqual({ version, exact })
})

it('nothing can be said of LATEST', () => {
  for (const text of ['LATEST', 'RELEASE', '+', 'latest.release', '(,)', ''])
    expect(lowestVersion(text)).toBeUndefined()
})
