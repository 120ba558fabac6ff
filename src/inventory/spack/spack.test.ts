import { describe, expect, it } from 'vitest'
import { catalogued } from '../../../test/support/catalog.ts'
import { spack } from './index.ts'

const node = (name: string, hash: string, needs: string[] = [], more: object = {}) => ({
  name,
  version: '1.0',
  hash,
  arch: { target: { name: 'zen3' } },
  dependencies: needs.map((one) => ({ name: 'any', hash: one })),
  ...more,
})

describe('Spack', () => {
  it('an installed package counts once, from its own spec, with what it needs', async () => {
    const [a, b] = [node('a', 'aaa', ['bbb', 'ccc', 'aaa']), node('b', 'bbb')]
    const external = node('glibc', 'ccc', [], { external: { path: '/usr' } })
    const answer = await catalogued(spack, {
      'opt/a/.spack/spec.json': JSON.stringify({ spec: { nodes: [a, b, external] } }),
      'opt/b/.spack/spec.json': JSON.stringify({ spec: { nodes: [b] } }),
    })
    expect(answer.components.map(({ purl, evidence }) => [purl, evidence[0].path])).toEqual([
      ['pkg:spack/a@1.0?arch=zen3&hash=aaa', 'opt/a/.spack/spec.json'],
      ['pkg:spack/b@1.0?arch=zen3&hash=bbb', 'opt/b/.spack/spec.json'],
    ])
    const [one, other] = answer.components
    expect(answer.relations).toEqual([{ from: one.id, to: other.id, kind: 'depends-on' }])
  })

  it('a lockfile says what was asked for', async () => {
    const lock = { roots: [{ hash: 'x', spec: 'a' }], concrete_specs: { x: node('a', 'x', ['y']), y: node('b', 'y') } }
    const { components, relations } = await catalogued(spack, { 'spack.lock': JSON.stringify(lock) })
    expect(components.map(({ name, direct, presence }) => [name, direct, presence])).toEqual([
      ['a', true, 'declared'],
      ['b', false, 'declared'],
    ])
    expect(relations).toHaveLength(1)
  })

  it('what is broken is told', async () => {
    const files = { 'a/.spack/spec.json': '{', 'b/.spack/spec.json': '{"spec":{"nodes":[3,{}]}}', 'spack.lock': '{}' }
    const { components, diagnostics } = await catalogued(spack, files)
    expect(components).toEqual([])
    expect([...new Set(diagnostics.map(({ path }) => path))]).toEqual(Object.keys(files))
  })
})
