import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { useSandbox } from '../support/sandbox.ts'

const sandbox = useSandbox()
const MINUTES = 60_000
/** Widely used, with some four hundred packages below them, and none under another name. */
const PROJECT = {
  name: 'shop',
  version: '1.0.0',
  private: true,
  dependencies: { express: '4.21.2', webpack: '5.97.1' },
  devDependencies: { eslint: '8.57.1', jest: '29.7.0' },
}

interface Listed {
  readonly name?: string
  readonly from?: string
  readonly version?: string
  readonly dependencies?: Readonly<Record<string, Listed>>
  readonly devDependencies?: Readonly<Record<string, Listed>>
}

/** `name@version` of everything below, as npm and pnpm print it. */
function belowOf(root: Listed): Set<string> {
  const found = new Set<string>()
  const waiting = [root]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    // In npm's long form the second is that of package.json, texts, and its packages stand in the first.
    for (const [key, entry] of [next.devDependencies, next.dependencies].flatMap((list) =>
      Object.entries(list ?? {}),
    )) {
      if (typeof entry !== 'object') continue
      if (entry.version !== undefined) found.add(`${entry.from ?? entry.name ?? key}@${entry.version}`)
      waiting.push(entry)
    }
  }
  return found
}

interface YarnTree {
  readonly name: string
  readonly shadow?: boolean
  readonly children?: readonly YarnTree[]
}

function yarnListed(trees: readonly YarnTree[]): string[] {
  return trees.flatMap(({ name, shadow, children }) => [...(shadow ? [] : [name]), ...yarnListed(children ?? [])])
}

function run(folder: string, command: string, words: readonly string[]): string {
  const env = { ...process.env, npm_config_update_notifier: 'false', CI: '1' }
  const stdio = ['ignore', 'pipe', 'pipe'] as const
  return execFileSync(command, words, {
    cwd: folder,
    env,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    timeout: 4 * MINUTES,
    stdio: [...stdio],
  })
}

interface Tool {
  readonly name: string
  install(folder: string): void
  listed(folder: string): Set<string>
}

const NPX = ['--yes', '--']
const TOOLS: readonly Tool[] = [
  {
    name: 'npm',
    install: (folder) => run(folder, 'npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund']),
    listed: (folder) => belowOf(JSON.parse(run(folder, 'npm', ['ls', '--all', '--json', '--long'])) as Listed),
  },
  {
    name: 'pnpm',
    install: (folder) => run(folder, 'npx', [...NPX, 'pnpm@9.15.9', 'install', '--ignore-scripts']),
    listed: (folder) => {
      const words = [...NPX, 'pnpm@9.15.9', 'list', '--depth', 'Infinity', '--json']
      return belowOf((JSON.parse(run(folder, 'npx', words)) as Listed[])[0])
    },
  },
  {
    name: 'yarn',
    install: (folder) =>
      run(folder, 'npx', [...NPX, 'yarn@1.22.22', 'install', '--ignore-scripts', '--non-interactive']),
    listed: (folder) => {
      const lines = run(folder, 'npx', [...NPX, 'yarn@1.22.22', 'list', '--json', '--no-progress']).split('\n')
      const tree = lines.find((line) => line.startsWith('{"type":"tree"')) ?? '{}'
      return new Set(yarnListed((JSON.parse(tree) as { data: { trees: YarnTree[] } }).data.trees))
    },
  },
]

interface Seen {
  readonly name: string
  readonly version: string
  readonly direct: boolean | 'unknown'
  readonly scope: string
  readonly ecosystem: string
  readonly evidence: readonly { readonly path: string }[]
}

/** Whether it lies where a package manager puts packages; others are fixtures and copies that packages bring along. */
function isPlaced({ evidence }: Seen): boolean {
  return evidence.some(({ path }) => /(?:^|\/)node_modules\/(?:@[^/]+\/)?[^/]+\/package\.json$/.test(path))
}

async function seen(folder: string, read: 'installed' | 'declared'): Promise<Seen[]> {
  const { report } = await sandbox.report(folder, ['--read', read, '--include-dev-deps'])
  // Packages bring along files of other ecosystems: workflows of GitHub.
  return (report.components as readonly object[] as Seen[]).filter(({ ecosystem }) => ecosystem === 'npm')
}

/** Without what only macOS has: lockfiles and some listings name it everywhere, and it is installed there alone. */
function here(found: readonly string[]): string[] {
  return found.filter((name) => !name.startsWith('fsevents@')).sort()
}

function names(components: readonly Seen[]): string[] {
  return [...new Set(components.map(({ name, version }) => `${name}@${version}`))].sort()
}

describe('a project that was installed from the registry', () => {
  for (const tool of TOOLS) {
    it(`with ${tool.name}: what it lists is what is found`, { timeout: 10 * MINUTES }, async (context) => {
      const folder = join(sandbox.folder, `project-${tool.name}`)
      mkdirSync(folder)
      writeFileSync(join(folder, 'package.json'), JSON.stringify(PROJECT))
      try {
        tool.install(folder)
      } catch (error) {
        context.skip(`${tool.name} could not install from the registry: ${String(error).slice(0, 200)}`)
      }
      const listed = here([...tool.listed(folder)])
      const installed = (await seen(folder, 'installed')).filter(isPlaced)
      const declared = await seen(folder, 'declared')
      const counts = `listed ${listed.length}, installed ${names(installed).length}, locked ${names(declared).length}`
      console.log(`${tool.name}: ${counts}`)
      expect(listed.length).toBeGreaterThan(300)
      expect(here(names(installed))).toEqual(listed)
      expect(here(names(declared))).toEqual(listed)
      for (const components of [installed, declared]) {
        const of = (name: string) => components.find((one) => one.name === name)
        expect(of('express')).toMatchObject({ direct: true, scope: 'runtime' })
        expect(of('jest')).toMatchObject({ direct: true, scope: 'development' })
        expect(of('body-parser')).toMatchObject({ direct: false, scope: 'runtime' })
      }
    })
  }
})
