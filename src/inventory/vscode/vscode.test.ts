import { describe, expect, it } from 'vitest'
import { catalogued } from '../../../test/support/catalog.ts'
import { zipOf } from '../../../test/support/zip-writer.ts'
import { vscode } from './index.ts'

const FOLDER = 'home/u/.vscode/extensions'
const manifest = (version: string) =>
  JSON.stringify({ name: 'Go', publisher: 'golang', version, engines: { vscode: '^1.90.0' }, license: 'MIT' })
const listed = (id: string, version: string, folder: string, platform = 'undefined') => ({
  identifier: { id },
  version,
  relativeLocation: folder,
  metadata: { targetPlatform: platform, publisherDisplayName: 'Somebody' },
})

describe('extensions of VS Code', () => {
  it('in the list and as a folder is one; alone each, and packed', async () => {
    const { components, diagnostics } = await catalogued(vscode, {
      [`${FOLDER}/extensions.json`]: JSON.stringify([
        listed('golang.go', '0.46.1', 'golang.go-0.46.1'),
        listed('ms-vscode.cpptools', '1.23.6', 'ms-vscode.cpptools-1.23.6', 'linux-arm64'),
      ]),
      [`${FOLDER}/golang.go-0.46.1/package.json`]: manifest('0.46.1'),
      [`${FOLDER}/golang.go-0.46.1/node_modules/x/package.json`]: '{"name":"x","version":"1.0.0"}',
      'srv/go.vsix': zipOf({ 'extension/package.json': manifest('0.47.0') }),
    })
    expect(diagnostics).toEqual([])
    const told = components.map(({ purl, name, evidence }) => [purl, name, evidence.length])
    expect(told.sort()).toEqual([
      ['pkg:vscode-extension/golang/go@0.46.1', 'golang.Go', 2],
      ['pkg:vscode-extension/golang/go@0.47.0', 'golang.Go', 1],
      ['pkg:vscode-extension/ms-vscode/cpptools@1.23.6?platform=linux-arm64', 'ms-vscode.cpptools', 1],
    ])
  })

  it('a list that is none, and entries that are none, are diagnostics; the rest counts', async () => {
    const path = `${FOLDER}/extensions.json`
    for (const text of ['', '{}', '[', '['.repeat(100_000)])
      expect((await catalogued(vscode, { [path]: text })).diagnostics).toMatchObject([{ path, effect: 'partial' }])
    const some = JSON.stringify([5, { identifier: { id: 'x' } }, listed('a.b', '1.0.0', '__proto__')])
    const { components, diagnostics } = await catalogued(vscode, { [path]: some })
    expect(components.map(({ name }) => name)).toEqual(['a.b'])
    expect(diagnostics).toHaveLength(2)
  })
})
