import { describe, expect, it } from 'vitest'
import { catalogued } from '../../../test/support/catalog.ts'
import { pypi } from './index.ts'

const HASH = 'cd'.repeat(32)
const seen = async (files: Readonly<Record<string, string>>) => {
  const { components, relations, diagnostics } = await catalogued(pypi, files)
  const name = (id: string) => components.find((one) => one.id === id)?.name
  return {
    components,
    diagnostics,
    names: components.map((one) => `${one.name} ${one.version} ${one.scope}`).sort(),
    edges: relations.map(({ from, to }) => `${name(from)} > ${name(to)}`).sort(),
  }
}

describe('what Python projects lock', () => {
  it('uv.lock: who asked for what, at run time and for development', async () => {
    const { names, edges, components } = await seen({
      'uv.lock': `version = 1
[[package]]
name = "app"
version = "0.1.0"
source = { virtual = "." }
dependencies = [{ name = "flask" }]
[package.dev-dependencies]
dev = [{ name = "pytest" }]

[[package]]
name = "flask"
version = "3.0.0"
dependencies = [{ name = "click" }]
wheels = [{ url = "https://x/y.whl", hash = "sha256:${HASH}" }]

[[package]]
name = "click"
version = "8.1.7"

[[package]]
name = "pytest"
version = "8.0.0"
dependencies = [{ name = "pluggy" }]

[[package]]
name = "pluggy"
version = "1.4.0"
`,
    })
    expect(names).toEqual([
      'app 0.1.0 runtime',
      'click 8.1.7 runtime',
      'flask 3.0.0 runtime',
      'pluggy 1.4.0 development',
      'pytest 8.0.0 development',
    ])
    expect(edges).toEqual(['app > flask', 'flask > click', 'pytest > pluggy'])
    const flask = components.find((one) => one.name === 'flask')
    expect(flask).toMatchObject({ direct: true, hashes: [`sha256:${HASH}`], evidence: [{ lines: [10, 14] }] })
  })

  it('poetry.lock and pdm.lock: groups', async () => {
    const poetry =
      '[[package]]\nname = "Foo_Bar"\nversion = "1.0"\ngroups = ["main", "dev"]\n[package.dependencies]\nsix = "*"\n\n[[package]]\nname = "six"\nversion = "1.16.0"\ncategory = "dev"\n'
    const { names, edges, components } = await seen({ 'poetry.lock': poetry })
    expect(names).toEqual(['Foo_Bar 1.0 runtime', 'six 1.16.0 development'])
    expect(components[0]?.purl).toBe('pkg:pypi/foo-bar@1.0')
    expect(edges).toEqual(['Foo_Bar > six'])
    const pdm = `[[package]]\nname = "toml"\nversion = "0.10.2"\ngroups = ["default"]\nfiles = [{file = "a.whl", hash = "sha256:${HASH}"}]\n`
    expect((await seen({ 'pdm.lock': pdm })).components[0]).toMatchObject({
      scope: 'runtime',
      hashes: [`sha256:${HASH}`],
    })
  })

  it('pylock.toml: commits stand for versions', async () => {
    const lock =
      '[[packages]]\nname = "a"\n[packages.vcs]\ncommit-id = "0123456"\n\n[[packages]]\nname = "folder"\n[packages.directory]\npath = "."\n'
    expect((await seen({ 'pylock.toml': lock })).names).toEqual(['a 0123456 unknown'])
  })

  it('Pipfile.lock: default and develop, with lines', async () => {
    const lock = {
      _meta: {},
      default: { a: { version: '==1.0', hashes: [`sha256:${HASH}`] } },
      develop: { b: { version: '==2.0' } },
    }
    const { names, components } = await seen({ 'Pipfile.lock': JSON.stringify(lock, null, 2) })
    expect(names).toEqual(['a 1.0 runtime', 'b 2.0 development'])
    expect(components[0]).toMatchObject({ hashes: [`sha256:${HASH}`], evidence: [{ lines: [4, 9] }] })
  })

  it('requirements: pinned, ranges at their least, markers, options, continued lines', async () => {
    const text = `# comment
flask[async]==3.0.0 ; python_version > "3.8" \\
  --hash=sha256:${HASH}
requests >= 2.20, < 3  # why
-r other.txt
./folder
git+https://github.com/a/b@c
django ~= 4.2
star==1.2.*
`
    const { components } = await seen({ 'requirements.txt': text, 'requirements-dev.txt': 'black==23.1.0\n' })
    expect(
      components.map((one) => [
        one.name,
        one.version,
        one.evidence[0]?.lines?.[0],
        one.evidence[0]?.confidence,
        one.scope,
      ]),
    ).toEqual([
      ['black', '23.1.0', 1, 1, 'development'],
      ['flask', '3.0.0', 2, 1, 'unknown'],
      ['requests', '2.20', 4, 0.3, 'unknown'],
      ['django', '4.2', 8, 0.3, 'unknown'],
      ['star', '1.2', 9, 0.3, 'unknown'],
    ])
    expect(components[1]?.hashes).toEqual([`sha256:${HASH}`])
  })

  it('broken and hostile files are a diagnostic that names them, and cost no other its packages', async () => {
    const { names, diagnostics } = await seen({
      'a/poetry.lock': '[[package]\n',
      'b/uv.lock': `a = ${'['.repeat(10_000)}`,
      'c/Pipfile.lock': '{"default":',
      'd/poetry.lock': '[[package]]\nname = "\\u0007"\nversion = "1"\n[[package]]\nname = "ok"\nversion = "1"\n',
      'e/Pipfile.lock': '{"default":{"__proto__":{"version":"==1"},"x":{"version":"==1"}}}',
      'f/requirements.txt': `${'a'.repeat(100_000)}==1\n`,
    })
    expect(names).toEqual(['__proto__ 1 runtime', 'ok 1 unknown', 'x 1 runtime'])
    expect(diagnostics.map(({ path }) => path)).toEqual([
      'a/poetry.lock',
      'b/uv.lock',
      'c/Pipfile.lock',
      'd/poetry.lock',
      'f/requirements.txt',
    ])
  })
})
