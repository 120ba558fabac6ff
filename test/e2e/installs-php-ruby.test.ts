import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { useSandbox } from '../support/sandbox.ts'
import { writeFiles } from '../support/tar-writer.ts'

const sandbox = useSandbox()
const MINUTES = 60_000
/** Packages of which a project is made: each needs the two after it. */
const COUNT = 24

interface Tool {
  readonly name: string
  readonly ecosystem: string
  /** Writes the packages and the project: nothing comes from the network. */
  prepare(folder: string): void
  readonly install: readonly (readonly string[])[]
  /** `name@version` of everything installed, as the tool itself lists it. */
  listed(folder: string): readonly string[]
}

const numbers = Array.from({ length: COUNT }, (_, i) => i)
const version = (i: number): string => `${1 + (i % 3)}.${i}.0`
const neededBy = (i: number): readonly number[] => [i + 1, i + 2].filter((next) => next < COUNT)

const composer: Tool = {
  name: 'composer',
  ecosystem: 'Packagist',
  prepare(folder) {
    const manifest = (i: number) => ({
      name: `acme/part-${i}`,
      version: version(i),
      license: 'MIT',
      require: Object.fromEntries(neededBy(i).map((next) => [`acme/part-${next}`, '*'])),
    })
    const files = numbers.map((i) => [`packages/p${i}/composer.json`, JSON.stringify(manifest(i))] as const)
    const project = {
      name: 'acme/project',
      require: { 'acme/part-0': '*' },
      repositories: [
        { 'packagist.org': false },
        { type: 'path', url: 'packages/*', options: { symlink: false, reference: 'none' } },
      ],
    }
    writeTexts(folder, [...files, ['composer.json', JSON.stringify(project)]])
  },
  install: [['composer', 'update', '--no-interaction', '--no-scripts', '--no-plugins']],
  listed: (folder) => {
    const output = run(folder, ['composer', 'show', '--format=json', '--no-interaction'])
    const { installed } = JSON.parse(output) as { installed: { name: string; version: string }[] }
    return installed.map((one) => `${one.name}@${one.version}`)
  },
}

const bundler: Tool = {
  name: 'bundle',
  ecosystem: 'RubyGems',
  prepare(folder) {
    const specification = (i: number) =>
      `Gem::Specification.new { |s| s.name = 'part-${i}'; s.version = '${version(i)}'; s.summary = 'a part'; s.authors = ['Acme']
      s.license = 'MIT'; ${neededBy(i)
        .map((next) => `s.add_dependency 'part-${next}'`)
        .join('; ')} }\n`
    const gemfile = "source 'https://rubygems.org'\ngem 'part-0'\n"
    const specs = numbers.map((i) => [`specs/part-${i}.gemspec`, specification(i)] as const)
    writeTexts(folder, [...specs, ['Gemfile', gemfile], ['vendor/cache/.keep', '']])
    for (const i of numbers) run(folder, ['gem', 'build', `specs/part-${i}.gemspec`, '--quiet'])
    run(folder, ['sh', '-c', 'mv part-*.gem vendor/cache && rm -r specs'])
  },
  install: [
    ['bundle', 'config', 'set', '--local', 'path', 'vendor/bundle'],
    ['bundle', 'install', '--local'],
  ],
  listed: (folder) =>
    run(folder, ['bundle', 'list'])
      .split('\n')
      .flatMap((line) => {
        const gem = /^\s*\* (\S+) \(([^\s)]+)/.exec(line)
        // Bundler lists itself, which Ruby brought along and no lockfile names.
        return gem === null || gem[1] === 'bundler' ? [] : [`${gem[1]}@${gem[2]}`]
      }),
}

function writeTexts(folder: string, files: readonly (readonly [string, string])[]): void {
  writeFiles(folder, new Map(files.map(([path, text]) => [path, Buffer.from(text)])))
}

function run(folder: string, [command, ...words]: readonly string[]): string {
  const env = { ...process.env, CI: '1', COMPOSER_ALLOW_SUPERUSER: '1', COMPOSER_HOME: join(folder, '.composer') }
  const stdio: ['ignore', 'pipe', 'pipe'] = ['ignore', 'pipe', 'pipe']
  return execFileSync(command, words, { cwd: folder, env, encoding: 'utf8', timeout: 4 * MINUTES, stdio })
}

function isThere(command: string): boolean {
  try {
    run(sandbox.folder, [command, '--version'])
    return true
  } catch {
    return false
  }
}

interface Seen {
  readonly name: string
  readonly version: string
  readonly ecosystem: string
}

async function found(folder: string, ecosystem: string, words: readonly string[]): Promise<string[]> {
  const { report } = await sandbox.report(folder, [...words, '--include-dev-deps'])
  const seen = (report.components as readonly object[] as Seen[]).filter((one) => one.ecosystem === ecosystem)
  return [...new Set(seen.map((one) => `${one.name}@${one.version}`))].sort()
}

describe('a project that was installed', () => {
  for (const tool of [composer, bundler]) {
    it(`with ${tool.name}: what it lists is what is found`, { timeout: 10 * MINUTES }, async (context) => {
      if (!isThere(tool.name)) context.skip(`${tool.name} is not on this machine`)
      const folder = join(sandbox.folder, `project-${tool.name}`)
      mkdirSync(folder)
      writeFileSync(join(folder, '.keep'), '')
      tool.prepare(folder)
      for (const words of tool.install) run(folder, words)
      const listed = [...tool.listed(folder)].sort()
      const locked = await found(folder, tool.ecosystem, ['--read', 'declared', '--skip-dirs', 'vendor,packages'])
      const installed = await found(folder, tool.ecosystem, ['--read', 'installed', '--skip-dirs', 'packages'])
      console.log(`${tool.name}: listed ${listed.length}, locked ${locked.length}, installed ${installed.length}`)
      expect(listed).toHaveLength(COUNT)
      expect(locked).toEqual(listed)
      expect(installed).toEqual(listed)
    })
  }
})
