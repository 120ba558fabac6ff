import { describe, expect, it } from 'vitest'
import { catalogued } from '../../../test/support/catalog.ts'
import { go } from './index.ts'

async function listed(files: Record<string, string>) {
  const { components, diagnostics } = await catalogued(go, files)
  const packages = components
    .filter(({ name }) => name !== 'stdlib')
    .map(
      ({ name, version, direct, presence, evidence }) =>
        `${name} ${version} ${direct} ${presence} ${evidence[0]?.lines?.[0]}`,
    )
  return { packages, diagnostics }
}

describe('vendor/modules.txt', () => {
  it('names the modules whose packages were copied, who asked for them, and their replacements', async () => {
    const text = `# github.com/a/b v1.2.0
## explicit; go 1.17
github.com/a/b
github.com/a/b/c
# golang.org/x/text v0.3.7
golang.org/x/text/language
# example.com/old v1.0.0 => example.com/new v1.1.0
## explicit
example.com/old
# example.com/local v1.0.0 => ./local
## explicit
example.com/local
# example.com/unused v1.0.0
## explicit
# example.com/old => example.com/new v1.1.0
`
    expect((await listed({ 'app/vendor/modules.txt': text })).packages).toEqual([
      'github.com/a/b 1.2.0 true installed 1',
      'golang.org/x/text 0.3.7 false installed 5',
      'example.com/new 1.1.0 true installed 7',
    ])
  })

  it('of an older Go does not say who asked', async () => {
    const { packages } = await listed({ 'vendor/modules.txt': '# github.com/a/b v1.2.0\ngithub.com/a/b\n' })
    expect(packages).toEqual(['github.com/a/b 1.2.0 unknown installed 1'])
  })

  it('with anything in it is read without harm', async () => {
    const hostile = `# __proto__ v1\n__proto__\n# a v1\u001b[2J\na\n${'#'.repeat(100_000)}\n# \n## explicit\n# b v1.0.0\nb\n`
    const { packages, diagnostics } = await listed({ 'vendor/modules.txt': hostile })
    expect(packages).toEqual(['__proto__ 1 false installed 1', 'b 1.0.0 false installed 8'])
    expect(diagnostics).toEqual([])
    expect((await listed({ 'modules.txt': '# a v1\na\n' })).packages).toEqual([])
  })
})

it('modules of a workspace are no packages of each other', async () => {
  const { packages } = await listed({
    'go.work': 'go 1.22\nuse (\n\t./a\n\t./b\n)\n',
    'a/go.mod': 'module example.com/a\ngo 1.22\nrequire (\n\texample.com/b v0.0.0\n\tgithub.com/x/y v1.0.0\n)\n',
    'b/go.mod': 'module example.com/b\ngo 1.22\n',
  })
  expect(packages).toEqual(['github.com/x/y 1.0.0 true declared 5'])
})
