import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** What differs from run to run: how long it took, and how old the example's advisories have become. */
function settled(text: string): string {
  return text
    .replaceAll(/\d+ days old/g, 'N days old')
    .replaceAll(/^\d+\.\d+ s$/gm, 'N s')
    .trimEnd()
}

describe('the README', () => {
  it('shows what the demo prints', () => {
    const readme = readFileSync(join(root, 'README.md'), 'utf8')
    const shown = /```text\n\$ \.\/bulwark demo\n([\s\S]*?)```/.exec(readme)?.[1]
    const home = mkdtempSync(join(tmpdir(), 'bulwark-home-'))
    try {
      const { status, stdout } = spawnSync(join(root, 'bulwark'), ['demo'], {
        encoding: 'utf8',
        env: { PATH: process.env.PATH, HOME: home, COLUMNS: '100' },
      })
      expect(status).toBe(0)
      expect(settled(shown ?? '')).toBe(settled(stdout))
    } finally {
      rmSync(home, { recursive: true, force: true })
    }
  })
})
