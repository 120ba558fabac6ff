import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { useSandbox } from '../support/sandbox.ts'

const sandbox = useSandbox()
const project = mkdtempSync(join(tmpdir(), 'bulwark-gradle-'))
let skipped: string | undefined

/** A project whose classpaths are locked, its own and that of its build; `told` lists what Gradle resolved. */
const BUILD = `
buildscript {
    repositories { mavenCentral() }
    dependencies { classpath 'com.google.guava:guava:32.1.3-jre' }
    configurations.classpath { resolutionStrategy.activateDependencyLocking() }
}
plugins { id 'java' }
repositories { mavenCentral() }
dependencies {
    implementation 'org.springframework:spring-web:6.1.+'
    implementation 'com.squareup.okhttp3:okhttp:4.12.0'
    testImplementation 'org.junit.jupiter:junit-jupiter:5.10.1'
}
dependencyLocking { lockAllConfigurations() }
def lines(configuration) {
    configuration.resolvedConfiguration.resolvedArtifacts.collect { it.moduleVersion.id.toString() }
}
tasks.register('told') {
    doLast {
        def all = configurations.findAll { it.canBeResolved }.collectMany { lines(it) } + lines(buildscript.configurations.classpath)
        file('told.txt').text = all.unique().sort().join('\\n')
    }
}
`

/** Locking came with Gradle 4.8, one lockfile for a project with 6.8 (https://docs.gradle.org/current/userguide/dependency_locking.html). */
function unusable(): string | undefined {
  const ran = spawnSync('gradle', ['--version'], { encoding: 'utf8' })
  if (ran.error) return 'gradle is not installed'
  const [, major = '0', minor = '0'] = /^Gradle (\d+)\.(\d+)/m.exec(ran.stdout) ?? []
  const isOld = Number(major) < 6 || (Number(major) === 6 && Number(minor) < 8)
  return isOld ? `gradle ${major}.${minor} writes no gradle.lockfile (6.8 does)` : undefined
}

beforeAll(() => {
  skipped = unusable()
  if (skipped !== undefined) return
  writeFileSync(join(project, 'settings.gradle'), "rootProject.name = 'shop'\n")
  writeFileSync(join(project, 'build.gradle'), BUILD)
  const words = ['--no-daemon', '--console=plain', '-q', '--write-locks', 'told']
  const ran = spawnSync('gradle', words, { cwd: project, encoding: 'utf8', timeout: 540_000, maxBuffer: 1024 ** 3 })
  if (ran.status !== 0) skipped = `gradle could not resolve the dependencies: ${ran.stderr.trim().split('\n')[0]}`
}, 600_000)

afterAll(() => rmSync(project, { recursive: true, force: true }))

describe('what Gradle locks', () => {
  it('is found in its lockfiles, and is what Gradle resolved', async (ctx) => {
    if (skipped !== undefined) ctx.skip(skipped)
    const told = readFileSync(join(project, 'told.txt'), 'utf8').split('\n').sort()
    const words = [
      'scan',
      `dir:${project}`,
      '--offline',
      '--allow-incomplete',
      '--read',
      'declared',
      '--format',
      'json',
    ]
    const ran = await sandbox.run(words)
    const { components } = JSON.parse(ran.stdout) as {
      components: readonly { name: string; version: string; ecosystem: string; evidence: readonly { path: string }[] }[]
    }
    const locked = components.filter(
      ({ ecosystem, evidence }) =>
        ecosystem === 'Maven' && evidence.some(({ path }) => path.endsWith('gradle.lockfile')),
    )
    const ours = [...new Set(locked.map(({ name, version }) => `${name}:${version}`))].sort()
    console.log(`gradle.lockfile: ${ours.length} found, ${told.length} resolved`)
    expect(ours).toEqual(told)
  }, 60_000)
})
