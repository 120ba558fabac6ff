import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { catalogued } from '../../../test/support/catalog.ts'
import { zipOf, zipped } from '../../../test/support/zip-writer.ts'
import { artifactOfStem, coordinatesOfPath } from './archive-names.ts'
import { maven } from './index.ts'

const properties = (group: string, artifact: string, version: string) => ({
  [`META-INF/maven/${group}/${artifact}/pom.properties`]: `#Generated\ngroupId=${group}\nartifactId=${artifact}\nversion=${version}\n`,
})
const manifest = (headers: Readonly<Record<string, string>>) => ({
  'META-INF/MANIFEST.MF': `Manifest-Version: 1.0\r\n${Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')}\r\n`,
})

async function purls(files: Readonly<Record<string, Uint8Array>>) {
  const answer = await catalogued(maven, files)
  return answer.components.map(({ purl }) => purl.replace('pkg:maven/', ''))
}

describe('who an archive is', () => {
  it('by its pom.properties, wherever it lies', async () => {
    const jar = zipOf(properties('org.slf4j', 'slf4j-api', '2.0.9'))
    expect(await purls({ 'opt/renamed.jar': jar, 'opt/slf4j-api-2.0.9.jar': jar })).toEqual([
      'org.slf4j/slf4j-api@2.0.9',
      'org.slf4j/slf4j-api@2.0.9',
    ])
  })

  it('by its pom.xml alone, with licences and what it needs', async () => {
    const pom = `<project><parent><groupId>g.p</groupId><artifactId>p</artifactId><version>2</version></parent>
      <artifactId>a</artifactId><licenses><license><name>The Apache Software License, Version 2.0</name></license></licenses>
      <dependencies><dependency><groupId>g.p</groupId><artifactId>b</artifactId></dependency></dependencies></project>`
    const outer = zipOf({
      'lib/a-2.jar': zipOf({ 'META-INF/maven/g.p/a/pom.xml': pom }),
      'lib/b-2.jar': zipOf(properties('g.p', 'b', '2')),
    })
    const { components, relations } = await catalogued(maven, { 'app.war': outer })
    const [a, b] = components
    expect(a).toMatchObject({ name: 'g.p:a', version: '2', licences: ['Apache-2.0'], presence: 'installed' })
    expect(a.evidence[0].path).toBe('app.war!/lib/a-2.jar')
    expect(relations).toEqual([{ from: a.id, to: b.id, kind: 'depends-on' }])
  })

  it('by its place in a repository or in the cache of Gradle', async () => {
    const jar = zipOf({ 'org/x/A.class': '' })
    expect(
      await purls({
        'root/.m2/repository/org/springframework/spring-core/6.0.1/spring-core-6.0.1.jar': jar,
        'root/.gradle/caches/modules-2/files-2.1/io.foo/bar/1.0/0a0a/bar-1.0.jar': jar,
      }),
    ).toEqual(['io.foo/bar@1.0', 'org.springframework/spring-core@6.0.1'])
    expect(coordinatesOfPath('repository/a/b/c.jar')).toBeUndefined()
  })

  it.each([
    [
      'commons-lang3-3.12.0.jar',
      { 'Bundle-SymbolicName': 'org.apache.commons.lang3' },
      'org.apache.commons/commons-lang3@3.12.0',
    ],
    ['hamcrest.jar', { 'Bundle-SymbolicName': 'org.hamcrest', 'Bundle-Version': '2.2' }, 'org.hamcrest/hamcrest@2.2'],
    ['slf4j-api-1.7.36.jar', { 'Automatic-Module-Name': 'org.slf4j.api' }, 'org.slf4j/slf4j-api@1.7.36'],
    ['h2-2.1.214.jar', { 'Automatic-Module-Name': 'com.h2database' }, 'com.h2database/h2@2.1.214'],
    [
      'httpcore-4.4.jar',
      { 'Implementation-Vendor-Id': 'org.apache.httpcomponents' },
      'org.apache.httpcomponents/httpcore@4.4',
    ],
    [
      'x.jar',
      { 'Implementation-Title': 'io.micrometer#micrometer-core;1.11.5' },
      'io.micrometer/micrometer-core@1.11.5',
    ],
    [
      'git.hpi',
      { 'Group-Id': 'org.jenkins-ci.plugins', 'Short-Name': 'git', 'Plugin-Version': '5.2.0' },
      'org.jenkins-ci.plugins/git@5.2.0',
    ],
    ['spring-web-6.0.1.jar', {}, 'org.springframework/spring-web@6.0.1'],
    ['acme-core-1.2.3-beta-1.jar', {}, 'com.acme/acme-core@1.2.3-beta-1'],
  ])('by manifest and file name: %s', async (name, headers, purl) => {
    const classes = { 'com/acme/core/A.class': '', 'com/acme/core/b/B.class': '' }
    expect(await purls({ [`lib/${name}`]: zipOf({ ...manifest(headers), ...classes }) })).toEqual([purl])
  })

  it('says what it cannot name', async () => {
    const answer = await catalogued(maven, { 'lib/app.jar': zipOf({ 'a/B.class': '' }) })
    expect(answer.components).toEqual([])
    expect(answer.diagnostics).toMatchObject([
      { code: 'maven-archive-unidentified', path: 'lib/app.jar', effect: 'notice' },
    ])
  })

  it.each([
    ['log4j-1.2-api-2.17.1', 'log4j-1.2-api', '2.17.1'],
    ['guava-32.1.2-jre', 'guava', '32.1.2-jre'],
    ['akka-actor_2.13-2.6.20', 'akka-actor_2.13', '2.6.20'],
    ['foo-1.0-20230101.123456-1', 'foo', '1.0-20230101.123456-1'],
    ['netty-all-4.1.42.Final', 'netty-all', '4.1.42.Final'],
    ['foo-1.0-SNAPSHOT-all', 'foo', '1.0-SNAPSHOT'],
    ['commons-text', 'commons-text', undefined],
    ['ehcache-3.8.0-jakarta', 'ehcache-3.8.0-jakarta', undefined],
  ])('takes %s apart', (stem, artifact, version) => {
    expect(artifactOfStem(stem)).toEqual({ artifact, ...(version && { version }) })
  })
})

