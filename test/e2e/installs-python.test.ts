import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { useSandbox } from '../support/sandbox.ts'

const sandbox = useSandbox()
const MINUTES = 60_000

function run(folder: string, command: string, ...words: readonly string[]): string {
  const stdio: ['ignore', 'pipe', 'pipe'] = ['ignore', 'pipe', 'pipe']
  return execFileSync(command, words, { cwd: folder, encoding: 'utf8', timeout: 4 * MINUTES, stdio })
}

/** What a step says when it fails, in a few words; undefined where it went well. */
function failing(step: () => unknown): string | undefined {
  try {
    step()
    return undefined
  } catch (error) {
    return String(error).split('\n')[0]?.slice(0, 200)
  }
}

interface Seen {
  readonly name: string
  readonly version: string
  readonly ecosystem: string
  readonly direct: boolean | 'unknown'
}

/** Names as pip compares them (https://packaging.python.org/en/latest/specifications/name-normalization/). */
function normal(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/g, '-')
}

describe('a virtual environment', () => {
  it('has the packages that pip lists', { timeout: 10 * MINUTES }, async (context) => {
    const folder = join(sandbox.folder, 'environment')
    const why = failing(() => run('/', 'python3', '-m', 'venv', folder))
    if (why !== undefined) context.skip(`no virtual environment can be made: ${why}`)
    const pip = join(folder, 'bin/pip')
    const asked = ['flask==3.0.0', 'requests==2.31.0', 'jinja2==3.1.2']
    const refused = failing(() => run(folder, pip, 'install', '--quiet', '--disable-pip-version-check', ...asked))
    if (refused !== undefined) context.skip(`pip could not install from the registry: ${refused}`)
    const listed = JSON.parse(run(folder, pip, 'list', '--format', 'json', '--disable-pip-version-check')) as Seen[]
    const { report } = await sandbox.report(folder)
    const seen = (report.components as readonly object[] as Seen[]).filter(({ ecosystem }) => ecosystem === 'PyPI')
    const names = (all: readonly Seen[]) => all.map(({ name, version }) => `${normal(name)} ${version}`).sort()
    console.log(`pip: ${seen.length} found, ${listed.length} listed`)
    expect(listed.length).toBeGreaterThan(8)
    expect(names(seen)).toEqual(names(listed))
    const direct = seen.filter((one) => one.direct === true).map(({ name }) => normal(name))
    expect(direct).toEqual(expect.arrayContaining(['flask', 'requests', 'jinja2']))
    expect(seen.find(({ name }) => normal(name) === 'werkzeug')?.direct).toBe(false)
  })
})
