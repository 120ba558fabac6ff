import { describe, expect, it } from 'vitest'
import { catalogued } from '../../../test/support/catalog.ts'
import { toolVersions } from './index.ts'

async function tools(files: Record<string, string>) {
  const { components, diagnostics } = await catalogued(toolVersions, files)
  const found = components.map(({ purl, ecosystem, presence, evidence }) => {
    const { lines, confidence } = evidence[0]
    return [purl, ecosystem, presence, lines?.[0], confidence]
  })
  return { found, told: diagnostics.map(({ path, effect }) => [path, effect]) }
}

describe('version managers', () => {
  it('declare tools in .tool-versions, mise.toml and files of one runtime', async () => {
    const mise =
      '[env]\nnode = "1"\n[tools]\nnode = ["22.1.0", "20"]\n"npm:prettier" = "3.3.0"\npython = { version = "3.12.4" }\ngo = "latest"\n'
    const answer = await tools({
      '.nvmrc': 'v20.11.1\n',
      '.python-version': '# pyenv\npypy3.10-7.3.16\n3.12.1\n',
      '.tool-versions': '# all\nnodejs 20.11.1 18.0.0 # two\nruby system\njava temurin-21.0.3\n',
      'mise.toml': mise,
    })
    expect(answer.found).toEqual([
      ['pkg:generic/node@20.11.1', 'generic', 'declared', 1, 1],
      ['pkg:generic/python@3.12.1', 'generic', 'declared', 3, 1],
      ['pkg:generic/node@20.11.1', 'generic', 'declared', 2, 1],
      ['pkg:generic/node@18.0.0', 'generic', 'declared', 2, 1],
      ['pkg:generic/java@temurin-21.0.3', 'generic', 'declared', 4, 1],
      ['pkg:generic/node@22.1.0', 'generic', 'declared', 4, 1],
      ['pkg:generic/node@20', 'generic', 'declared', 4, 0.3],
      ['pkg:npm/prettier@3.3.0', 'npm', 'declared', 5, 1],
      ['pkg:generic/python@3.12.4', 'generic', 'declared', 6, 1],
    ])
    expect(answer.told).toEqual([])
  })

  it('have installed what lies in their folders, once', async () => {
    const { found } = await tools({
      'root/.asdf/installs/golang/1.22.4/LICENSE': 'x',
      'root/.asdf/installs/golang/1.22.4/README.md': 'x',
      'root/.asdf/installs/golang/1.22.4/go/LICENSE': 'x',
      'root/.nvm/versions/node/v20.11.1/LICENSE': 'x',
      'root/.local/share/fnm/node-versions/v18.1.0/installation/LICENSE': 'x',
      'root/.volta/tools/image/yarn/1.22.19/LICENSE': 'x',
    })
    expect(found.map(([purl, , presence]) => [purl, presence])).toEqual([
      ['pkg:generic/go@1.22.4', 'installed'],
      ['pkg:generic/node@18.1.0', 'installed'],
      ['pkg:generic/node@20.11.1', 'installed'],
      ['pkg:generic/yarn@1.22.19', 'installed'],
    ])
  })

  it('tell what is broken', async () => {
    const answer = await tools({
      'mise.toml': '[tools\n',
      '.nvmrc': '\0\0',
      '.tool-versions': `${'x '.repeat(100_000)}`,
    })
    expect(answer).toEqual({ found: [], told: [['mise.toml', 'partial']] })
  })
})
