import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { useSandbox } from '../support/sandbox.ts'

const sandbox = useSandbox()
const MINUTES = 60_000

interface Tool {
  readonly name: string
  readonly ecosystem: string
  /** The project's own file, and what is in it. */
  readonly manifest: readonly [string, string]
  readonly install: readonly (readonly string[])[]
  /** `name@version` of everything installed, as the tool itself lists it. */
  listed(folder: string): readonly string[]
}

const TOOLS: readonly Tool[] = [
  {
    name: 'composer',
    ecosystem: 'Packagist',
    manifest: ['composer.json', JSON.stringify({ require: { 'symfony/console': '^5.4', 'monolog/monolog': '^2.9' } })],
    install: [['composer', 'update', '--no-interaction', '--no-scripts', '--no-plugins']],
    listed: (folder) => {
      const output = run(folder, ['composer', 'show', '--format=json', '--no-interaction'])
      const { installed } = JSON.parse(output) as { installed: { name: string; version: string }[] }
      return installed.map(({ name, version }) => `${name}@${version}`)
    },
  },
  {
    name: 'bundle',
    ecosystem: 'RubyGems',
    manifest: ['Gemfile', "source 'https://rubygems.org'\ngem 'sinatra', '~> 3.0'\ngem 'rake'\n"],
    install: [
      ['bundle', 'config', 'set', '--local', 'path', 'vendor/bundle'],
      ['bundle', 'install'],
    ],
    listed: (folder) => {
      const lines = run(folder, ['bundle', 'list']).split('\n')
      const found = lines.flatMap((line) => {
        const gem = /^\s*\* (\S+) \(([^\s)]+)/.exec(line)
        // Bundler lists itself, which Ruby brought along and no lockfile names.
        return gem === null || gem[1] === 'bundler' ? [] : [`${gem[1]}@${gem[2]}`]
      })
      return found
    },
  },
]

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

async function declared(folder: string, ecosystem: string): Promise<string[]> {
  const { report } = await sandbox.report(folder, ['--read', 'declared', '--include-dev-deps', '--skip-dirs', 'vendor'])
  const seen = (report.components as readonly object[] as Seen[]).filter((one) => one.ecosystem === ecosystem)
  return [...new Set(seen.map(({ name, version }) => `${name}@${version}`))].sort()
}

describe('a project that was installed from the registry', () => {
  for (const tool of TOOLS) {
    it(`with ${tool.name}: what it lists is what is found`, { timeout: 10 * MINUTES }, async (context) => {
      if (!isThere(tool.name)) context.skip(`${tool.name} is not on this machine`)
      const folder = join(sandbox.folder, `project-${tool.name}`)
      mkdirSync(folder)
      writeFileSync(join(folder, tool.manifest[0]), tool.manifest[1])
      try {
        for (const words of tool.install) run(folder, words)
      } catch (error) {
        context.skip(`${tool.name} could not install from the registry: ${String(error).slice(0, 200)}`)
      }
      const listed = [...tool.listed(folder)].sort()
      const found = await declared(folder, tool.ecosystem)
      console.log(`${tool.name}: listed ${listed.length}, found ${found.length}`)
      expect(listed.length).toBeGreaterThan(3)
      expect(found).toEqual(listed)
    })
  }
})
