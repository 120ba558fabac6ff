import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { useSandbox } from '../support/sandbox.ts'

interface Found {
  readonly name: string
  readonly version: string
  readonly ecosystem: string
  readonly direct: boolean | 'unknown'
  readonly scope: string
}

const sandbox = useSandbox()
const project = mkdtempSync(join(tmpdir(), 'bulwark-maven-'))
const repository = join(project, '.m2', 'repository')
let skipped: string | undefined

/** Libraries built by Maven, Gradle and others, with parents, BOMs, exclusions and scopes. */
const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <parent>
    <groupId>org.springframework.boot</groupId>
    <artifactId>spring-boot-starter-parent</artifactId>
    <version>3.1.5</version>
    <relativePath/>
  </parent>
  <groupId>org.example</groupId>
  <artifactId>shop</artifactId>
  <version>1.0</version>
  <packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.springframework.boot</groupId><artifactId>spring-boot-starter-web</artifactId></dependency>
    <dependency><groupId>org.springframework.boot</groupId><artifactId>spring-boot-starter-data-jpa</artifactId></dependency>
    <dependency><groupId>com.squareup.okhttp3</groupId><artifactId>okhttp</artifactId></dependency>
    <dependency><groupId>org.apache.commons</groupId><artifactId>commons-text</artifactId><version>1.9</version></dependency>
    <dependency>
      <groupId>org.springframework.boot</groupId>
      <artifactId>spring-boot-starter-test</artifactId>
      <scope>test</scope>
    </dependency>
  </dependencies>
</project>
`

beforeAll(() => {
  if (spawnSync('mvn', ['--version']).error) {
    skipped = 'mvn is not installed'
    return
  }
  writeFileSync(join(project, 'pom.xml'), POM)
  const goals = ['dependency:copy-dependencies', '-DoutputDirectory=lib', 'dependency:list', '-DoutputFile=list.txt']
  const words = ['-q', '-B', '-Dstyle.color=never', `-Dmaven.repo.local=${repository}`, ...goals]
  const ran = spawnSync('mvn', words, { cwd: project, encoding: 'utf8', timeout: 540_000, maxBuffer: 1024 ** 3 })
  if (ran.status !== 0) skipped = `mvn could not fetch the dependencies: ${ran.stdout.trim().split('\n')[0]}`
}, 600_000)

afterAll(() => rmSync(project, { recursive: true, force: true }))

/** What `mvn dependency:list` says: \`group:artifact version\`, with the scope. */
function listed(): { readonly line: string; readonly scope: string }[] {
  return readFileSync(join(project, 'list.txt'), 'utf8')
    .split('\n')
    .flatMap((text) => {
      const [, group, artifact, version, scope] = /^\s+([^:\s]+):([^:\s]+):[^:\s]+:([^:\s]+):(\w+)/.exec(text) ?? []
      return scope === undefined ? [] : [{ line: `${group}:${artifact} ${version}`, scope }]
    })
}

async function scanned(folder: string, read: string): Promise<Found[]> {
  const words = ['scan', `dir:${folder}`, '--offline', '--allow-incomplete', '--read', read, '--format', 'json']
  const ran = await sandbox.run(words)
  const { components } = JSON.parse(ran.stdout) as { components: readonly Found[] }
  return components.filter(({ ecosystem }) => ecosystem === 'Maven')
}

const lines = (components: readonly Found[]) =>
  [...new Set(components.map(({ name, version }) => `${name} ${version}`))].sort()

describe('what Maven installs', () => {
  it('is found in the archives, each by its own name', async (ctx) => {
    if (skipped !== undefined) ctx.skip(skipped)
    const folder = join(project, 'lib')
    mkdirSync(folder, { recursive: true })
    const told = listed()
      .map(({ line }) => line)
      .sort()
    const ours = lines(await scanned(folder, 'installed'))
    console.log(`jars: ${ours.length} found, ${told.length} listed`)
    expect(ours).toEqual(told)
  }, 60_000)

  it('is found from the project with the local repository, with scopes', async (ctx) => {
    if (skipped !== undefined) ctx.skip(skipped)
    const told = listed()
    const components = await scanned(project, 'declared')
    const ours = lines(components)
    console.log(`pom.xml: ${ours.length} found, ${told.length} listed`)
    expect(ours).toEqual(told.map(({ line }) => line).sort())
    const tests = told.filter(({ scope }) => scope === 'test').map(({ line }) => line)
    expect(lines(components.filter(({ scope }) => scope === 'development'))).toEqual(tests.sort())
  }, 60_000)
})
