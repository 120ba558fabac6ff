import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { catalogued } from '../../../test/support/catalog.ts'
import { pypi } from './index.ts'

async function listed(files: Record<string, string>) {
  const { components, diagnostics } = await catalogued(pypi, files)
  const packages = components.map(
    ({ name, version, scope, evidence }) => `${name} ${version} ${scope} ${evidence[0]?.lines?.[0]}`,
  )
  return { packages: packages.sort(), diagnostics, components }
}

describe('pyproject.toml', () => {
  const STANDARD = `[build-system]
requires = ["hatchling==1.0"]
[project]
name = "mine"
dependencies = ["requests>=2.20; python_version > '3.8'", 'flask[async]==3.0.0', "open"]
[project.optional-dependencies]
dev = ["pytest>=7"]
async = ["aiohttp>=3.8.0"]
[dependency-groups]
lint = ["ruff==0.1.0", {include-group = "x"}]
[tool.uv]
dev-dependencies = ["mypy==1.7"]
`

  it('states what the project asks for, by the standard and in the tables of uv', async () => {
    const { packages, components } = await listed({ 'app/pyproject.toml': STANDARD })
    expect(packages).toEqual([
      'aiohttp 3.8.0 runtime 8',
      'flask 3.0.0 runtime 5',
      'mypy 1.7 development 12',
      'pytest 7 development 7',
      'requests 2.20 runtime 5',
      'ruff 0.1.0 development 10',
    ])
    const confidence = new Map(components.map(({ name, evidence }) => [name, evidence[0]?.confidence]))
    expect([confidence.get('flask'), confidence.get('requests')]).toEqual([1, 0.3])
    expect(components.every(({ direct, presence }) => direct === true && presence === 'declared')).toBe(true)
  })

  it('of Poetry has tables of its own', async () => {
    const { packages } = await listed({
      'pyproject.toml': `[tool.poetry]\nname="x"\n[tool.poetry.dependencies]\npython = "^3.8"\nrequests = "^2.20"\nDjango = {version = "~4.2"}\nlocal = {path = "../x"}\nany = "*"\nexact = "1.2.3"\n[tool.poetry.group.test.dependencies]\npytest = ">=7,<8"\n[tool.poetry.dev-dependencies]\nblack = "23.1"\n`,
    })
    expect(packages.map((one) => one.replace(' undefined', ''))).toEqual([
      'Django 4.2 runtime',
      'black 23.1 development',
      'exact 1.2.3 runtime',
      'pytest 7 development',
      'requests 2.20 runtime',
    ])
  })

  it('counts for nothing beside a lockfile, or where packages are installed', async () => {
    const lock = '[[package]]\nname = "requests"\nversion = "2.31.0"\n'
    const { packages } = await listed({ 'app/pyproject.toml': STANDARD, 'app/uv.lock': lock })
    expect(packages.map((one) => one.split(' ').slice(0, 2).join(' '))).toEqual(['requests 2.31.0'])
    expect((await listed({ 'usr/lib/python3/site-packages/x/pyproject.toml': STANDARD })).packages).toEqual([])
  })

  it.each([
    ['broken', '[project\n'],
    ['deep', `a = ${'['.repeat(100_000)}`],
    ['no text', '\0\x01\xff'],
  ])('that is %s is a diagnostic', async (_, text) => {
    const { packages, diagnostics } = await listed({
      'pyproject.toml': text,
      'b/setup.cfg': '[options]\ninstall_requires = a==1\n',
    })
    expect(diagnostics).toMatchObject([{ path: 'pyproject.toml', effect: 'partial' }])
    expect(packages).toEqual(['a 1 runtime 2'])
  })

  it('with wrong types and prototype keys changes nothing', async () => {
    const { packages } = await listed({
      'pyproject.toml':
        'dependency-groups = 7\n[project]\nname = 1\ndependencies = [1, "__proto__==1", "b==2"]\n[tool.poetry.dependencies]\n__proto__ = "1.0"\nconstructor = "1.0"\n',
    })
    expect(packages.map((one) => one.split(' ').slice(0, 2).join(' '))).toEqual(['b 2', 'constructor 1.0'])
  })
})

describe('setup.py and setup.cfg', () => {
  it('are read without being run', async () => {
    const program = `from setuptools import setup
"""install_requires=['doc==1']"""
EXTRA = ['extra==1']
install_requires = [
  'a==1.0',  # 'no==1',
  "b>=2,<3", computed(),
]
setup(name='x', install_requires=install_requires, tests_require=["t==3"],
  extras_require={'fast': ['c==4']}, packages=['p==5'])
`
    const { packages } = await listed({ 'a/setup.py': program })
    expect(packages).toEqual(['a 1.0 runtime 5', 'b 2 runtime 6', 'c 4 runtime 9', 't 3 development 8'])
    const configuration = `[metadata]
name = x
[options]
packages = find:
install_requires =
    a==1.0
    # no==1
    b>=2
tests_require = t==3
[options.extras_require]
dev =
    d==4
[flake8]
ignore = e==5
`
    const { packages: configured } = await listed({ 'b/setup.cfg': configuration })
    expect(configured).toEqual(['a 1.0 runtime 6', 'b 2 runtime 8', 'd 4 development 12', 't 3 development 9'])
  })

  it('that set nothing up are no projects', async () => {
    expect(
      (await listed({ 'setup.py': "install_requires = ['a==1']\n", 'setup.cfg': '[flake8]\na = b==1\n' })).packages,
    ).toEqual([])
  })

  it('are read in time and without harm, whatever stands in them', { timeout: 20_000 }, async () => {
    const hostile = [
      '"""'.repeat(300_000),
      "'\\".repeat(300_000),
      `setup(install_requires=${'['.repeat(500_000)}`,
      '#\n'.repeat(500_000),
    ]
    const started = performance.now()
    for (const text of hostile) await listed({ 'setup.py': text, 'setup.cfg': text })
    expect(performance.now() - started).toBeLessThan(10_000)
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: fc.constantFrom(...'setup(install_requires=[])\'"#\n\\a==1') }),
        async (text) => {
          expect((await listed({ 'setup.py': `setup()\n${text}` })).diagnostics).toEqual([])
        },
      ),
    )
  })
})
