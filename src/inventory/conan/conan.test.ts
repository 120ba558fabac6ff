import { describe, expect, it } from 'vitest'
import { catalogued } from '../../../test/support/catalog.ts'
import { conan } from './index.ts'

const locked = (document: unknown) => catalogued(conan, { 'app/conan.lock': JSON.stringify(document) })

describe('conan.lock', () => {
  it('reads the graph of Conan 1: what the project requires is direct, what builds is for development', async () => {
    const nodes = {
      0: { ref: 'app/1.0', path: 'conanfile.txt', requires: ['1'], build_requires: ['3'] },
      1: { ref: 'a/1.0#r', requires: ['2'] },
      2: { ref: 'b/2.0@me/stable#r', requires: ['1'] },
      3: { ref: 'ninja/1.11' },
    }
    const { components, relations } = await locked({ graph_lock: { nodes }, version: '0.4' })
    expect(components.map(({ purl, direct, scope }) => [purl, direct, scope])).toEqual([
      ['pkg:conan/a@1.0', true, 'runtime'],
      ['pkg:conan/me/b@2.0?channel=stable', false, 'runtime'],
      ['pkg:conan/ninja@1.11', true, 'development'],
    ])
    expect(relations).toHaveLength(2)
  })

  it('reads the lists of Conan 2', async () => {
    const { components } = await locked({ version: '0.5', requires: ['a/1#r%1.2'], build_requires: ['b/2'] })
    expect(components.map(({ name, version, scope }) => [name, version, scope])).toEqual([
      ['a', '1', 'runtime'],
      ['b', '2', 'development'],
    ])
  })

  it.each([{}, { graph_lock: 1 }, { requires: ['nothing'] }])('tells what is no lock: %j', async (document) => {
    const { components, diagnostics } = await locked(document)
    expect(components).toEqual([])
    expect(diagnostics).toMatchObject([{ path: 'app/conan.lock', effect: 'partial' }])
  })
})
