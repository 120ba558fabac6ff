import { describe, expect, it } from 'vitest'
import { catalogued } from '../../../test/support/catalog.ts'
import { conda } from './index.ts'

const record = (name: string, version: string, depends: readonly string[] = []) =>
  JSON.stringify({ name, version, depends, license: 'MIT', sha256: 'ab'.repeat(32) })

describe('packages of Conda', () => {
  it('that lie in an environment, with who needs whom there', async () => {
    const { components, relations, diagnostics } = await catalogued(conda, {
      'opt/conda/conda-meta/pip-22.2.2-py38.json': record('pip', '22.2.2', ['python >=3.8', 'wheel']),
      'opt/conda/conda-meta/wheel-0.37.json': record('wheel', '0.37.1'),
      'opt/other/conda-meta/wheel-0.38.json': record('wheel', '0.38.0'),
      'opt/conda/conda-meta/broken.json': '{"name":"x"}',
    })
    expect(components.map(({ purl, presence }) => `${purl} ${presence}`).sort()).toEqual([
      'pkg:conda/pip@22.2.2 installed',
      'pkg:conda/wheel@0.37.1 installed',
      'pkg:conda/wheel@0.38.0 installed',
    ])
    expect(components[0]).toMatchObject({ licences: ['MIT'], hashes: [`sha256:${'ab'.repeat(32)}`] })
    expect(relations).toHaveLength(1)
    expect(diagnostics).toMatchObject([{ path: 'opt/conda/conda-meta/broken.json', effect: 'partial' }])
  })

  it('that an environment file asks for, with their lines', async () => {
    const { components } = await catalogued(conda, {
      'environment.yml':
        'name: x\ndependencies:\n  - bzip2=1.0.8=h998_5\n  - conda-forge::numpy >=1.20\n  - python\n  - pip:\n    - flask==1.0\n',
    })
    expect(
      components.map(({ name, version, evidence }) => [name, version, evidence[0]?.lines, evidence[0]?.confidence]),
    ).toEqual([
      ['bzip2', '1.0.8', [3, 3], 1],
      ['numpy', '1.20', [4, 4], 0.3],
    ])
  })

  it('of a broken or hostile environment file are a diagnostic', async () => {
    for (const text of ['dependencies: [', '- '.repeat(5000), 'a: &a [*a]\ndependencies: *a', '__proto__:\n  x: 1\n']) {
      const { components } = await catalogued(conda, { 'environment.yml': text })
      expect(components).toEqual([])
    }
    expect(({} as Record<string, unknown>).x).toBeUndefined()
  })
})