describe('archives in archives', () => {
  const inner = zipOf(properties('org.yaml', 'snakeyaml', '1.33'))

  it('are children, stored or deflated, with their path inside', async () => {
    const library = zipped([{ name: 'WEB-INF/lib/snakeyaml-1.33.jar', body: inner, deflate: true }])
    const files = properties('org.example', 'shop', '1.0')
    const ear = zipped([
      ...Object.entries(files).map(([name, body]) => ({ name, body, deflate: true })),
      { name: 'web.war', body: library },
    ])
    const { components, relations } = await catalogued(maven, { 'srv/shop-1.0.ear': ear })
    expect(components.map(({ name, evidence }) => [name, evidence[0].path])).toEqual([
      ['org.example:shop', 'srv/shop-1.0.ear'],
      ['org.yaml:snakeyaml', 'srv/shop-1.0.ear!/web.war!/WEB-INF/lib/snakeyaml-1.33.jar'],
    ])
    expect(relations).toEqual([{ from: components[0].id, to: components[1].id, kind: 'contains' }])
  })

  it('shaded artifacts are children too', async () => {
    const jar = zipOf({
      ...properties('org.example', 'shop', '1.0'),
      ...properties('com.google.guava', 'guava', '30.0-jre'),
    })
    const { components, relations } = await catalogued(maven, { 'shop-1.0-all.jar': jar })
    expect(components.map(({ name }) => name)).toEqual(['org.example:shop', 'com.google.guava:guava'])
    expect(components[1].evidence[0].path).toBe(
      'shop-1.0-all.jar!/META-INF/maven/com.google.guava/guava/pom.properties',
    )
    expect(relations).toEqual([{ from: components[0].id, to: components[1].id, kind: 'contains' }])
  })

  it('one that is damaged loses nothing of the others', async () => {
    const war = zipOf({ 'lib/a-1.jar': inner.subarray(0, 40), 'lib/b.jar': inner, 'lib/c.jar': 'no archive' })
    const { components, diagnostics } = await catalogued(maven, { 'x.war': war })
    expect(components.map(({ name }) => name)).toEqual(['org.yaml:snakeyaml'])
    expect(diagnostics.map(({ path, effect }) => [path, effect])).toEqual([
      ['x.war', 'partial'],
      ['x.war', 'partial'],
    ])
  })

  it('nest to a bound', async () => {
    let bytes: Buffer = inner
    for (let i = 0; i < 50; i++) bytes = zipped([{ name: `${i}.jar`, body: bytes }])
    const { components, diagnostics } = await catalogued(maven, { 'deep.jar': bytes })
    expect(components).toEqual([])
    expect(diagnostics[0].message).toMatch(/nest deeper/)
  })
})

describe('bad input', () => {
  it('is a diagnostic that names the file', async () => {
    const bad = {
      'empty.jar': '',
      'text.jar': 'hello',
      'cut.jar': zipOf(properties('g', 'a', '1')).subarray(0, 60),
    }
    const { diagnostics } = await catalogued(maven, bad)
    expect(diagnostics.map(({ path, effect }) => [path, effect])).toEqual([
      ['cut.jar', 'partial'],
      ['empty.jar', 'partial'],
      ['text.jar', 'partial'],
    ])
  })

  it('coordinates that are none are not believed', async () => {
    const jar = zipOf({
      ...properties('g', 'a', `$\{version}`),
      ...properties('g', 'b', '1\u001b[2J'),
      'META-INF/maven/x/pom.xml': '<!DOCTYPE a [<!ENTITY b "cc">]><project>&b;</project>',
      'META-INF/maven/y/pom.properties': 'groupId\nartifactId=\nversion=:',
    })
    expect(await purls({ 'a.jar': jar })).toEqual([])
  })

  it('a bomb inside is told, and the rest read', async () => {
    const bomb = zipped([{ name: 'META-INF/MANIFEST.MF', body: Buffer.alloc(3 << 20), deflate: true }])
    const { components, diagnostics } = await catalogued(maven, {
      'x.jar': zipOf({ 'bomb.jar': bomb, ...properties('g', 'a', '1') }),
    })
    expect(components.map(({ name }) => name)).toEqual(['g:a'])
    expect(diagnostics[0]).toMatchObject({ path: 'x.jar', effect: 'partial' })
  })

  it('whatever bytes are changed, it never throws', async () => {
    const whole = zipOf({ ...properties('g', 'a', '1'), 'lib/b.jar': zipOf(properties('g', 'b', '2')) }, false)
    const change = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 })
    await fc.assert(
      fc.asyncProperty(change, async (changes) => {
        const bytes = Buffer.from(whole)
        for (const [at, value] of changes) bytes[at] = value
        const { diagnostics } = await catalogued(maven, { 'x.jar': bytes })
        expect(diagnostics.every(({ code }) => code !== 'reader-failed')).toBe(true)
      }),
      { numRuns: 200 },
    )
  })
})
